"""How long a finished image is kept, and its end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from generation.models import Asset, Rendition

_UNPUBLISHED = timedelta(days=90)


class NotDeletable(Exception):
    """The asset is needed; the message says by whom and what to do first."""


def retained_until(asset: Asset) -> datetime | None:
    """When the asset's files go unless it is used again."""
    return asset.deleted_at or asset.used_at + _UNPUBLISHED


def delete(asset: Asset) -> None:
    """Free the asset's files and keep its row as a record."""
    with transaction.atomic():
        Rendition.objects.filter(asset=asset).delete()
        asset.deleted_at = timezone.now()
        asset.save(update_fields=["deleted_at"])
