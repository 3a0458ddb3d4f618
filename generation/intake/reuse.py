"""The same request is free: find the asset that already answers it."""

from __future__ import annotations

from generation.models import Asset, Generation
from productviz.lib import files


def find(generation: Generation, fingerprint: str) -> Asset | None:
    """The workspace's asset with this fingerprint, if all its files are still there."""
    asset = (
        Asset.objects.prefetch_related("renditions")
        .filter(workspace_id=generation.workspace_id, fingerprint=fingerprint)
        .first()
    )
    if asset is None:
        return None
    whole = all(files.exists("assets", one.key) for one in asset.renditions.all())
    return asset if whole else None
