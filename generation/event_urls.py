"""Addresses of an event's finished files, for webhook endpoints that ask for them."""

from __future__ import annotations

from django.conf import settings

from generation.assets.cdn import DAY, file_url
from generation.models import Rendition
from productviz.lib.ids import parse_public_id
from productviz.outbox.models import Event


def of_event(event: Event) -> dict[str, str]:
    """A signed address of each file of the event's assets, by the file's name; valid for a day."""
    named = event.data.get("object", {}).get("assets") or []
    assets = [pk for text in named if (pk := parse_public_id("ast", str(text)))]
    renditions = Rendition.objects.filter(
        asset__in=assets, asset__workspace=event.workspace_id, asset__deleted_at=None
    )
    base = settings.CDN_URL or settings.PUBLIC_URL
    return {
        one.name: f"{base}{file_url('assets', one.key, seconds=DAY)}"
        for one in (renditions.order_by("id") if assets else ())
    }
