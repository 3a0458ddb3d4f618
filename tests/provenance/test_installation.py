"""The installation's certificate, and a generation whose files are signed with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection

from generation.models import PublishMode, SigningIdentity
from generation.provenance.content_credentials import State, read_credentials
from generation.provenance.installation import installation_identity
from productviz.health import check_content_credentials
from productviz.lib import files
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signing(settings: Any) -> None:
    """An installation that signs."""
    settings.CONTENT_CREDENTIALS = "auto"


def _command(*options: str) -> str:
    out = io.StringIO()
    call_command("make_certificate", *options, stdout=out)
    return out.getvalue()


def test_it_makes_one_certificate_on_first_use_and_keeps_it(signing: None) -> None:
    first, second = installation_identity(), installation_identity()

    assert first == second
    assert first is not None
    assert first.key.startswith(b"-----BEGIN PRIVATE KEY")
    assert SigningIdentity.objects.count() == 1


def test_it_stores_no_readable_key(signing: None) -> None:
    installation_identity()

    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM generation_signingidentity")
        assert "PRIVATE" not in cursor.fetchone()[0]


def test_it_signs_nothing_when_switched_off(settings: Any) -> None:
    settings.CONTENT_CREDENTIALS = "off"

    assert installation_identity() is None
    assert "PRODUCTVIZ_CONTENT_CREDENTIALS is off" in check_content_credentials().message


def test_the_command_shows_makes_and_replaces(signing: None) -> None:
    assert "none yet" in _command("--show")
    made = _command()
    assert "ProductViz installation" in made
    assert "not on a trust list" in made
    assert _command() == made == _command("--show")
    assert _command("--replace") != made
    assert [row.is_current for row in SigningIdentity.objects.order_by("pk")] == [False, True]
    assert "signed by ProductViz installation" in check_content_credentials().message


def test_a_finished_image_is_signed_and_one_lost_from_storage_is_made_and_named_anew(
    signing: None, photos: Serve, drain: Callable[[], int]
) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    channels = ["amazon.main", "woocommerce.product"]
    preset = make_preset(product.store.workspace, channels=channels)
    first = make_generation(product, preset=preset, publish=PublishMode.APPROVAL)
    drain()
    first.refresh_from_db()
    assert first.asset is not None, first.error_message
    old = first.asset.main
    assert {one.name for one in first.asset.renditions.all()} == {"main", "woocommerce-product"}
    assert [one["channel"] for one in first.asset.manifest["refusals"]] == ["amazon.main"]
    assert read_credentials(files.get("assets", old.key)).state is State.SIGNED
    assert first.publication is not None
    item = first.publication.items.get()
    assert item.storage_key == first.asset.rendition("woocommerce-product").key

    storages["assets"].delete(old.key)
    second = make_generation(product, preset=preset)
    drain()

    second.refresh_from_db()
    assert second.asset == first.asset
    assert second.asset is not None
    new = second.asset.main
    assert new.key != old.key
    assert read_credentials(files.get("assets", new.key)).state is State.SIGNED
    assert second.asset.manifest["files"][0]["sha256"] == new.sha256
