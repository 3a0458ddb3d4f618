"""Publishing: where pictures go, what is written, and what happens when the store fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.storage import storages

from integrations import catalog, publish
from integrations.contract import Permanent
from integrations.models import (
    Product,
    Publication,
    PublicationItem,
    PublishedImage,
    Store,
    SyncRun,
)
from integrations.models.stores import StoreStatus
from productviz.lib import files
from tests.integrations.conftest import Bench, connect_shop, drain, hurry, item

State = Publication.State


def gallery_writes(bench: Bench) -> list[Any]:
    return [w for w in bench.shop.writes if w.method == "PUT" and "/products/" in w.path]


def test_it_takes_the_place_of_the_original_and_keeps_the_rest(bench: Bench) -> None:
    before = bench.remote("MUG")
    bench.publish("MUG", "one")
    after = bench.remote("MUG")
    assert len(after) == 2
    assert after[0][1] == "one on white"
    assert after[1] == before[1]


@pytest.mark.parametrize(("placement", "position"), [("first", 0), ("last", 2)])
def test_it_adds_a_picture_and_keeps_all_originals(
    bench: Bench, placement: str, position: int
) -> None:
    before = bench.remote("MUG")
    hash_before = bench.product("MUG").inputs_hash
    bench.publish("MUG", "one", placement=placement)
    after = bench.remote("MUG")
    assert after[position][1] == "one on white"
    assert [entry for entry in after if entry in before] == before
    assert bench.product("MUG").inputs_hash == hash_before


def test_it_publishes_several_pictures_with_one_write(bench: Bench) -> None:
    bench.publish("MUG", "one", "two")
    assert [alt for _, alt in bench.remote("MUG")] == ["one on white", "two on white"]
    assert len(gallery_writes(bench)) == 1


def test_a_variation_gets_its_one_image(bench: Bench) -> None:
    parent = bench.remote("HOOD")
    publication = bench.publish("HOOD-R", "red one")
    assert [alt for _, alt in bench.remote("HOOD-R")] == ["red one on white"]
    assert bench.remote("HOOD") == parent
    before = publication.snapshot.gallery[0]["external_id"]
    undone = bench.undo(publication)
    assert (undone.state, undone.differences) == (State.ROLLED_BACK, [])
    assert bench.remote("HOOD-R")[0][0] == int(before)


def test_the_bytes_of_the_original_are_kept_before_anything_is_written(bench: Bench) -> None:
    publication = bench.publish("MUG", "one")
    first, second = publication.snapshot.gallery
    assert first["key"]
    assert files.get("originals", first["key"]).startswith(b"\xff\xd8\xff")
    assert second["key"] == ""


def test_nothing_is_written_when_the_original_cannot_be_kept(bench: Bench) -> None:
    bench.shop.faults.add("image_404", count=None)
    publication = bench.request("MUG", "one")
    drain()
    publication.refresh_from_db()
    assert publication.state == State.FAILED
    assert "cannot be fetched" in publication.error
    assert [
        w for w in bench.shop.writes if "webhooks" not in w.path and "batch" not in w.path
    ] == []


@pytest.mark.parametrize("path", ["/wp-json/wp/v2/media", "/wp-json/wc/v3/products/"])
def test_a_write_that_times_out_happens_once(bench: Bench, path: str) -> None:
    media = bench.media()
    bench.shop.faults.add("timeout_after_write", path=path, count=1)
    publication = bench.request("MUG", "one")
    drain()
    hurry()
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED, publication.error
    assert len(bench.media() - media) == 1
    assert [alt for _, alt in bench.remote("MUG")] == ["one on white", ""]


def test_with_keys_only_a_write_that_times_out_happens_once(key_bench: Bench) -> None:
    media = key_bench.media()
    key_bench.shop.faults.add("timeout_after_write", path="/products/", method="PUT", count=1)
    publication = key_bench.request("MUG", "one")
    drain()
    hurry()
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED, publication.error
    assert len(key_bench.media() - media) == 1


@pytest.mark.parametrize("fault", ["429", "503", "maintenance", "truncated_json"])
def test_a_store_that_is_busy_is_tried_again_later(bench: Bench, fault: str) -> None:
    media = bench.media()
    bench.shop.faults.add(fault, path="/wp-json/wc/v3/products/", method="PUT", count=1)
    publication = bench.request("MUG", "one")
    drain()
    publication.refresh_from_db()
    if fault != "truncated_json":
        assert publication.state == State.IN_PROGRESS
        assert publication.not_before is not None
        assert publication.error
    hurry()
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED, publication.error
    assert len(bench.media() - media) == 1
    assert publication.error == ""


def test_a_store_that_stays_down_ends_in_failed_and_can_be_retried(bench: Bench) -> None:
    bench.shop.faults.add("503", path="/wp-json/wc/v3/products/", count=None)
    publication = bench.request("MUG", "one")
    for _ in range(12):
        drain()
        hurry()
    publication.refresh_from_db()
    assert publication.state == State.FAILED
    assert "Gave up after two days" in publication.error
    bench.shop.faults.clear()
    publish.retry(publication)
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED


def test_it_conflicts_when_the_original_left_the_gallery(bench: Bench) -> None:
    before_media = bench.media()
    publication = bench.request("MUG", "one")
    bench.shop.product("MUG").image_ids.pop(0)
    left = bench.remote("MUG")
    drain()
    publication.refresh_from_db()
    assert (publication.state, publication.error_code) == (State.CONFLICT, "gallery_changed")
    assert bench.remote("MUG") == left
    assert bench.media() == before_media
    publish.retry(publication, overwrite=True)
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED
    assert [alt for _, alt in bench.remote("MUG")] == ["one on white", ""]
    assert bench.remote("MUG")[1:] == left
    bench.undo(publication)
    assert bench.remote("MUG") == left


def test_it_conflicts_when_the_product_is_gone(bench: Bench) -> None:
    publication = bench.request("MUG", "one")
    del bench.shop.state.tables.products[bench.shop.product("MUG").id]
    drain()
    publication.refresh_from_db()
    assert (publication.state, publication.error_code) == (State.CONFLICT, "not_found")


def test_a_second_picture_for_the_same_original_takes_the_first_ones_place(bench: Bench) -> None:
    before = bench.remote("MUG")
    hash_before = bench.product("MUG").inputs_hash
    first = bench.publish("MUG", "one")
    original = bench.product("MUG").images.get(external_id=str(before[0][0]))
    product = bench.product("MUG")
    second = publish.request(
        product=product,
        items=[item(product, "two", replaces=original)],
        approved_by=None,
        needs_approval=False,
    )
    drain()
    second.refresh_from_db()
    assert second.state == State.PUBLISHED, second.error
    assert [alt for _, alt in bench.remote("MUG")] == ["two on white", ""]
    assert bench.product("MUG").inputs_hash == hash_before
    publish.undo_run([first, second])
    drain()
    assert bench.remote("MUG") == before
    assert bench.product("MUG").inputs_hash == hash_before


def test_one_publication_a_product_at_a_time(bench: Bench) -> None:
    first = bench.request("MUG", "one")
    second = bench.request("MUG", "two", placement="last")
    assert list(publish.waiting()) == [first]
    Publication.objects.filter(pk=first.pk).update(state=State.IN_PROGRESS)
    assert not publish._begin(second, "somebody")
    drain()
    second.refresh_from_db()
    assert second.state == State.PUBLISHED
    assert [alt for _, alt in bench.remote("MUG")] == ["one on white", "", "two on white"]


def test_approval_is_waited_for_and_can_be_refused(bench: Bench) -> None:
    publication = bench.request("MUG", "one", approve=True)
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PENDING_APPROVAL
    refused = bench.request("VASE", "two", approve=True)
    publish.cancel(refused)
    publish.approve(publication, None)
    drain()
    publication.refresh_from_db()
    assert (publication.state, refused.state) == (State.PUBLISHED, State.CANCELED)
    assert publish.approve(publication, None).state == State.PUBLISHED
    with pytest.raises(Permanent, match="not possible"):
        publish.approve(refused, None)
    with pytest.raises(Permanent, match="Undo it instead"):
        publish.cancel(publication)


def test_a_revoked_key_lets_work_wait_until_the_store_is_connected_again(
    bench: Bench, people: Any
) -> None:
    bench.shop.state.tables.app_passwords.clear()
    publication = bench.request("MUG", "one")
    drain()
    publication.refresh_from_db()
    bench.store.refresh_from_db()
    assert publication.state == State.IN_PROGRESS
    assert bench.store.status == StoreStatus.DISCONNECTED
    assert "revoked" in bench.store.status_reason
    assert drain() == 0

    assert connect_shop(people, bench.shop, "application-password") == bench.store
    drain()

    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED
    assert Store.objects.get().status == StoreStatus.CONNECTED


def test_a_right_that_is_missing_stops_only_what_needs_it(
    key_bench: Bench, people: Any, access: str
) -> None:
    bench = key_bench
    for key in bench.shop.state.tables.keys.values():
        key.permissions = "read"
    publication = bench.request("MUG", "one")
    drain()
    publication.refresh_from_db()
    bench.store.refresh_from_db()
    assert (publication.state, publication.error_code) == (State.FAILED, "store_right_missing")
    assert "Read/Write" in publication.error
    assert bench.store.status == StoreStatus.DEGRADED
    assert "Read/Write" in bench.store.status_reason

    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    run.refresh_from_db()
    bench.store.refresh_from_db()
    assert run.state == SyncRun.State.DONE
    assert bench.store.status == StoreStatus.DEGRADED, "a good sync brings no right"
    assert "Read/Write" in bench.store.status_reason

    connect_shop(people, bench.shop, access)
    publish.retry(publication)
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED
    assert Store.objects.get().status == StoreStatus.CONNECTED


def test_the_ledger_knows_what_is_ours(bench: Bench) -> None:
    original = bench.remote("MUG")[0][0]
    bench.publish("MUG", "one")
    row = PublishedImage.objects.get()
    assert row.external_id == str(bench.remote("MUG")[0][0])
    assert row.stands_for == str(original)


def test_the_store_fetches_the_file_when_it_cannot_be_uploaded(key_bench: Bench) -> None:
    publication = key_bench.publish("MUG", "one")
    body = gallery_writes(key_bench)[0].body
    assert body["images"][0]["src"].startswith("http")
    assert body["images"][1] == {"id": key_bench.remote("MUG")[1][0]}
    assert PublicationItem.objects.get(publication=publication).external_id


def test_a_file_that_the_store_fetched_before_it_failed_is_used_again(key_bench: Bench) -> None:
    media = key_bench.media()
    publication = key_bench.request("MUG", "one", "two")
    second = publication.items.order_by("pk")[1]
    data = files.get("assets", second.storage_key)
    storages["assets"].delete(second.storage_key)
    drain()
    publication.refresh_from_db()
    assert (publication.state, publication.error_code) == (State.FAILED, "store_fetch_failed")
    assert len(key_bench.media() - media) == 1
    files.put("assets", second.storage_key, data)
    publish.retry(publication)
    drain()
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED, publication.error
    assert len(key_bench.media() - media) == 2
    assert [alt for _, alt in key_bench.remote("MUG")] == ["one on white", "two on white"]


def test_it_refuses_requests_that_make_no_sense(bench: Bench) -> None:
    mug, vase, red = (bench.product(sku) for sku in ("MUG", "VASE", "HOOD-R"))
    foreign = item(mug, "one", replaces=vase.images.get())
    pair = [item(red, name, placement="last") for name in ("one", "two")]
    for product, items in ((mug, [foreign]), (mug, []), (red, pair)):
        with pytest.raises(Permanent):
            publish.request(product=product, items=items, approved_by=None, needs_approval=False)
    assert not Publication.objects.exists()
    assert Product.objects.count() == 5
