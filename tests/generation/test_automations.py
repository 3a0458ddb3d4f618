"""Automations: one image a product that has become quiet, from what it is then, and none twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import automations
from generation.intake.accept import Refused, accept
from generation.models import Automation, Generation, HeldChange
from integrations import catalog
from integrations.models import Product
from integrations.models.stores import StoreStatus
from productviz import work
from productviz.outbox.models import Event
from tests.factories import make_automation, make_preset, make_product, make_store

Status = Generation.Status


@pytest.fixture
def automation(db: None) -> Automation:
    """Every change makes an image, at once."""
    return make_automation(make_store())


@pytest.fixture
def patient(db: None) -> Automation:
    """A change waits until the product has been quiet for ten minutes."""
    return make_automation(make_store(), debounce_seconds=600)


def change(automation: Automation, *products: Product) -> None:
    """What the storefront side says when inputs changed."""
    catalog.announce(automation.store, [product.pk for product in products])


def change_and_start(automation: Automation, *products: Product) -> int:
    change(automation, *products)
    return automations.start_due()


def become(product: Product, inputs_hash: str) -> None:
    """What the product's pictures depend on is now this."""
    Product.objects.filter(pk=product.pk).update(
        inputs_hash=inputs_hash, inputs_changed_at=timezone.now()
    )


def later(minutes: float) -> None:
    """Let time pass for what is held."""
    passed = timedelta(minutes=minutes)
    HeldChange.objects.update(first_at=F("first_at") - passed, due_at=F("due_at") - passed)


def finish(*rows: Generation) -> None:
    """As a worker leaves them."""
    Generation.objects.filter(pk__in=[row.pk for row in rows]).update(status=Status.SUCCEEDED)


def made(automation: Automation) -> Counter[str]:
    return Counter(automation.generations.values_list("status", flat=True))


def test_the_notice_starts_nothing_and_costs_the_same_for_one_product_and_for_a_hundred(
    automation: Automation,
) -> None:
    products = [make_product(automation.store) for _ in range(101)]
    counts = []
    for some in (products[:1], products[1:]):
        with CaptureQueriesContext(connection) as caught:
            change(automation, *some)
        counts.append(len(caught))
    assert counts[1] <= counts[0] + 1, "SQLite takes a hundred rows in two statements"
    assert not Generation.objects.exists()
    assert automation.held.count() == 101


def test_a_product_that_changes_again_before_its_image_is_begun_has_one(
    automation: Automation,
) -> None:
    product = make_product(automation.store)
    for _ in range(5):
        change_and_start(automation, product)
    assert made(automation) == {Status.QUEUED: 1, Status.CANCELED: 4}
    old = automation.generations.filter(status=Status.CANCELED)[0]
    assert old.error_code == "superseded"
    assert Event.objects.filter(object_id=old.pk, type="generation.canceled").count() == 1


def test_what_a_worker_has_in_hand_is_finished(automation: Automation) -> None:
    product = make_product(automation.store)
    change_and_start(automation, product)
    automation.generations.update(status=Status.PROCESSING, lease_owner="a worker")
    change_and_start(automation, product)
    assert made(automation) == {Status.PROCESSING: 1, Status.QUEUED: 1}


def test_a_refused_product_cancels_nothing_and_is_not_asked_for_again(
    automation: Automation,
) -> None:
    product = make_product(automation.store)
    change_and_start(automation, product)
    product.images.update(is_generated=True)
    change_and_start(automation, product)
    assert made(automation) == {Status.QUEUED: 1}
    assert not automation.held.exists()


def test_a_change_waits_until_the_product_has_been_quiet(patient: Automation) -> None:
    product = make_product(patient.store)
    change(patient, product)
    later(8)
    change(patient, product)
    later(8)
    assert automations.start_due() == 0
    later(2.1)
    assert automations.start_due() == 1
    assert made(patient) == {Status.QUEUED: 1}
    assert automations.start_due() == 0


def test_a_product_that_is_never_quiet_is_started_all_the_same(patient: Automation) -> None:
    product = make_product(patient.store)
    minutes = 0
    while not automations.start_due():
        change(patient, product)
        later(5)
        minutes += 5
        assert minutes <= 100
    assert minutes > 90, "ten times as long as it should be quiet"


def test_fifty_changes_within_the_quiet_are_one_image(patient: Automation) -> None:
    product = make_product(patient.store)
    for number in range(50):
        become(product, f"hash {number}")
        change(patient, product)
    later(11)
    automations.start_due()
    assert [row.inputs_hash for row in patient.generations.all()] == ["hash 49"]


def test_changed_and_changed_back_makes_nothing(patient: Automation) -> None:
    product = make_product(patient.store)
    become(product, "as it was")
    change(patient, product)
    later(11)
    automations.start_due()
    finish(*patient.generations.all())

    for inputs_hash in ("another", "as it was"):
        become(product, inputs_hash)
        change(patient, product)
    later(11)
    assert automations.start_due() == 1

    assert made(patient) == {Status.SUCCEEDED: 1}
    assert not patient.held.exists()


def test_changed_back_after_the_other_image_was_begun_makes_the_first_one_again(
    automation: Automation,
) -> None:
    product = make_product(automation.store)
    for inputs_hash in ("one", "another", "one"):
        become(product, inputs_hash)
        change_and_start(automation, product)
    assert made(automation) == {Status.CANCELED: 2, Status.QUEUED: 1}
    assert automation.generations.get(status=Status.QUEUED).inputs_hash == "one"


def test_the_image_is_made_from_what_the_product_is_when_it_starts(patient: Automation) -> None:
    product = make_product(patient.store)
    become(product, "early")
    change(patient, product)
    become(product, "late")
    later(11)
    automations.start_due()
    assert patient.generations.get().inputs_hash == "late"


def test_two_automations_of_one_product_make_one_image_each(automation: Automation) -> None:
    second = make_automation(automation.store)
    product = make_product(automation.store)
    change_and_start(automation, product)
    assert made(automation) == made(second) == {Status.QUEUED: 1}


def test_a_new_product_has_an_image_of_each_of_three_presets_that_wait_for_approval(
    db: None,
) -> None:
    store = make_store()
    trigger = Automation.Trigger.CREATED
    three = [make_automation(store, trigger=trigger, publish="approval") for _ in range(3)]
    product = make_product(store)
    catalog.announce(store, [product.pk])
    automations.start_due()
    rows = Generation.objects.filter(product=product)
    assert {row.automation for row in rows} == set(three)
    assert {row.publish for row in rows} == {"approval"}


def test_the_limit_of_a_product_puts_it_off_until_tomorrow(automation: Automation) -> None:
    Automation.objects.update(product_limit=2)
    product, other = make_product(automation.store), make_product(automation.store)
    for number in range(3):
        become(product, f"hash {number}")
        change_and_start(automation, product)
        finish(*automation.generations.all())
    change_and_start(automation, other)

    automation.refresh_from_db()
    assert automation.paused_at is None
    assert automation.generations.filter(product=product).count() == 2
    assert automation.generations.filter(product=other).count() == 1
    assert automation.held.get().due_at > timezone.now() + timedelta(hours=23)

    automation.generations.update(created_at=timezone.now() - timedelta(hours=25))
    later(24 * 60)
    automations.start_due()
    assert automation.generations.filter(product=product).latest("id").inputs_hash == "hash 2"


def test_a_draft_is_waited_for_where_active_products_are_asked_for(automation: Automation) -> None:
    Automation.objects.update(filters={"status": ["active"]})
    product = make_product(automation.store)
    Product.objects.update(status="draft")
    change_and_start(automation, product)
    assert not Generation.objects.exists()
    Product.objects.update(status="active")
    later(61)
    automations.start_due()
    assert made(automation) == {Status.QUEUED: 1}


def test_a_draft_is_not_waited_for_for_ever(automation: Automation) -> None:
    Automation.objects.update(filters={"status": ["active"]})
    product = make_product(automation.store)
    Product.objects.update(status="draft")
    change_and_start(automation, product)
    later(31 * 24 * 60)
    automations.start_due()
    assert not automation.held.exists()


def test_a_product_that_was_deleted_meanwhile_is_forgotten(patient: Automation) -> None:
    change(patient, make_product(patient.store))
    Product.objects.update(status=Product.Status.DELETED)
    later(11)
    automations.start_due()
    assert not Generation.objects.exists()
    assert not patient.held.exists()


def test_a_product_that_cannot_be_started_stops_no_other(
    automation: Automation, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = [make_product(automation.store) for _ in range(3)]

    def broken(**request: object) -> Generation:
        if request["product"] == products[1]:
            raise RuntimeError("a bug")
        return accept(**request)  # type: ignore[arg-type]

    monkeypatch.setattr(automations, "accept", broken)
    change_and_start(automation, *products)
    assert {row.product for row in automation.generations.all()} == {products[0], products[2]}
    assert automation.held.get().product == products[1]
    assert automations.start_due() == 0, "it is tried again in an hour, not at once"


@pytest.mark.parametrize("code", ["temporary-reduced-capacity", "too_many_in_flight"])
def test_what_is_refused_for_the_moment_is_tried_again(
    automation: Automation, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def busy(**request: object) -> Generation:
        raise Refused(code, "Too much is going on.")

    product = make_product(automation.store)
    monkeypatch.setattr(automations, "accept", busy)
    change_and_start(automation, product)
    monkeypatch.undo()
    later(61)
    automations.start_due()
    assert made(automation) == {Status.QUEUED: 1}


def test_nothing_starts_for_a_disconnected_store_or_a_preset_put_away(
    automation: Automation,
) -> None:
    product = make_product(automation.store)
    change(automation, product)
    automation.store.status = StoreStatus.DISCONNECTED
    automation.store.save()
    assert automations.start_due() == 0
    automation.store.status = StoreStatus.CONNECTED
    automation.store.save()
    automation.preset.archived_at = timezone.now()
    automation.preset.save()
    assert automations.start_due() == 0
    assert automation.held.count() == 1


def test_an_automation_that_is_off_holds_nothing(automation: Automation) -> None:
    automations.switch(automation, on=False)
    change_and_start(automation, make_product(automation.store))
    assert not HeldChange.objects.exists()


def test_another_store_is_not_concerned(automation: Automation) -> None:
    other = make_store(automation.store.workspace)
    theirs = make_automation(other, preset=make_preset(other.workspace))
    change_and_start(automation, make_product(automation.store), make_product(other))
    assert made(automation) == {Status.QUEUED: 1}
    assert made(theirs) == {}


def test_workers_start_what_is_due(automation: Automation) -> None:
    change(automation, make_product(automation.store))
    assert work.is_due()
    Automation.objects.update(paused_at=timezone.now())
    assert not work.is_due()
