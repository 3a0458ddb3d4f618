"""After publishing: does the file that buyers get still say how it was made?

Stores re-encode images and their optimisers drop metadata, so the public address itself is
fetched. It is looked at right after publishing, and once more a day later, when caches and
optimisers that work in the background have done their part. Nothing is written to the store.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from generation.models import Asset
from generation.provenance.content_credentials import (
    Credentials,
    State,
    is_picture,
    read_credentials,
)
from generation.provenance.xmp import read_digital_source_type
from integrations.models import Publication, PublicationItem
from productviz.lib import http

LOOKS_AT_ONCE = 4
SECOND_LOOK = timedelta(days=1)
Kept = PublicationItem.Marking


@dataclass(frozen=True, slots=True)
class Marking:
    """What was found at a public address; ``credentials`` are None where nothing could be read."""

    kept: Kept
    message: str
    source_type: str | None = None
    credentials: Credentials | None = None


def check_marking(url: str, *, expected: str | None, sha256: str = "") -> Marking:
    """Fetch the file and compare its IPTC type with what we wrote; never raises for the network.

    ``expected`` None takes any type for ours. With ``sha256`` an untouched file is told apart.
    """
    try:
        data = http.fetch_image(url).body
    except http.OutboundError as error:
        return Marking(Kept.UNKNOWN, f"The image's public address could not be checked: {error}")
    if not is_picture(data):
        return Marking(Kept.UNKNOWN, "The image's public address does not answer with an image.")
    found, credentials = read_digital_source_type(data), read_credentials(data)
    if found is None or (expected is not None and found != expected):
        return Marking(Kept.LOST, _LOST, found, credentials)
    if hashlib.sha256(data).hexdigest() == sha256:
        return Marking(Kept.KEPT, "The store kept the file as it is.", found, credentials)
    note = _CHANGED_SIGNED if credentials.state is State.SIGNED else _CHANGED
    return Marking(Kept.KEPT, note, found, credentials)


_LOST = (
    "The store removed the note in the file that says how the image was made. Look for a setting "
    "of the store's image optimiser or CDN that keeps metadata (XMP, IPTC), then publish again."
)
_CHANGED = (
    "The store changed the file and kept the note that says how it was made. A signature (Content "
    "Credentials) does not outlive such a change."
)
_CHANGED_SIGNED = "The store changed the file and kept the note and a signature."


def due(now: datetime) -> QuerySet[PublicationItem]:
    """Published images that nobody has looked at, or not since their first day."""
    published = Q(
        publication__state=Publication.State.PUBLISHED, publication__published_at__isnull=False
    )
    again = Q(
        publication__published_at__lte=now - SECOND_LOOK,
        marking_checked_at__lt=F("publication__published_at") + SECOND_LOOK,
    )
    rows = PublicationItem.objects.filter(published, Q(marking_checked_at=None) | again)
    return rows.exclude(external_url="").order_by("pk")


def look(owner: str) -> int:
    """Look at the next few published images; the number looked at. A source of the queue's work."""
    now = timezone.now()
    return sum(_look_at(item, now) for item in due(now)[:LOOKS_AT_ONCE])


def _look_at(item: PublicationItem, now: datetime) -> int:
    """Take the item by its time of checking, so that two workers do not fetch it twice."""
    row = PublicationItem.objects.filter(pk=item.pk, marking_checked_at=item.marking_checked_at)
    if not row.update(marking_checked_at=now):
        return 0
    asset = Asset.objects.filter(pk=item.asset_id).values_list("manifest", flat=True).first()
    expected = asset and asset.get("digital_source_type")
    marking = check_marking(item.external_url, expected=expected, sha256=item.sha256)
    PublicationItem.objects.filter(pk=item.pk).update(
        marking=marking.kept, marking_note=marking.message
    )
    return 1
