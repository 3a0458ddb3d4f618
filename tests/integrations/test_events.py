"""What is told of stores: once a change, in its transaction, also when workers die."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import transaction

from integrations import catalog, connect, events, opening, publish, work
from integrations.contract import NeedsMerchant, Permanent
from integrations.models import Product, Publication, Store, SyncRun
from integrations.models.stores import StoreStatus
from integrations.sandbox.woocommerce import SandboxStore
from productviz.lib.ids import public_id
from productviz.lib.lease import new_owner
from productviz.outbox import record
from productviz.outbox.models import Event
from tests.factories import make_product, make_store
from tests.integrations.conftest import Bench, People, bury_worker, connect_shop, drain, hurry
from tests.integrations.test_interruptions import Killed, kill_after, survive

State = Publication.State
TERMINAL = {
    "publication.published",
    "publication.failed",
    "publication.conflict",
    "publication.rolled_back",
    "publication.rollback_failed",
    "publication.expired",
}


def told(object_id: uuid.UUID) -> list[str]:
    return list(
        Event.objects.filter(object_id=object_id).order_by("id").values_list("type", flat=True)
    )


def data_of(object_id: uuid.UUID, kind: str) -> Any:
    return Event.objects.get(object_id=object_id, type=kind).data


def test_connecting_and_the_first_sync_are_told(
    people: People, shop: SandboxStore, site: str
) -> None:
    store = connect_shop(people, shop, "application-password")
    drain()

    assert told(store.pk) == ["store.connected"]
    run = SyncRun.objects.get()
    assert told(run.pk) == ["sync.completed"]
    assert data_of(run.pk, "sync.completed")["object"]["seen"] == 3
    products = Product.objects.count()
    assert Event.objects.filter(type="product.created").count() == products == 5
    assert {event.store for event in Event.objects.all()} == {store.pk}
    thin = data_of(Product.objects.get(sku="MUG").pk, "product.created")["object"]
    assert (thin["sku"], thin["object"], thin["store"]) == ("MUG", "product", store.public_id)
    assert "title" not in thin


def test_an_unchanged_catalog_is_not_told_again(bench: Bench) -> None:
    before = Event.objects.count()
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()

    assert [event.type for event in Event.objects.order_by("id")[before:]] == ["sync.completed"]
    assert told(run.pk) == ["sync.completed"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [({"title": "other"}, "product.inputs_changed"), ({"sku": "other"}, "product.updated")],
)
def test_a_change_is_told_once_by_the_most_telling_word(
    bench: Bench, change: dict[str, str], kind: str
) -> None:
    mug = bench.product("MUG")
    rows = Product.objects.filter(pk=mug.pk)
    rows.update(**change, inputs_hash="x" if "title" in change else mug.inputs_hash)
    version = rows.get().version
    catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()

    last = Event.objects.filter(object_id=mug.pk).latest("id")
    assert (last.type, last.sequence) == (kind, version + 1)
    assert rows.get().version == last.sequence
    assert told(mug.pk) == ["product.created", kind]


def test_what_vanished_is_told_with_its_variants(bench: Bench) -> None:
    hood = bench.product("HOOD")
    del bench.shop.state.tables.products[bench.shop.product("HOOD").id]
    catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()

    gone = Event.objects.filter(type="product.deleted").values_list("object_id", flat=True)
    assert set(gone) == {hood.pk, *hood.variants.values_list("pk", flat=True)}
    assert {row.version for row in Product.objects.filter(pk__in=gone)} == {2}


def test_a_publication_and_its_undo_are_told(bench: Bench) -> None:
    publication = bench.publish("MUG", "one")
    bench.undo(publication)

    assert told(publication.pk) == [
        "publication.requested",
        "publication.published",
        "publication.rolled_back",
    ]
    said = data_of(publication.pk, "publication.published")
    assert said["previous"] == {"status": "in_progress"}
    item = publication.items.get()
    assert said["object"]["items"] == [
        {
            "asset": public_id("ast", item.asset_id),
            "action": "replace",
            "status": "published",
            "remote_id": item.external_id,
        }
    ]
    versions = Event.objects.filter(object_id=publication.pk).order_by("id")
    numbers = [event.sequence for event in versions]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("number", range(len(publish.STEPS)))
def test_a_killed_worker_tells_it_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    kill_after(monkeypatch, "STEPS", number)
    publication = bench.request("MUG", "one")
    survive()

    assert told(publication.pk) == ["publication.requested", "publication.published"]


@pytest.mark.parametrize("number", range(len(publish.UNDO_STEPS)))
def test_a_killed_worker_tells_an_undo_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    publication = bench.publish("MUG", "one")
    kill_after(monkeypatch, "UNDO_STEPS", number)
    publish.undo(publication)
    survive()

    assert told(publication.pk)[-1] == "publication.rolled_back"
    assert len(TERMINAL.intersection(told(publication.pk))) == 2
    assert told(publication.pk).count("publication.rolled_back") == 1


def test_a_worker_that_dies_while_telling_has_changed_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = bench.request("MUG", "one")
    tell = record.record
    died: list[int] = []

    def die(*all_told: Any) -> None:
        tell(*all_told)
        if not died and any(one.type == "publication.published" for one in all_told):
            died.append(1)
            raise Killed

    monkeypatch.setattr("integrations.events.record", die)
    with pytest.raises(Killed):
        drain()
    publication.refresh_from_db()
    assert publication.state == State.IN_PROGRESS
    assert told(publication.pk) == ["publication.requested"]
    bury_worker()
    drain()
    assert told(publication.pk) == ["publication.requested", "publication.published"]


def test_a_worker_that_lost_its_lease_tells_nothing(bench: Bench) -> None:
    publication = bench.request("MUG", "one")
    Publication.objects.update(lease_owner="another")
    publish.fail(publication, "me", Permanent("No.", code="store_refused"))

    assert told(publication.pk) == ["publication.requested"]


def test_a_store_that_stays_down_is_told_as_one_failure(bench: Bench) -> None:
    bench.shop.faults.add("503", path="/wp-json/wc/v3/products/", count=None)
    publication = bench.request("MUG", "one")
    for _ in range(12):
        drain()
        hurry()

    assert told(publication.pk) == ["publication.requested", "publication.failed"]
    error = data_of(publication.pk, "publication.failed")["object"]["error"]
    assert (error["stage"], error["retryable"]) == ("deliver", True)
    bench.shop.faults.clear()
    publish.retry(publication)
    drain()
    assert told(publication.pk)[-1] == "publication.published"


def test_a_failed_sync_and_a_degraded_store_are_told_and_mended(bench: Bench) -> None:
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    bench.shop.faults.add("503", path="/wp-json/wc/v3/products", count=None)
    for _ in range(12):
        drain()
        hurry()
    assert told(run.pk) == ["sync.failed"]
    assert told(bench.store.pk) == ["store.connected", "store.degraded"]
    bench.shop.faults.clear()
    catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    assert told(bench.store.pk) == ["store.connected", "store.degraded", "store.connected"]
    mended = Event.objects.filter(type="store.connected").latest("id")
    assert mended.data["previous"] == {"status": "degraded"}


def test_many_rows_that_meet_a_locked_door_tell_it_once(bench: Bench) -> None:
    for _ in range(2):
        row = bench.request("VASE", "one")
        work._suspend(row, new_owner(), NeedsMerchant("The key was revoked."))

    assert told(bench.store.pk) == ["store.connected", "store.disconnected"]
    said = data_of(bench.store.pk, "store.disconnected")["object"]
    assert said["status_reason"] == "The key was revoked."


def test_leaving_and_coming_back_are_told(people: People, shop: SandboxStore, site: str) -> None:
    store = connect_shop(people, shop, "application-password")
    connect.disconnect(store)
    connect.disconnect(store)
    connect_shop(people, shop, "application-password")

    assert told(store.pk) == ["store.connected", "store.disconnected", "store.connected"]


def test_a_right_that_is_missing_is_told_once(bench: Bench) -> None:
    for _ in range(2):
        opening.note_missing(bench.store.pk, "It may not write products.")

    assert told(bench.store.pk) == ["store.connected", "store.degraded"]


def test_a_status_that_stays_is_not_told(transactional_db: None) -> None:
    store = make_store(status=StoreStatus.DISCONNECTED)
    late = {"unless": StoreStatus.DISCONNECTED}
    with transaction.atomic():
        assert not events.set_status(store.pk, StoreStatus.DISCONNECTED, "again")
        assert not events.set_status(store.pk, StoreStatus.DEGRADED, "late", **late)
    assert not Event.objects.exists()
    assert Store.objects.get().status == StoreStatus.DISCONNECTED


def test_an_answered_question_ends_its_sync_once(transactional_db: None) -> None:
    store = make_store()
    run = SyncRun.objects.create(store=store, state=SyncRun.State.ASKING)
    catalog.answer(run, delete=False)
    with pytest.raises(Permanent):
        catalog.answer(run, delete=False)
    assert told(run.pk) == ["sync.completed"]

    other = SyncRun.objects.create(store=store, state=SyncRun.State.ASKING)
    catalog.request_sync(store, kind=SyncRun.Kind.FULL)
    assert told(other.pk) == ["sync.completed"]


def test_what_is_told_is_small(transactional_db: None) -> None:
    product = make_product()
    product.metadata = {f"name-{n:02}": "x" * 500 for n in range(20)}
    product.external_id = "x" * 191
    product.save()
    publication = Publication.objects.create(
        store=product.store, product=product, family=product, metadata=product.metadata
    )
    for number in range(60):
        publication.items.create(
            asset_id=uuid.uuid4(),
            storage_key="k",
            sha256=f"{number:064}",
            content_type="image/jpeg",
            external_id="y" * 191,
            external_url="https://cdn.example/" + "z" * 2000,
        )
    events.publication(publication, "requested")
    events.products(product.store, [events.change_of(product, "updated")])

    sizes = [len(json.dumps(event.data)) for event in Event.objects.all()]
    assert len(sizes) == 2
    assert max(sizes) <= 20 * 1024
