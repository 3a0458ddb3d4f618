"""Stage 5: a verified candidate's files become an asset under content-hash names."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import transaction
from django.utils import timezone

from generation.errors import Retryable
from generation.events import record_asset
from generation.keeping import still_held
from generation.keys import asset_key, extension_of
from generation.models import Asset, Candidate, Generation, Rendition
from productviz.lib import files


def store(generation: Generation, candidate: Candidate) -> Asset:
    """Copy the candidate's files to the asset place and record them; doing it again is harmless.

    Raises Retryable("storage_failed") when the storage is full, away, or gives back other bytes.
    """
    try:
        renditions = [_store_file(generation, facts) for facts in candidate.files]
    except OSError as error:
        raise Retryable(
            "storage_failed", "The image could not be stored. Check the disk or the bucket."
        ) from error
    with transaction.atomic():
        still_held(generation)
        asset, is_new = _claimed(generation, candidate)
        if not is_new:
            if _is_whole(asset):
                return asset
            # Made again because a file of the old row was gone, or all of them when its time was
            # over. A signed file is never the same twice, so the row takes the new names and their
            # manifest.
            asset.manifest, asset.score = candidate.manifest, candidate.report.score
            asset.deleted_at, asset.used_at = None, timezone.now()
            asset.save(update_fields=["manifest", "score", "deleted_at", "used_at"])
            asset.renditions.all().delete()
        Rendition.objects.bulk_create(Rendition(asset=asset, **one) for one in renditions)
        record_asset(asset, "created")
    return asset


def _claimed(generation: Generation, candidate: Candidate) -> tuple[Asset, bool]:
    """The one asset of this fingerprint, and whether it was made just now; two never are."""
    mine = Asset(
        workspace_id=generation.workspace_id,
        fingerprint=generation.fingerprint,
        product_id=generation.product_id,
        manifest=candidate.manifest,
        score=candidate.report.score,
    )
    Asset.objects.bulk_create([mine], ignore_conflicts=True)
    asset = Asset.objects.get(workspace=mine.workspace_id, fingerprint=mine.fingerprint)
    return asset, asset.pk == mine.pk


def _is_whole(asset: Asset) -> bool:
    kept = asset.deleted_at is None
    return kept and all(files.exists("assets", one.key) for one in asset.renditions.all())


def _store_file(generation: Generation, facts: dict[str, Any]) -> dict[str, Any]:
    data = files.get("work", facts["key"])
    if hashlib.sha256(data).hexdigest() != facts["sha256"]:
        raise OSError(f"work file {facts['key']} does not hold the bytes it is named after")
    key = asset_key(generation.workspace_id, facts["sha256"], extension_of(facts["format"]))
    files.put("assets", key, data)
    return {**facts, "key": key}
