"""Privacy requests: answered, really done, and written down; a shop that came back is safe."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from generation.models import Asset, Cutout, Generation
from integrations import connect, work
from integrations.models import (
    AccessToken,
    InboundEvent,
    PrivacyRequest,
    Product,
    SourceImage,
    Store,
)
from productviz.accounts.models import User, Workspace
from productviz.lib import files, scratch
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.conftest import Serve
from tests.embedded.conftest import give_token, make_shop
from tests.embedded.shopify import SHOP, Desk, webhook
from tests.factories import make_generation, make_preset, make_product, make_store, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
CUSTOMER = {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"}
REDACT = {"shop_id": 954889, "shop_domain": SHOP}


def send(topic: str, payload: dict[str, Any], **options: str) -> int:
    body, headers = webhook(topic, payload, **options)
    response = Client().post(
        "/webhooks/shopify", body, content_type="application/json", headers=headers
    )
    return response.status_code


def settle() -> None:
    while work.privacy_requests(new_owner()):
        pass


@pytest.mark.parametrize(
    ("topic", "more"),
    [
        ("customers/data_request", {"orders_requested": [1], "data_request": {"id": 9999}}),
        ("customers/redact", {"orders_to_redact": [299938]}),
    ],
)
def test_customers_are_answered_and_never_stored(
    topic: str, more: dict[str, Any], desk: Desk
) -> None:
    make_shop()

    assert send(topic, {**REDACT, "customer": CUSTOMER, **more}) == 200
    settle()

    row = PrivacyRequest.objects.get()
    assert (row.shop, row.topic, row.state) == (SHOP, topic, "done")
    assert row.outcome == "No data about customers is held."
    assert row.settled_at is not None
    everything = json.dumps(list(PrivacyRequest.objects.values()), default=str)
    assert "john@example.com" not in everything
    assert InboundEvent.objects.count() == 0


def test_a_shop_that_is_not_known_is_answered_too(desk: Desk) -> None:
    """Shopify's reviewers send these for shops that never installed the app."""
    assert send("shop/redact", REDACT) == 200
    settle()

    assert PrivacyRequest.objects.get().outcome == "Nothing of this shop is held."


def test_a_request_that_comes_twice_is_one(desk: Desk) -> None:
    for _ in range(2):
        assert send("shop/redact", REDACT, Webhook_Id="wh-1") == 200

    assert PrivacyRequest.objects.count() == 1


@pytest.mark.parametrize("secret", ["wrong" * 9, ""])
def test_a_request_without_shopifys_signature_is_401(secret: str, desk: Desk) -> None:
    make_shop()

    for topic in ("customers/data_request", "customers/redact", "shop/redact"):
        assert send(topic, REDACT, secret=secret) == 401

    assert PrivacyRequest.objects.count() == 0


def made_pictures(store: Store, photos: Serve, drain: Any, name: str = "mug.jpg") -> Generation:
    """A finished generation, with everything that it leaves behind."""
    product = make_product(store, image_url=photos(name))
    generation = make_generation(product, preset=make_preset(store.workspace))
    drain()
    generation.refresh_from_db()
    assert generation.status == "succeeded", generation.error_code
    return generation


def names() -> list[str]:
    """Every file in the three places."""
    from django.conf import settings

    found = []
    for place in ("work", "assets", "originals"):
        root = settings.DATA_DIR / place
        found += [f"{place}/{path.name}" for path in root.rglob("*") if path.is_file()]
    return sorted(found)


def test_a_shop_is_erased_with_all_that_was_made_for_it(
    desk: Desk, photos: Serve, drain: Any
) -> None:
    kept_before = names()
    store = make_shop()
    staff = make_user(store.workspace)
    User.objects.filter(pk=staff.pk).update(email="staff-901.quiet-harbour@shopify.invalid")
    made_pictures(store, photos, drain)
    Store.objects.update(status="disconnected")
    other = make_store()
    assert names() != kept_before

    send("shop/redact", REDACT)
    settle()

    row = PrivacyRequest.objects.get()
    assert (row.state, row.outcome) == ("done", "Everything of this shop was erased.")
    assert row.counts["generations"] == 1
    assert row.counts["products"] == 1
    assert row.counts["files"] >= 5
    assert names() == kept_before
    assert list(Store.objects.all()) == [other]
    for model in (Product, SourceImage, Generation, Asset, Cutout, Event, AccessToken):
        assert model.objects.count() == 0, model.__name__
    assert list(Workspace.objects.all()) == [other.workspace]
    assert not User.objects.filter(pk=staff.pk).exists()


def test_what_another_store_of_the_workspace_needs_stays(
    desk: Desk, photos: Serve, drain: Any
) -> None:
    sister = make_store()
    kept = made_pictures(sister, photos, drain, "sister.jpg")
    before = names()
    store = make_shop(workspace=sister.workspace)
    made_pictures(store, photos, drain)  # the same photograph
    Store.objects.filter(pk=store.pk).update(status="disconnected")

    send("shop/redact", REDACT)
    settle()

    assert not Store.objects.filter(pk=store.pk).exists()
    kept.refresh_from_db()
    assert kept.asset is not None
    assert all(files.exists("assets", one.key) for one in kept.asset.renditions.all())
    assert set(before) <= set(names())
    assert Workspace.objects.filter(pk=sister.workspace_id).exists()


def test_an_image_that_the_shop_had_first_stays_for_the_store_that_shows_it_too(
    desk: Desk, photos: Serve, drain: Any
) -> None:
    sister = make_store()
    store = make_shop(workspace=sister.workspace)
    first = made_pictures(store, photos, drain)
    kept = made_pictures(sister, photos, drain, "sister.jpg")  # the same photograph
    assert kept.asset_id == first.asset_id
    Store.objects.filter(pk=store.pk).update(status="disconnected")

    send("shop/redact", REDACT)
    settle()

    assert not Store.objects.filter(pk=store.pk).exists()
    kept.refresh_from_db()
    assert kept.asset is not None
    assert kept.asset.product == kept.product
    assert all(files.exists("assets", one.key) for one in kept.asset.renditions.all())


def test_a_shop_that_installed_again_is_left_alone(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk)

    send("shop/redact", REDACT)
    settle()

    row = PrivacyRequest.objects.get()
    assert (row.state, row.outcome) == ("refused", "The shop has installed ProductViz again.")
    assert Store.objects.filter(pk=store.pk).exists()


def test_a_shop_whose_leaving_was_never_told_is_asked(desk: Desk) -> None:
    """The uninstall webhook was lost: only Shopify knows that its refresh token is dead."""
    give_token(make_shop())

    send("shop/redact", REDACT)
    settle()

    assert PrivacyRequest.objects.get().state == "done"
    assert Store.objects.count() == 0


def test_a_shop_that_does_not_answer_is_asked_again_later(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk)
    desk.answers = [(500, {})] * 3

    send("shop/redact", REDACT)
    settle()

    row = PrivacyRequest.objects.get()
    assert (row.state, row.retries) == ("received", 1)
    assert row.not_before is not None
    assert Store.objects.filter(pk=store.pk).exists()


def test_the_shops_staff_are_forgotten_in_a_workspace_that_stays(desk: Desk) -> None:
    sister = make_store()
    owner = make_user(sister.workspace)
    store = make_shop(workspace=sister.workspace, status="disconnected")
    stays, goes = (make_user(sister.workspace) for _ in range(2))
    for user, shop in ((stays, "other-quiet-harbour"), (goes, "quiet-harbour")):
        User.objects.filter(pk=user.pk).update(email=f"staff-901.{shop}@shopify.invalid")

    send("shop/redact", REDACT)
    settle()

    assert not Store.objects.filter(pk=store.pk).exists()
    assert set(sister.workspace.members.all()) == {owner, stays}
    assert PrivacyRequest.objects.get().counts["people"] == 1


def test_a_catalog_half_read_when_the_shop_left_is_gone_in_days(
    settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    old, new = (scratch.folder("bulk") / name for name in ("old.sqlite3", "new.sqlite3"))
    for path in (old, new):
        path.write_bytes(b"a catalog")
    os.utime(old, (0, time.time() - scratch.KEPT_SECONDS - 60))

    work.daily()

    assert (old.exists(), new.exists()) == (False, True)


def test_disconnecting_forgets_the_tokens(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk)

    connect.disconnect(store)

    assert AccessToken.objects.count() == 0
    assert store.status == "disconnected"
