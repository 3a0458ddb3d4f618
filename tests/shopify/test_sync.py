"""Sweeps of a simulated shop: by bulk operation, by changes, and what webhooks miss."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import catalog
from integrations.contract import ProductRef
from integrations.models import InboundEvent, Product, SyncRun
from integrations.platforms.shopify.adapter import ShopifyAdapter
from productviz.lib import scratch
from tests.integrations.conftest import drain, hurry
from tests.integrations.test_unchanged import writes
from tests.shopify.bench import ShopBench

pytestmark = pytest.mark.postgres


def sweep(bench: ShopBench, kind: SyncRun.Kind = SyncRun.Kind.FULL) -> SyncRun:
    """One sweep to its end; the shop's own work takes its time."""
    run = catalog.request_sync(bench.store, kind=kind)
    deadline = time.monotonic() + 30
    while run.state in SyncRun.ACTIVE and time.monotonic() < deadline:
        drain()
        hurry()
        time.sleep(0.02)
        run.refresh_from_db()
    return run


def operations(bench: ShopBench) -> int:
    return bench.mutations().count("bulkOperationRunQuery")


def test_the_first_sweep_was_one_bulk_operation(bench: ShopBench) -> None:
    assert operations(bench) == 1
    run = SyncRun.objects.get()
    assert (run.state, run.seen, run.total) == (SyncRun.State.DONE, 3, 3)
    assert list(scratch.folder("bulk").iterdir()) == []


def test_a_second_sweep_writes_no_product_and_no_image(bench: ShopBench) -> None:
    bench.publish("Hoodie", "one")
    assert writes(lambda: sweep(bench)) == []
    assert writes(lambda: sweep(bench, SyncRun.Kind.CHANGES)) == []
    assert operations(bench) == 2


def test_both_ways_of_reading_bring_the_same(bench: ShopBench) -> None:
    """What a bulk operation wrote, reading page by page finds nothing to change in."""
    bench.store.synced_until = None
    Product.objects.update(remote_updated_at=None)
    sweep(bench)
    until = timezone.now() - timedelta(days=400)
    type(bench.store).objects.update(synced_until=until)
    bench.store.refresh_from_db()
    assert writes(lambda: sweep(bench, SyncRun.Kind.CHANGES)) == []


def test_an_operation_that_fails_is_begun_anew(bench: ShopBench) -> None:
    bench.shopify.faults.add("bulk_fails", count=1)
    run = sweep(bench)
    assert (run.state, run.removed, operations(bench)) == (SyncRun.State.DONE, 0, 3)


def test_operations_that_always_fail_end_in_pages(bench: ShopBench) -> None:
    bench.shopify.faults.add("bulk_fails", count=None)
    run = sweep(bench)
    assert (run.state, run.seen, run.removed) == (SyncRun.State.DONE, 3, 0)
    assert run.cursor.startswith("pages:")


def test_waiting_counts_as_no_failure_and_says_how_far_it_is(bench: ShopBench) -> None:
    bench.shopify.state.bulk_seconds = 60.0
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    for _ in range(15):
        drain()
        hurry()
    run.refresh_from_db()
    assert (run.state, run.retries, run.attempt) == (SyncRun.State.RUNNING, 0, 0)
    assert "preparing the catalog" in run.message


def test_the_shops_webhook_wakes_the_waiting_sweep(bench: ShopBench) -> None:
    bench.shopify.deliver_webhooks()  # of the first sweep's operation
    drain()
    bench.shopify.state.bulk_seconds = 1.0
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    run.refresh_from_db()
    assert run.not_before is not None
    assert run.not_before > timezone.now() + timedelta(seconds=3)
    deadline = time.monotonic() + 10
    while not bench.shopify.deliver_webhooks() and time.monotonic() < deadline:
        time.sleep(0.05)
    drain()
    run.refresh_from_db()
    assert run.state == SyncRun.State.DONE
    assert InboundEvent.objects.filter(note="the sync goes on").count() == 1


def test_a_deletion_that_no_webhook_told_is_found_by_the_full_sweep(bench: ShopBench) -> None:
    bench.shopify.faults.add("drop_webhook", count=None)
    bench.shopify.delete_product("Hoodie")
    bench.shopify.deliver_webhooks()
    drain()
    assert bench.product("Hoodie").status == Product.Status.ACTIVE
    sweep(bench, SyncRun.Kind.CHANGES)
    assert bench.product("Hoodie").status == Product.Status.ACTIVE

    SyncRun.objects.update(finished_at=timezone.now() - catalog.FULL_EVERY)
    assert catalog.request_due() == 1
    run = sweep(bench)

    assert (run.kind, run.removed) == (SyncRun.Kind.FULL, 1)
    assert bench.product("Hoodie").status == Product.Status.DELETED
    assert bench.product("HOOD-R").status == Product.Status.DELETED


def test_a_change_that_no_webhook_told_is_found_by_the_sweep_of_changes(bench: ShopBench) -> None:
    bench.shopify.faults.add("drop_webhook", count=None)
    bench.shopify.edit_product("VASE", title="Tall vase")
    bench.shopify.deliver_webhooks()
    drain()
    assert bench.signals == []
    sweep(bench, SyncRun.Kind.CHANGES)
    assert bench.product("VASE").title == "Tall vase"
    assert bench.signals == [bench.product("VASE").pk]


def test_an_old_webhook_is_dropped_without_a_look(
    bench: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.shopify.edit_product("VASE", title="Tall vase")
    bench.shopify.faults.add("duplicate_webhook", count=None)
    sweep(bench, SyncRun.Kind.CHANGES)
    looks: list[Any] = []
    look = ShopifyAdapter.family

    def looking(self: ShopifyAdapter, ref: ProductRef) -> Any:
        looks.append(ref)
        return look(self, ref)

    monkeypatch.setattr(ShopifyAdapter, "family", looking)

    bench.shopify.deliver_webhooks()
    drain()

    assert looks == []
    notes = InboundEvent.objects.filter(topic="products/update").values_list("note", flat=True)
    assert set(notes) == {"read since"}


def begun(bench: ShopBench) -> SyncRun:
    """A sweep whose operation is over at the shop, and which has not looked again yet."""
    bench.shopify.deliver_webhooks()
    drain()
    bench.shopify.state.bulk_seconds = 0.5
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    run.refresh_from_db()
    assert "preparing" in run.message
    deadline = time.monotonic() + 10
    while any(one.completed is None for one in bench.shopify.shop.bulk.values()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    bench.shopify.faults.add("drop_webhook", path="bulk_operations", count=None)
    return run


def test_what_was_read_meanwhile_is_not_taken_back(bench: ShopBench) -> None:
    run = begun(bench)
    bench.clock.turn(2)
    bench.shopify.edit_product("VASE", title="Tall vase")
    bench.shopify.deliver_webhooks()
    drain()
    assert bench.product("VASE").title == "Tall vase"

    run = sweep(bench)

    assert (run.state, run.seen, run.removed) == (SyncRun.State.DONE, 3, 0)
    assert bench.product("VASE").title == "Tall vase"
    assert bench.signals == [bench.product("VASE").pk]


def test_what_was_deleted_meanwhile_does_not_come_back(bench: ShopBench) -> None:
    begun(bench)
    bench.shopify.delete_product("Hoodie")
    bench.shopify.deliver_webhooks()
    drain()
    assert bench.product("Hoodie").status == Product.Status.DELETED

    run = sweep(bench)

    assert run.state == SyncRun.State.DONE
    assert bench.product("Hoodie").status == Product.Status.DELETED
    assert bench.product("HOOD-R").status == Product.Status.DELETED


def test_what_was_taken_for_deleted_comes_back(bench: ShopBench) -> None:
    Product.objects.update(status=Product.Status.DELETED)
    sweep(bench)
    assert set(Product.objects.values_list("status", flat=True)) == {Product.Status.ACTIVE}
