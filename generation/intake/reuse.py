"""The same request is free: find the asset that already answers it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from generation.models import Asset
from generation.types import Told
from productviz.lib import files


def look_up(
    workspace: uuid.UUID, named: Callable[[Told | None], str], told: Told | None
) -> tuple[str, Asset | None]:
    """The fingerprint of a request that is told so much, and the asset that answers it.

    The picture that became its person's portrait was asked for when there was none: it answers the
    same request still.
    """
    name = named(told)
    found = find(workspace, name)
    persona = told.persona if told else None
    if found is not None or told is None or persona is None or not persona.portrait:
        return name, found
    before = replace(told, persona=replace(persona, portrait=""))
    first = find(workspace, named(before))
    return name, first if first and first.main.sha256 == persona.portrait else None


def find(workspace: uuid.UUID, fingerprint: str) -> Asset | None:
    """The workspace's asset with this fingerprint, if all its files are still there."""
    asset = (
        Asset.objects.prefetch_related("renditions")
        .filter(workspace_id=workspace, fingerprint=fingerprint, deleted_at=None)
        .first()
    )
    if asset is None:
        return None
    whole = all(files.exists("assets", one.key) for one in asset.renditions.all())
    return asset if whole else None
