"""Many workers, webhooks and machines at once: each change starts once, and no limit is passed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from generation import automations, fuses, reconciling, schedules
from generation.models import Automation, Batch, Generation, HeldChange, Schedule
from integrations import catalog, mirror
from integrations.contract import Product as Said, ProductType
from integrations.models import Product, Publication, Snapshot
from productviz.outbox.models import Event
from tests.factories import make_automation, make_preset, make_product, make_store
from tests.generation.batch_rows import work_through
from tests.generation.test_automations import become, change

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def at_once(*works: Callable[[], object]) -> None:
    """Do it all in threads that begin together; raises what one of them raised."""
    gate, errors = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait()
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def start_all() -> None:
    """As a worker does, until nothing is left that it can have."""
    while automations.is_due():
        automations.start_due()


def images() -> Counter[str]:
    return Counter(Generation.objects.values_list("product__title", flat=True))


def test_several_workers_start_each_change_once() -> None:
    store = make_store()
    make_automation(store)
    products = [make_product(store) for _ in range(60)]
    catalog.announce(store, [product.pk for product in products])
    at_once(*[start_all] * 4)
    assert images() == Counter(product.title for product in products)
    assert not HeldChange.objects.exists()


def test_workers_of_two_automations_never_pass_the_limit_of_their_store(settings: Any) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 25
    store = make_store()
    for category in ("mugs", "bowls"):
        make_automation(store, filters={"category": category})
        ids = [make_product(store).pk for _ in range(20)]
        Product.objects.filter(pk__in=ids).update(category_path=category)
    catalog.announce(store, list(store.products.values_list("pk", flat=True)))
    at_once(*[start_all] * 4)
    assert Generation.objects.count() == 25
    assert HeldChange.objects.count() == 40 - 25


def test_workers_of_one_automation_never_pass_its_own_limit() -> None:
    store = make_store()
    make_automation(store, daily_limit=7)
    catalog.announce(store, [make_product(store).pk for _ in range(40)])
    at_once(*[start_all] * 4)
    assert Generation.objects.count() == 7
    assert Event.objects.filter(type="automation.paused").count() == 1


def said(external_id: str, title: str) -> Said:
    """A product as its store says it is."""
    return Said(
        external_id=external_id,
        title=title,
        sku="",
        type=ProductType.SIMPLE,
        status="active",
        url="",
        updated_at=timezone.now(),
        images=(),
    )


def test_a_change_that_comes_while_a_worker_starts_the_one_before_is_not_lost() -> None:
    store = make_store()
    automation = make_automation(store)
    products = {row.external_id: row for row in (make_product(store) for _ in range(10))}

    def rename() -> None:
        for number in range(15):
            for external_id in products:
                with transaction.atomic():
                    changed = mirror.upsert(store, [said(external_id, f"Title {number}")])
                    # The sync took the photograph away with the gallery that it was told of.
                    Product.objects.get(external_id=external_id).images.model.with_removed.filter(
                        product=products[external_id]
                    ).update(removed_at=None)
                    catalog.announce(store, changed)

    def start_often() -> None:
        for _ in range(60):
            automations.start_due()

    Automation.objects.update(daily_limit=None)
    fuses_off = timezone.now() + timedelta(days=1)
    Automation.objects.update(counted_since=fuses_off)
    at_once(rename, start_often, start_often)
    start_all()

    hashes = dict(store.products.values_list("pk", "inputs_hash"))
    for pk, inputs_hash in hashes.items():
        live = automation.generations.filter(product=pk).exclude(status="canceled")
        assert live.latest("created_at").inputs_hash == inputs_hash
    assert not HeldChange.objects.exists()


def test_a_change_between_a_workers_look_and_its_taking_the_change_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = make_store()
    automation = make_automation(store)
    product = make_product(store)
    catalog.announce(store, [product.pk])
    take, threads = automations._take, list[threading.Thread]()

    def competing() -> None:
        with transaction.atomic():
            changed = mirror.upsert(store, [said(product.external_id, "Another title")])
            product.images.model.with_removed.update(removed_at=None)
            catalog.announce(store, changed)
        connection.close()

    def take_late(change: HeldChange) -> bool:
        if not threads:
            threads.append(threading.Thread(target=competing))
            threads[0].start()
            threads[0].join(1)  # it may be kept out until we are done
        return take(change)

    monkeypatch.setattr(automations, "_take", take_late)
    automations.start_due()
    threads[0].join()
    start_all()

    product.refresh_from_db()
    assert product.title == "Another title"
    live = automation.generations.exclude(status="canceled")
    assert [row.inputs_hash for row in live] == [product.inputs_hash]


def test_a_storm_from_a_hundred_threads_pauses_once() -> None:
    store = make_store()
    automation = make_automation(store)
    products = [make_product(store) for _ in range(100)]

    def burst(some: list[Product]) -> Callable[[], None]:
        def run() -> None:
            for product in some:
                become(product, f"changed {product.external_id}")
                change(automation, product)

        return run

    # A hundred changes over as many threads as the connections of a small database allow.
    at_once(*[burst(products[number::20]) for number in range(20)], start_all)
    automation.refresh_from_db()
    assert automation.paused_at is not None
    assert Event.objects.filter(type="automation.paused").count() == 1
    begun = Generation.objects.count()
    # Those that had begun before the storm was one; nothing is lost, nothing is doubled.
    assert HeldChange.objects.count() == 100 - begun
    assert max(images().values(), default=1) == 1


def test_pausing_from_many_sides_is_told_once() -> None:
    automation = make_automation(make_store())

    def pause() -> None:
        fuses.pause(Automation.objects.get(pk=automation.pk), "Too much.")

    at_once(*[pause] * 8)
    assert Event.objects.filter(type="automation.paused").count() == 1


def test_machines_that_sweep_at_once_hold_each_missed_change_once() -> None:
    store = make_store()
    make_automation(store)
    hour_ago = timezone.now() - timedelta(hours=1)
    for _ in range(30):
        make_product(store)
    Product.objects.update(inputs_changed_at=hour_ago)
    Automation.objects.update(swept_at=hour_ago - timedelta(hours=1))
    at_once(*[reconciling.sweep] * 4)
    assert HeldChange.objects.count() == 30


def due_schedule() -> Schedule:
    store = make_store()
    for _ in range(3):
        make_product(store)
    return Schedule.objects.create(
        store=store,
        preset=make_preset(store.workspace),
        name="Winter",
        every=Schedule.Every.DAY,
        first_at=timezone.now() - timedelta(minutes=1),
        next_at=timezone.now() - timedelta(minutes=1),
    )


def test_machines_that_poll_at_once_start_a_date_once() -> None:
    schedule = due_schedule()
    at_once(*[schedules.run_due] * 6)
    work_through()
    assert Batch.objects.count() == 1
    assert Generation.objects.count() == 3
    schedule.refresh_from_db()
    assert schedule.next_at is not None
    assert schedule.next_at > timezone.now()


def test_machines_that_poll_at_once_undo_a_run_once() -> None:
    schedule = due_schedule()
    schedules.run_due()
    work_through()
    batch = Batch.objects.get()
    for row in batch.generations.all():
        row.publication = Publication.objects.create(
            store=schedule.store,
            product=row.product,
            family=row.product,
            state=Publication.State.PUBLISHED,
        )
        Snapshot.objects.create(publication=row.publication, gallery=[])
        row.status = Generation.Status.SUCCEEDED
        row.save(update_fields=["publication", "status"])
    Batch.objects.update(undo_at=timezone.now())
    versions = set(Publication.objects.values_list("version", flat=True))

    at_once(*[schedules.undo_due] * 6)

    assert set(Publication.objects.values_list("state", flat=True)) == {"rolling_back"}
    assert set(Publication.objects.values_list("version", flat=True)) == {max(versions) + 1}
    assert Batch.objects.get().undo_at is None
