"""The pictures that a painter looks at: one whose style is followed, one of the person to show."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from generation.errors import Permanent
from generation.imaging.pixels import ImageRejected, Upright
from generation.keys import original_key
from generation.models import Generation, Rendition
from generation.preprocessing.decode import decode
from generation.spec import PresetSpec
from generation.types import Look, Told
from productviz.lib import files

_REFERENCE = "The reference picture of this preset"
_PORTRAIT = "The portrait of this preset's person"


def looks_of(generation: Generation, spec: PresetSpec, told: Told | None) -> tuple[Look, ...]:
    """Find and decode them within the workspace, the style's first.

    Raises Permanent for one that this workspace has not, ImageRejected for one that is broken:
    with words that do not blame the product's photograph.
    """
    return tuple(_looks(generation.workspace_id, spec, told))


def _looks(workspace: uuid.UUID, spec: PresetSpec, told: Told | None) -> Iterator[Look]:
    reference = spec.painting.reference if spec.painting else None
    if reference:
        yield Look("style", reference, _decoded(workspace, reference, _REFERENCE).rgb)
    if told and told.persona and told.persona.portrait:
        portrait = told.persona.portrait
        yield Look("person", portrait, _decoded(workspace, portrait, _PORTRAIT).rgb)


def _decoded(workspace: uuid.UUID, sha256: str, named: str) -> Upright:
    try:
        return _picture(workspace, sha256)
    except ImageRejected as refused:
        raise ImageRejected(refused.code, f"{named}: {refused.message}") from refused


def _picture(workspace: uuid.UUID, sha256: str) -> Upright:
    """A photograph or a finished picture of this workspace; nobody else's has such a key."""
    key = original_key(workspace, sha256)
    if files.exists("originals", key):
        return decode(files.get("originals", key))
    made = Rendition.objects.filter(sha256=sha256, asset__workspace_id=workspace).first()
    if made is not None and files.exists("assets", made.key):
        return decode(files.get("assets", made.key))
    raise Permanent(
        "reference_not_found",
        "The picture that this preset refers to is not among this workspace's photographs and "
        "finished pictures. Choose another one.",
    )
