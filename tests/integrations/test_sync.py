"""The catalog sweep against a store that misbehaves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from integrations import catalog
from integrations.models import Product, SyncRun
from integrations.platforms.woocommerce import adapter
from productviz.lib.lease import new_owner
from tests.integrations.conftest import Bench, bury_worker, drain, hurry

LIST = "/wp-json/wc/v3/products"


def full(bench: Bench) -> SyncRun:
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    run.refresh_from_db()
    return run


def add_products(bench: Bench, count: int) -> list[int]:
    """More products, written as an import would; their ids."""
    from integrations.sandbox.woocommerce import seed

    before = set(bench.shop.state.tables.products)
    rows = [{"name": f"Bowl {n}", "sku": f"BOWL{n}", "price": "5"} for n in range(count)]
    seed.from_catalog(bench.shop.state, rows, bench.shop.state.folder)
    return sorted(set(bench.shop.state.tables.products) - before)


def test_it_mirrors_plain_text_variants_and_images(bench: Bench) -> None:
    mug, red = bench.product("MUG"), bench.product("HOOD-R")
    assert mug.title == "Mug & Saucer"
    assert [image.external_id for image in mug.images.all()] == [
        str(number) for number, _ in bench.remote("MUG")
    ]
    assert red.title == "Hoodie - Red"
    assert red.parent == bench.product("HOOD")
    assert red.options == {"Color": "Red"}
    assert red.images.count() == 1


def test_it_changes_nothing_and_tells_nobody_when_nothing_changed(bench: Bench) -> None:
    before = list(Product.objects.order_by("pk").values_list("pk", "inputs_hash"))
    assert full(bench).changed == 0
    assert bench.signals == []
    assert list(Product.objects.order_by("pk").values_list("pk", "inputs_hash")) == before


@pytest.mark.parametrize("fault", ["503", "maintenance", "truncated_json", "429"])
def test_it_goes_on_where_it_stopped_when_the_store_failed_midway(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(adapter, "PAGE", 3)
    ids = add_products(bench, 7)
    # Two pages and the variations of one product pass.
    bench.shop.faults.add(fault, path=LIST, after=3, count=1)
    run = full(bench)
    assert run.state == SyncRun.State.RUNNING
    assert run.cursor
    assert "store" in run.message
    assert 0 < bench.store.products.filter(sku__startswith="BOWL").count() < 7

    hurry()
    drain()

    run.refresh_from_db()
    assert (run.state, run.seen, run.removed) == (SyncRun.State.DONE, 10, 0)
    assert bench.store.products.filter(external_id__in=map(str, ids)).count() == 7
    assert len(bench.signals) == len(set(bench.signals)) == 7


def test_it_survives_a_worker_killed_between_two_pages(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    add_products(bench, 7)
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    apply, pages = catalog._apply, []

    def dying(*args: Any) -> bool:
        pages.append(1)
        done = apply(*args)
        if len(pages) == 2:
            raise Killed
        return done

    monkeypatch.setattr(adapter, "PAGE", 3)
    monkeypatch.setattr(catalog, "_apply", dying)
    with pytest.raises(Killed):
        drain()
    bury_worker()
    drain()
    run.refresh_from_db()
    assert (run.state, run.seen) == (SyncRun.State.DONE, 10)
    assert len(set(bench.signals)) == len(bench.signals) == 7


def test_it_lets_go_after_its_slice_and_is_taken_up_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "PAGE", 3)
    monkeypatch.setattr(catalog.run_sync, "__kwdefaults__", {"seconds": 0.0})
    add_products(bench, 10)
    run = full(bench)
    assert (run.state, run.seen, run.attempt) == (SyncRun.State.DONE, 13, 0)


def test_it_finds_products_that_moved_to_an_earlier_page_during_the_sweep(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "PAGE", 3)
    ids = add_products(bench, 9)
    apply = catalog._apply

    def deleting(*given: Any) -> bool:
        for number in ids[:2]:
            bench.shop.state.tables.products.pop(number, None)
        return apply(*given)

    monkeypatch.setattr(catalog, "_apply", deleting)
    full(bench)
    found = set(bench.store.products.values_list("external_id", flat=True))
    assert {str(number) for number in ids[2:]} <= found


def test_it_asks_before_many_products_vanish(bench: Bench) -> None:
    ids = add_products(bench, 40)
    full(bench)
    for number in ids[:30]:
        del bench.shop.state.tables.products[number]

    run = full(bench)

    bench.store.refresh_from_db()
    assert run.state == SyncRun.State.ASKING
    assert "30 of 43 products" in bench.store.sync_question
    assert not bench.store.products.filter(status="deleted").exists()
    catalog.answer(run, delete=True)
    drain()
    run.refresh_from_db()
    bench.store.refresh_from_db()
    assert (run.state, run.removed, bench.store.sync_question) == (SyncRun.State.DONE, 30, "")
    assert bench.store.products.filter(status="deleted").count() == 30


def test_it_keeps_everything_when_the_merchant_says_so(bench: Bench) -> None:
    bench.shop.faults.add("empty_list", path=LIST, count=None)
    run = full(bench)
    assert run.state == SyncRun.State.ASKING
    catalog.answer(run, delete=False)
    drain()
    assert not bench.store.products.filter(status="deleted").exists()
    bench.shop.faults.clear()
    assert full(bench).state == SyncRun.State.DONE


def test_it_does_not_believe_an_empty_page_in_the_middle(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "PAGE", 3)
    add_products(bench, 7)
    bench.shop.faults.add("empty_list", path=LIST, after=1, count=1)
    run = full(bench)
    assert (run.state, run.seen, run.removed) == (SyncRun.State.DONE, 10, 0)


def test_it_removes_a_few_products_and_their_variants_without_asking(bench: Bench) -> None:
    del bench.shop.state.tables.products[bench.shop.product("HOOD").id]
    assert full(bench).removed == 1
    assert bench.product("HOOD-R").status == Product.Status.DELETED
    assert bench.product("MUG").status == Product.Status.ACTIVE


def test_an_incremental_sweep_reads_only_what_changed_since(bench: Bench) -> None:
    old = datetime(2026, 1, 1, tzinfo=UTC)
    for row in bench.shop.state.tables.products.values():
        row.modified_gmt = row.modified_local = "2026-01-01T00:00:00"
    vase = bench.shop.product("VASE")
    vase.modified_gmt = vase.modified_local = "2026-03-01T00:00:00"
    vase.name = "Tall vase"
    type(bench.store).objects.filter(pk=bench.store.pk).update(synced_until=old)
    bench.store.refresh_from_db()

    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.CHANGES)
    drain()

    run.refresh_from_db()
    bench.store.refresh_from_db()
    # The overlap of five minutes reads the untouched ones of the last second again.
    assert run.changed == 1
    assert bench.signals == [bench.product("VASE").pk]
    assert bench.store.synced_until == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_product_dated_into_the_future_does_not_hide_later_changes(bench: Bench) -> None:
    vase = bench.shop.product("VASE")
    vase.modified_gmt = vase.modified_local = "2099-01-01T00:00:00"
    full(bench)
    bench.store.refresh_from_db()
    assert bench.store.synced_until is not None
    assert bench.store.synced_until <= timezone.now()


def test_alt_texts_and_prices_are_not_inputs_but_photographs_are(bench: Bench) -> None:
    mug = bench.shop.product("MUG")
    mug.fields["regular_price"] = "99"
    bench.shop.state.tables.attachments[mug.image_ids[0]].alt = "new words"
    full(bench)
    assert bench.signals == []
    assert bench.product("MUG").images.first().alt == "new words"  # type: ignore[union-attr]
    mug.image_ids.reverse()
    full(bench)
    assert bench.signals == [bench.product("MUG").pk]


def test_one_sweep_a_store_is_active_at_a_time(bench: Bench) -> None:
    first = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    assert catalog.request_sync(bench.store, kind=SyncRun.Kind.CHANGES) == first


def test_a_sweep_of_another_worker_is_not_written_to(bench: Bench) -> None:
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    SyncRun.objects.filter(pk=run.pk).update(lease_owner="somebody else")
    before = Product.objects.count()
    add_products(bench, 2)
    catalog.run_sync(run, new_owner())
    run.refresh_from_db()
    assert (run.state, run.seen) == (SyncRun.State.QUEUED, 0)
    assert Product.objects.count() == before


def test_a_catalog_receiver_that_fails_does_not_fail_the_sweep(bench: Bench) -> None:
    def broken(sender: Any, **kwargs: Any) -> None:
        raise ValueError("a bug elsewhere")

    catalog.catalog_changed.connect(broken)
    try:
        add_products(bench, 1)
        assert full(bench).state == SyncRun.State.DONE
    finally:
        catalog.catalog_changed.disconnect(broken)


def test_the_clock_asks_for_sweeps(bench: Bench) -> None:
    assert catalog.request_due() == 0
    SyncRun.objects.update(finished_at=timezone.now() - catalog.POLL_EVERY * 2)
    assert catalog.request_due() == 1
    assert bench.store.sync_runs.get(state="queued").kind == SyncRun.Kind.CHANGES
