"""After publishing, at the address that buyers get: is the note about the making still there?"""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from generation.delivery import marking
from generation.delivery.marking import Kept, check_marking
from generation.provenance.certificates import make_identity
from generation.provenance.content_credentials import Claim, State, sign
from generation.provenance.xmp import DIGITAL_SOURCE_TYPES, xmp_packet
from integrations import publish
from integrations.models import Publication, PublicationItem
from productviz.lib import files
from tests.integrations.conftest import Bench, drain

TYPE = DIGITAL_SOURCE_TYPES + "compositeSynthetic"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 90, 40)).save(out, "JPEG", xmp=xmp_packet(TYPE))
    claim = Claim(TYPE, ("ab" * 32,), "cd" * 32, "studio@1")
    return sign(out.getvalue(), "jpeg", claim=claim, identity=make_identity())


def _publish(bench: Bench) -> PublicationItem:
    data, product = _picture(), bench.product("MUG")
    digest = hashlib.sha256(data).hexdigest()
    files.put("assets", f"m/{digest}.jpg", data)
    publication = publish.request(
        product=product,
        items=[
            publish.ItemRequest(
                asset_id=uuid.uuid4(),
                storage_key=f"m/{digest}.jpg",
                sha256=digest,
                content_type="image/jpeg",
                alt="mug",
                placement=PublicationItem.Placement.FIRST,
            )
        ],
        approved_by=None,
        needs_approval=False,
    )
    drain()
    publication.refresh_from_db()
    assert publication.state == Publication.State.PUBLISHED, publication.error
    return publication.items.get()


def _strip(bench: Bench) -> None:
    bench.shop.faults.add("strip_metadata", count=None, path="/wp-content/uploads/")


def test_a_store_that_keeps_files_keeps_note_and_signature(bench: Bench) -> None:
    item = _publish(bench)
    stale = marking.due(timezone.now()).get()

    assert marking.look(timezone.now()) == 1
    found = check_marking(item.external_url, expected=TYPE)
    other = check_marking(item.external_url, expected=DIGITAL_SOURCE_TYPES + "digitalCapture")

    item.refresh_from_db()
    assert (item.marking, item.marking_note) == (Kept.KEPT, "The store kept the file as it is.")
    assert found.source_type == TYPE
    assert found.credentials is not None
    assert found.credentials.state is State.SIGNED
    assert other.kept == Kept.LOST
    # Neither the next round nor a second worker with the row in hand looks again.
    assert marking.look(timezone.now()) == 0
    assert marking._look_at(stale, timezone.now()) == 0


def test_a_store_with_an_image_optimiser_is_found_out(bench: Bench) -> None:
    _strip(bench)
    item = _publish(bench)

    marking.look(timezone.now())
    found = check_marking(item.external_url, expected=TYPE)

    item.refresh_from_db()
    assert item.marking == Kept.LOST
    assert "keeps metadata (XMP, IPTC)" in item.marking_note
    assert found.source_type is None
    assert found.credentials is not None
    assert found.credentials.state is State.ABSENT


@pytest.mark.parametrize("fault", ["image_404", "image_html"])
def test_what_cannot_be_seen_is_not_known_and_is_looked_at_again_after_a_day(
    bench: Bench, fault: str
) -> None:
    item = _publish(bench)
    bench.shop.faults.add(fault, path="/wp-content/uploads/")

    marking.look(timezone.now())
    item.refresh_from_db()
    assert item.marking == Kept.UNKNOWN
    assert item.marking_note.startswith("The image's public address")
    assert not marking.due(timezone.now()).exists()

    tomorrow = timezone.now() + timedelta(days=1)
    assert marking.look(tomorrow) == 1
    item.refresh_from_db()
    assert item.marking == Kept.KEPT
    assert not marking.due(tomorrow).exists()

    bench.undo(item.publication)
    PublicationItem.objects.update(marking_due_at=tomorrow)
    assert marking.look(tomorrow) == 0
