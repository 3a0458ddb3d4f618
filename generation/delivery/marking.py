"""After publishing: does the file that buyers get still say how it was made?

Stores re-encode images and their optimisers drop metadata, so the public address itself is
fetched. It is looked at right after publishing, and once more a day later, when caches and
optimisers that work in the background have done their part. Nothing is written to the store.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from generation.models import Asset
from generation.provenance.content_credentials import (
    Credentials,
    State,
    is_picture,
    read_credentials,
)
from generation.provenance.xmp import read_digital_source_type
from integrations.models import Publication, PublicationItem

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
    # Here and not above: the web process asks what is due too, and must not load an HTTP client.
    from productviz.lib import http

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
    """Published images that it is time to look at, the longest waiting first."""
    rows = PublicationItem.objects.filter(
        marking_due_at__lte=now, publication__state=Publication.State.PUBLISHED
    )
    return rows.exclude(external_url="").select_related("publication").order_by("marking_due_at")


def look(now: datetime) -> int:
    """Look at the next few published images; the number looked at."""
    return sum(_look_at(item, now) for item in due(now)[:LOOKS_AT_ONCE])


def _look_at(item: PublicationItem, now: datetime) -> int:
    """Take the item by its time, so that two workers do not fetch it, and note what is found."""
    row = PublicationItem.objects.filter(pk=item.pk, marking_due_at=item.marking_due_at)
    if not row.update(marking_due_at=_second_look(item.publication, now)):
        return 0
    asset = Asset.objects.filter(pk=item.asset_id).values_list("manifest", flat=True).first()
    expected = asset and asset.get("digital_source_type")
    marking = check_marking(item.external_url, expected=expected, sha256=item.sha256)
    PublicationItem.objects.filter(pk=item.pk).update(
        marking=marking.kept, marking_note=marking.message
    )
    return 1


def _second_look(publication: Publication, now: datetime) -> datetime | None:
    later = (publication.published_at or now) + SECOND_LOOK
    return later if later > now else None
