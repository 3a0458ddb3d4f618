"""The registry's entries of tiny models, and their files on disk."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from generation.inference.engines.diffusion.files import (
    NOTE,
    KeptFile,
    KeptSource,
    Note,
    folder_of,
)
from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.registry import Registry
from tests.diffusion import tiny
from tests.diffusion.model_files import REVISION

LICENCE = {"licence": "Test", "licence_url": "https://licence.example/", "commercial": "yes"}


def model(name: str, family: str, **own: Any) -> Model:
    """One entry; by default without guidance, in float32, 64 x 64 pixels."""
    given: dict[str, Any] = {
        "name": name,
        "title": name,
        "family": family,
        "hub_id": "tests/tiny",
        "revision": REVISION,
        "files": ["*"],
        "download": 1,
        "parameters": 1,
        "memory": {"fp32": 1},
        "dtype": "fp32",
        "steps": 2,
        "text_pad": 64,
        "buckets": {"fast": [[64, 64, 8]]},
        **LICENCE,
    }
    return Model.model_validate(given | own)


SDXL = model("tiny-sdxl", "sdxl", scheduler="euler_trailing", text_pad=77)
KLEIN = model("tiny-klein", "klein")
Z_IMAGE = model("tiny-z-image", "z_image", text_pad=128)
MODELS = (SDXL, KLEIN, Z_IMAGE)


def registry(*models: Model) -> Registry:
    """A registry of these, later ones in place of earlier ones of their name."""
    return Registry(models=tuple({one.name: one for one in models}.values()))


def write(models: Path, *entries: Model) -> None:
    """Save tiny weights below the weights folder ``models``, as a fetch would leave them."""
    for entry in entries:
        torch.manual_seed(0)
        folder = folder_of(entry.name, models)
        tiny.BUILDERS[entry.family]().save_pretrained(folder, safe_serialization=True)
        note(models, entry)


def note(models: Path, entry: Model) -> None:
    """Write the note of what lies in a model's folder now."""
    folder = folder_of(entry.name, models)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NOTE]
    written = Note(
        name=entry.name,
        sources={
            part: KeptSource(hub_id=source.hub_id, revision=REVISION, licence=source.licence)
            for part, source in entry.sources.items()
        },
        files=tuple(_kept(path, folder) for path in files),
        accepted=tuple(each.licence for each in entry.licences),
        origin="folder",
        fetched_at=datetime(2026, 11, 29, tzinfo=UTC),
    )
    (folder / NOTE).write_text(written.model_dump_json())


def _kept(path: Path, folder: Path) -> KeptFile:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return KeptFile(path=str(path.relative_to(folder)), size=path.stat().st_size, sha256=digest)
