"""Requests that wait for a store: only a few at a time."""

from __future__ import annotations

from threading import BoundedSemaphore

import pytest

from integrations.models import Publication, Snapshot, Store
from productviz.api import outside
from tests.api.caller import Caller
from tests.api.shops import Shop
from tests.factories import make_product, make_store

pytestmark = pytest.mark.django_db

CREDENTIALS = {"username": "admin", "application_password": "a b c d"}
NEW = {"kind": "woocommerce", "base_url": "https://shop.example", "credentials": CREDENTIALS}


@pytest.fixture(autouse=True)
def full(monkeypatch: pytest.MonkeyPatch) -> BoundedSemaphore:
    """The one place that there is; it is taken."""
    places = BoundedSemaphore(1)
    places.acquire()
    monkeypatch.setattr(outside, "_places", places)
    return places


def published(store: Store) -> Publication:
    """A publication that can be put back."""
    product = make_product(store)
    row = Publication.objects.create(
        store=store, product=product, family=product, state="published"
    )
    Snapshot.objects.create(publication=row, gallery=[])
    return row


def test_it_refuses_while_every_place_is_taken() -> None:
    caller = Caller()
    store = make_store(caller.workspace)
    path, secret = f"/stores/{store.public_id}", store.inbox_secret
    undo = f"/publications/{published(store).public_id}/rollback"

    said = [
        caller.post(f"{path}/test"),
        caller.post(f"{path}/rotate-secret"),
        caller.post("/stores", NEW),
        caller.ask("PATCH", path, {"credentials": CREDENTIALS}, {"If-Match": "*"}),
        caller.post(undo, {}, key="undo"),
    ]

    assert [(status, told["code"]) for status, told in said] == [(503, outside.BUSY)] * 5
    assert caller.last["Retry-After"] == "5"
    store.refresh_from_db()
    assert store.inbox_secret == secret
    assert Store.objects.count() == 1
    assert Publication.objects.get().state == "published"


def test_a_store_that_nobody_calls_needs_no_place() -> None:
    shop = Shop()

    assert shop.caller.post(f"{shop.path}/test")[0] == 200
    assert shop.caller.post(f"{shop.path}/rotate-secret")[0] == 200


def test_it_gives_its_place_back_whatever_the_store_says(full: BoundedSemaphore) -> None:
    full.release()
    caller = Caller()
    store = make_store(caller.workspace)  # at an address that nobody answers

    said = [caller.post(f"/stores/{store.public_id}/test") for _ in range(2)]

    assert [(status, told["ok"]) for status, told in said] == [(200, False)] * 2
