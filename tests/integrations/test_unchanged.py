"""A catalog that did not change costs reads only."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import catalog, mirror, sweep
from integrations.models import Product, SourceImage, SweptPage, SyncRun
from integrations.registry import adapter_for
from tests.factories import make_product, make_store
from tests.integrations.conftest import Bench, drain

WRITE = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')


def writes(work: Callable[[], object]) -> list[tuple[str, str]]:
    """What the work writes to the mirror's tables."""
    mirrored = {Product._meta.db_table, SourceImage._meta.db_table}
    with CaptureQueriesContext(
        connection,
    ) as caught:
        work()
    found = [match for query in caught for match in WRITE.findall(query["sql"])]
    return [(verb, table) for verb, table in found if table in mirrored]


def full(bench: Bench) -> SyncRun:
    run = catalog.request_sync(bench.store, kind=SyncRun.Kind.FULL)
    drain()
    run.refresh_from_db()
    return run


def test_a_second_full_sweep_writes_no_product_and_no_image(bench: Bench) -> None:
    assert writes(lambda: full(bench)) == []
    assert not SweptPage.objects.exists()


def test_it_writes_no_product_and_no_image_after_one_of_ours_took_a_place(bench: Bench) -> None:
    bench.publish("MUG", "fine mug")
    assert writes(lambda: full(bench)) == []


def test_it_locks_nothing_where_nothing_changed(bench: Bench) -> None:
    (page,) = adapter_for(bench.store).pages(changed_since=None, cursor=None)
    with CaptureQueriesContext(connection) as caught:
        assert mirror.upsert(bench.store, page.products) == []
    assert not [query for query in caught if "FOR UPDATE" in query["sql"]]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "another"},
        {"sku": "another"},
        {"description": "another"},
        {"options": {"Color": "another"}},
        {"url": "https://another.example/"},
        {"status": Product.Status.DELETED},
        {"remote_updated_at": timezone.now()},
        {"inputs_hash": "another"},
        {"parent": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_it_writes_the_row_that_differs_and_no_other(
    bench: Bench, change: dict[str, object]
) -> None:
    red = bench.product("HOOD-R")
    before = {row.pk: row for row in Product.objects.all()}
    Product.objects.filter(pk=red.pk).update(**change)
    assert writes(lambda: full(bench)) == [("INSERT INTO", Product._meta.db_table)]
    for row in Product.objects.all():
        assert row.title == before[row.pk].title
        assert row.status == before[row.pk].status
        assert row.parent == before[row.pk].parent
        assert row.inputs_hash == before[row.pk].inputs_hash


@pytest.mark.parametrize(
    "change",
    [
        {"alt": "another"},
        {"url": "https://another.example/1.jpg"},
        {"position": 9},
        {"is_generated": True},
        {"replaced_by_us": True},
        {"removed_at": timezone.now()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_it_writes_the_image_that_differs(bench: Bench, change: dict[str, object]) -> None:
    image = SourceImage.objects.filter(product=bench.product("MUG"))[0]
    SourceImage.with_removed.filter(pk=image.pk).update(**change)
    assert writes(lambda: full(bench)) == [
        ("INSERT INTO", Product._meta.db_table),  # its version: the product has another gallery
        ("UPDATE", SourceImage._meta.db_table),
    ]
    fresh = SourceImage.with_removed.get(pk=image.pk)
    assert (fresh.alt, fresh.url, fresh.position) == (image.alt, image.url, image.position)
    assert (fresh.is_generated, fresh.replaced_by_us, fresh.removed_at) == (False, False, None)


def test_a_product_made_during_the_sweep_is_not_missing(bench: Bench) -> None:
    run = SyncRun.objects.create(store=bench.store, started_at=timezone.now())
    make_product(bench.store)
    assert len(sweep.missing(run, sweep.met(run))) == 3


def test_the_notes_of_a_sweep_hold_eight_bytes_a_product(transactional_db: None) -> None:
    store = make_store()
    made = [make_product(store) for _ in range(40)]
    run = SyncRun.objects.create(store=store, started_at=timezone.now())
    for start in (0, 10, 10, 20):
        sweep.note(run, [one.external_id for one in made[start : start + 10]])

    assert {len(page.products) for page in run.swept_pages.all()} == {80}
    assert len(sweep.met(run)) == 30
    assert sweep.missing(run, sweep.met(run)) == {one.external_id for one in made[30:]}


def test_notes_of_a_sweep_that_failed_are_forgotten(transactional_db: None) -> None:
    product = make_product()
    run = SyncRun.objects.create(store=product.store, state=SyncRun.State.ASKING)
    sweep.note(run, [product.external_id])
    assert sweep.forget() == 0
    SyncRun.objects.update(state=SyncRun.State.FAILED)
    assert sweep.forget() == 1


def test_it_notes_when_inputs_changed_and_leaves_the_note_where_only_words_did(
    bench: Bench,
) -> None:
    mug, vase = bench.product("MUG"), bench.product("VASE")
    assert mug.inputs_changed_at is not None, "new products have changed, too"
    Product.objects.filter(pk=mug.pk).update(sku="old")
    Product.objects.filter(pk=vase.pk).update(inputs_hash="old")
    full(bench)
    assert bench.product("MUG").inputs_changed_at == mug.inputs_changed_at
    assert vase.inputs_changed_at is not None
    assert (bench.product("VASE").inputs_changed_at or timezone.now()) > vase.inputs_changed_at
