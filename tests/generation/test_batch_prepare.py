"""A selector becomes rows: in chunks, none twice, none forgotten, whatever happens meanwhile."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import batches, budgets
from generation.batches import chunks, prepare, work
from generation.batches.chunks import CHUNK, Next
from generation.intake.accept import Refused
from generation.intake.sources import choose_sources
from generation.models import Batch, Generation, GenerationSource, Lane, UsageDay
from generation.selection import Selector
from integrations.models import Product, SourceImage
from productviz.lib.lease import claim
from productviz.outbox.models import Event
from tests.factories import make_preset, make_product, make_store, make_user
from tests.generation.batch_rows import (
    events_of,
    make_catalog,
    prepared,
    start,
    work_through,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Chunks of ten products."""
    monkeypatch.setattr(prepare, "CHUNK", 10)
    return 10


def claimed(batch: Batch, owner: str = "me") -> Batch:
    """The batch in a worker's hands."""
    (row,) = claim(Batch.objects.filter(pk=batch.pk), owner=owner, limit=1)
    return row


def made_once(batch: Batch) -> int:
    """How many generations the batch has; none of a product twice, each with its photo."""
    counts = Counter(batch.generations.values_list("product", flat=True))
    assert set(counts.values()) <= {1}
    assert GenerationSource.objects.filter(generation__batch=batch).count() == counts.total()
    accepted = Event.objects.filter(type="generation.accepted")
    ids = set(accepted.values_list("object_id", flat=True))
    assert ids >= set(batch.generations.values_list("pk", flat=True))
    return counts.total()


def test_it_makes_a_generation_of_each_product_with_a_photo(small: int) -> None:
    store = make_catalog(25, without_photo=4)
    user = make_user(store.workspace)

    batch = prepared(store, requested_by=user, is_test=True, metadata={"season": "24"})

    assert made_once(batch) == 21
    assert (batch.state, batch.total, batch.skipped) == ("running", 21, 4)
    assert batch.skipped_why == {"no_usable_source": 4}
    assert batch.prepared_at is not None
    row = batch.generations.order_by("pk")[0]
    assert (row.lane, row.requested_by, row.is_test) == (Lane.BULK, user, True)
    assert (row.status, row.stage, row.version) == ("queued", "preprocess", 1)
    assert row.reserved_on == budgets.today()
    assert UsageDay.objects.get(store=store).reserved == 21
    turns = list(batch.generations.order_by("pk").values_list("turn", flat=True))
    assert turns == list(range(turns[0], turns[0] + 21))
    assert events_of(batch) == ["batch.started"]


def test_it_tells_of_each_generation_as_a_single_request_is_told_of() -> None:
    batch = prepared(make_catalog(1))

    row = batch.generations.get()
    event = Event.objects.get(object_id=row.pk)

    assert (event.type, event.sequence) == ("generation.accepted", 1)
    assert event.data["object"]["batch"] == batch.public_id
    assert event.data["object"]["product"] == row.product.public_id


def test_it_goes_on_where_a_killed_worker_was(small: int) -> None:
    store = make_catalog(25)
    batch = start(store)
    first = claimed(batch, "killed")
    assert prepare.step(first, "killed") is Next.MORE
    with transaction.atomic():
        prepare.step(first, "killed")
        transaction.set_rollback(True)
    Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    work_through()

    assert made_once(batch) == 25
    assert UsageDay.objects.get(store=store).reserved == 25


def test_it_drops_the_chunk_of_a_worker_whose_lease_was_taken(small: int) -> None:
    batch = start(make_catalog(25))
    slow = claimed(batch, "slow")
    Batch.objects.filter(pk=batch.pk).update(lease_owner="", lease_until=None)

    assert prepare.step(slow, "slow") is Next.DONE

    assert batch.generations.count() == 0


def test_it_takes_the_catalog_as_it_is_when_it_gets_there(small: int) -> None:
    store = make_catalog(30)
    batch = start(store)
    mine = claimed(batch)
    prepare.step(mine, "me")
    later = list(store.products.order_by("pk")[10:])
    Product.objects.filter(pk=later[0].pk).update(status="deleted")
    SourceImage.objects.filter(product=later[1]).update(removed_at=timezone.now())
    SourceImage.objects.filter(product=later[2]).update(is_generated=True)
    later[3].delete()
    store.products.order_by("pk")[0].delete()
    Batch.objects.update(lease_owner="", lease_until=None)

    work_through()

    batch.refresh_from_db()
    assert made_once(batch) == 25
    assert (batch.state, batch.total, batch.skipped) == ("running", 26, 2)


def test_it_skips_a_product_that_cannot_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_catalog(5)
    poison = store.products.order_by("pk")[2]
    really = choose_sources

    def look(product: Product, kind: Any) -> Any:
        if product == poison:
            raise ZeroDivisionError
        return really(product, kind)

    monkeypatch.setattr(prepare, "choose_sources", look)

    batch = prepared(store)

    assert (batch.state, batch.total, batch.skipped_why) == ("running", 4, {"internal_error": 1})
    assert not batch.generations.filter(product=poison).exists()


def test_it_gives_up_preparing_after_three_workers_and_goes_on_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = start(make_catalog(3))

    def break_down(*args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(prepare, "_next_products", break_down)
        for _ in range(4):
            work_through()
            Batch.objects.update(not_before=None)
    batch.refresh_from_db()
    assert (batch.state, batch.pause_reason) == ("paused", "internal_error")

    batches.resume(batch)
    work_through()

    batch.refresh_from_db()
    assert (batch.state, batch.total) == ("running", 3)


def test_it_makes_groups_of_variants(small: int) -> None:
    store = make_store()
    parent = make_product(store)
    for _ in range(2):
        Product.objects.filter(pk=make_product(store).pk).update(parent=parent, type="variant")
    make_product(store)

    batch = prepared(store, spec={"kind": "group_shot"})

    assert (batch.total, batch.skipped_why) == (1, {"no_usable_source": 1})
    assert batch.generations.get().sources.count() == 2


def test_it_refuses_a_batch_without_a_photograph() -> None:
    store = make_catalog(2, without_photo=2)

    with pytest.raises(Refused, match="None of these products has the photographs"):
        start(store)

    assert not Batch.objects.exists()
    assert not Event.objects.exists()


def test_it_refuses_a_preset_of_another_workspace() -> None:
    with pytest.raises(Refused, match="no such preset"):
        start(make_catalog(1), preset=make_preset(make_store().workspace))


def test_it_queues_what_the_budget_allows_and_keeps_the_rest(small: int) -> None:
    store = make_catalog(25)
    budgets.set_limit(store.workspace, 13)
    batch = start(store)

    work_through()

    batch.refresh_from_db()
    assert (batch.state, batch.pause_reason, batch.total) == ("paused", "budget_exhausted", 13)
    assert batch.not_before is not None
    assert not batch.is_held
    assert made_once(batch) == 13
    assert work_through() == 0

    version = batch.version
    for _ in range(5):
        Batch.objects.filter(pk=batch.pk).update(not_before=None)
        assert work_through() == 1
    batch.refresh_from_db()
    assert (batch.version, batch.total) == (version, 13)
    assert batch.pause_reason == "budget_exhausted"


@pytest.mark.parametrize("way", ["a higher limit", "the next day", "places given back"])
def test_it_goes_on_by_itself_when_there_is_budget_again(way: str, small: int) -> None:
    store = make_catalog(25, without_photo=3)
    budgets.set_limit(store.workspace, 13)
    batch = prepared(store)

    if way == "a higher limit":
        budgets.set_limit(store.workspace, 100)
    else:
        if way == "the next day":
            UsageDay.objects.update(day=budgets.today() - timedelta(days=1))
        else:
            UsageDay.objects.update(reserved=0)
        Batch.objects.update(not_before=timezone.now())
    work_through()

    batch.refresh_from_db()
    assert (batch.state, batch.pause_reason) == ("running", "")
    assert made_once(batch) == 22


def test_it_looks_for_budget_again_at_midnight_or_before() -> None:
    soon = chunks.when_budget_may_be_back()

    assert soon - timezone.now() <= chunks.LOOK_AGAIN
    assert soon.date() - budgets.today() <= timedelta(days=1)


def test_it_lets_another_batch_have_its_turn(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SLICE_SECONDS", 0.0)
    first, second = start(make_catalog(40)), start(make_catalog(12))

    for _ in range(4):
        work.take_steps("me")

    assert (first.generations.count(), second.generations.count()) == (20, 12)


def test_it_prepares_ten_thousand_products_at_a_constant_cost() -> None:
    store = make_catalog(10_000)
    batch = start(store, selector=Selector(query="mug"))
    mine = claimed(batch)
    full = 10_000 // CHUNK
    watched = (1, full - 1)
    queries, peaks, objects = [], [], []

    for chunk in range(full):
        if chunk not in watched:
            assert prepare.step(mine, "me") is Next.MORE
            continue
        objects.append(_objects())
        with CaptureQueriesContext(connection) as caught:
            peaks.append(_peak(lambda: prepare.step(mine, "me")))
        queries.append(len(caught))
    assert prepare.step(mine, "me") is Next.DONE

    assert made_once(batch) == 10_000
    assert queries[0] == queries[1] < 35
    assert peaks[1] < 1.2 * peaks[0] < 30_000_000
    assert objects[1] - objects[0] < CHUNK


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def _peak(do: Callable[[], object]) -> int:
    """The most bytes that Python held in addition while it ran."""
    tracemalloc.start()
    do()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_is_prepared_once_by_many_workers(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SLICE_SECONDS", 0.0)
    store = make_catalog(120)
    budgets.set_limit(store.workspace, 95)
    rows = [start(store), start(store)]
    barrier = threading.Barrier(3)

    def run(owner: str) -> None:
        barrier.wait()
        for _ in range(20):
            work.take_steps(owner)
        connection.close()

    threads = [threading.Thread(target=run, args=[f"worker-{n}"]) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(made_once(batch) for batch in rows) == 95
    assert UsageDay.objects.get(store=store).reserved == 95
    assert Generation.objects.count() == 95
