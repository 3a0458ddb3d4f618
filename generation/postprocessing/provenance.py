"""What a finished picture's record says: its IPTC type, and the manifest kept with the image.

What goes into the files themselves (the XMP packet, the signature) is in `generation.provenance`;
the database row of the manifest is not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from generation.provenance.certificates import facts_of
from generation.provenance.content_credentials import Claim, Identity
from generation.provenance.xmp import DIGITAL_SOURCE_TYPES
from generation.spec import PresetSpec
from generation.types import EncodedFile, Refusal, Rendered

MANIFEST_SCHEMA = 2

LOCKED_PHOTOGRAPH = DIGITAL_SOURCE_TYPES + "algorithmicallyEnhanced"
SEVERAL_PHOTOGRAPHS = DIGITAL_SOURCE_TYPES + "compositeCapture"
PHOTOGRAPH_IN_A_RENDERING = DIGITAL_SOURCE_TYPES + "compositeSynthetic"
PHOTOGRAPH_IN_A_PAINTING = DIGITAL_SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
PAINTED = DIGITAL_SOURCE_TYPES + "trainedAlgorithmicMedia"
# An enlargement is verified to be its photograph when it is reduced again: altered media, no more.
_PAINTED_KINDS = {
    "ai_scene": PHOTOGRAPH_IN_A_PAINTING,
    "virtual_model": PAINTED,
    "edit": PAINTED,
    "relight": PAINTED,
    "upscale": LOCKED_PHOTOGRAPH,
}


def digital_source_type(spec: PresetSpec, *, captures: int) -> str:
    """Give the IPTC Digital Source Type of a preset's pictures, as a URI (docs/adr/0008).

    ``captures`` is the number of photographs in the picture. Vocabulary of 2024-09-17:
    http://iptc.org/std-dev/NewsCodes/treeview/digitalsourcetype-en-GB.html
    """
    if spec.kind in _PAINTED_KINDS:
        return _PAINTED_KINDS[spec.kind]
    if spec.scene is not None:
        return PHOTOGRAPH_IN_A_RENDERING
    return SEVERAL_PHOTOGRAPHS if captures > 1 else LOCKED_PHOTOGRAPH


def require_facts(facts: Mapping[str, Any]) -> None:
    """Raise `ValueError` where the manifest would have a gap: such a record proves nothing."""
    missing = sorted({"sources", "cutout_model", "cutout_licence"} - facts.keys())
    if missing:
        raise ValueError(f"The manifest needs {', '.join(missing)}; add them to the facts.")


def claim_of(
    rendered: Rendered, spec: PresetSpec, facts: Mapping[str, Any], source_type: str
) -> Claim:
    """Give what a signature under the picture vouches for."""
    return Claim(
        source_type=source_type,
        sources=tuple(str(source) for source in facts["sources"]),
        preset=spec.digest(),
        engine=rendered.engine,
    )


def build_manifest(
    rendered: Rendered,
    spec: PresetSpec,
    facts: Mapping[str, Any],
    *,
    claim: Claim,
    identity: Identity | None,
) -> dict[str, Any]:
    """Give the record of how the picture was made, as plain JSON values.

    ``facts`` holds what this stage cannot know: ``sources`` (a list of source SHA-256 digests),
    ``cutout_model`` (name@version) and ``cutout_licence``.
    """
    return {
        "schema": MANIFEST_SCHEMA,
        "sources": list(claim.sources),
        "preset": {"kind": spec.kind, "digest": claim.preset},
        "engine": rendered.engine,
        "seed": rendered.seed,
        "placed": [{"source": one.item, **asdict(one.transform)} for one in rendered.placed],
        "facts": dict(rendered.facts),
        "cutout": {"model": facts["cutout_model"], "licence": facts["cutout_licence"]},
        "digital_source_type": claim.source_type,
        "signed_by": facts_of(identity.chain).name if identity else None,
    }


def with_files(
    manifest: Mapping[str, Any], files: Sequence[EncodedFile], refusals: Sequence[Refusal]
) -> dict[str, Any]:
    """Give the manifest with these files, and these refusals of channels, in place of its own."""
    return {
        **manifest,
        "files": [_file_entry(file) for file in files],
        "refusals": [asdict(refusal) for refusal in refusals],
    }


def _file_entry(file: EncodedFile) -> dict[str, Any]:
    entry = {
        "name": file.name,
        "format": file.format,
        "width": file.width,
        "height": file.height,
        "bytes": len(file.data),
        "sha256": file.sha256,
    }
    return entry if file.window is None else {**entry, "window": list(file.window)}
