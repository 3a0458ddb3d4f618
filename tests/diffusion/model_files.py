"""Makes small models on disk, as they lie in the weights folder."""

from __future__ import annotations

import hashlib
import json
import struct
from datetime import UTC, datetime
from pathlib import Path

from generation.inference.engines.diffusion.files import (
    NOTE,
    KeptFile,
    KeptSource,
    Note,
    folder_of,
    stored_as,
)
from generation.inference.engines.diffusion.model import Model

REVISION = "1234567890abcdef1234567890abcdef12345678"


def weights(size: int = 64, seed: int = 0) -> bytes:
    """A true safetensors file with one tensor of ``size`` bytes."""
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    body = hashlib.shake_256(bytes([seed])).digest(size)
    return struct.pack("<Q", len(header)) + header + body


def content_of(path: str) -> bytes:
    """What a file of that name holds."""
    if path.endswith(".safetensors"):
        return weights(seed=len(path))
    return json.dumps({"file": path}).encode()


def paths_of(model: Model) -> dict[str, list[str]]:
    """One file for each of a model's patterns, by its sources' folders."""
    return {
        folder: [pattern.replace("*", "some.json" if pattern[-1] == "*" else "some")
                 for pattern in source.files]
        for folder, source in model.sources.items()
    }  # fmt: skip


def put_down(model: Model, models: Path, *, accepted: tuple[str, ...] | None = None) -> Path:
    """Lay a model down whole below the weights folder ``models``; gives its folder."""
    folder, kept = folder_of(model.name, models), []
    for part, names in paths_of(model).items():
        for name in names:
            path = folder / part / stored_as(model, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content_of(name))
            digest = hashlib.sha256(content_of(name)).hexdigest()
            relative = str(path.relative_to(folder))
            kept.append(KeptFile(path=relative, size=path.stat().st_size, sha256=digest))
    note = Note(
        name=model.name,
        sources={
            part: KeptSource(
                hub_id=source.hub_id, revision=source.revision or REVISION, licence=source.licence
            )
            for part, source in model.sources.items()
        },
        files=tuple(kept),
        accepted=tuple(each.licence for each in model.licences) if accepted is None else accepted,
        origin="folder",
        fetched_at=datetime(2026, 11, 29, tzinfo=UTC),
    )
    (folder / NOTE).write_text(note.model_dump_json())
    return folder
