"""The sweep for missed changes: it finds them once, and costs what changed, not the catalog."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import automations, reconciling
from generation.models import Automation, Generation
from integrations.models import Product
from productviz import work
from tests.factories import make_automation, make_generation, make_product, make_store
from tests.generation.test_automations import become, change

HOUR = timedelta(hours=1)


@pytest.fixture
def automation(db: None) -> Automation:
    """One that has been there for a day."""
    made = make_automation(make_store())
    a_day_ago = timezone.now() - 24 * HOUR
    Automation.objects.update(created_at=a_day_ago, swept_at=a_day_ago)
    made.refresh_from_db()
    return made


def missed(automation: Automation, *, ago: timedelta = HOUR, now: str = "now") -> Product:
    """A product that changed without anybody being told."""
    product = make_product(automation.store)
    Product.objects.filter(pk=product.pk).update(
        inputs_hash=now, inputs_changed_at=timezone.now() - ago
    )
    product.refresh_from_db()
    return product


def held(automation: Automation) -> set[Product]:
    return {row.product for row in automation.held.all()}


def test_it_holds_what_was_missed_once(automation: Automation) -> None:
    products = {missed(automation) for _ in range(3)}
    assert reconciling.sweep() == 3
    assert held(automation) == products
    automations.start_due()
    assert {row.product for row in automation.generations.all()} == products
    Generation.objects.all().delete()
    assert reconciling.sweep() == 0, "each change is looked at once"


def test_the_schedule_runs_it(automation: Automation) -> None:
    missed(automation)
    work.poll()
    assert automation.held.count() == 1


def test_it_passes_by_what_is_held_already(automation: Automation) -> None:
    product = missed(automation)
    change(automation, product)
    assert reconciling.sweep() == 0


@pytest.mark.parametrize("by_automation", [True, False])
def test_it_passes_by_what_has_an_image_of_what_it_is_now(
    automation: Automation, by_automation: bool
) -> None:
    product = missed(automation)
    make_generation(
        product, preset=automation.preset, automation=automation if by_automation else None
    )
    assert reconciling.sweep() == 0


def test_it_finds_what_has_an_image_of_what_it_was(automation: Automation) -> None:
    product = missed(automation, now="before")
    make_generation(product, preset=automation.preset)
    Product.objects.filter(pk=product.pk).update(inputs_hash="now")
    assert reconciling.sweep() == 1


def test_an_image_of_another_preset_does_not_count(automation: Automation) -> None:
    make_generation(missed(automation))
    assert reconciling.sweep() == 1


def test_a_superseded_image_does_not_count(automation: Automation) -> None:
    row = make_generation(missed(automation), preset=automation.preset)
    Generation.objects.filter(pk=row.pk).update(status="canceled", error_code="superseded")
    assert reconciling.sweep() == 1


def test_what_changed_before_the_automation_was_made_is_left_alone(automation: Automation) -> None:
    missed(automation, ago=48 * HOUR)
    make_product(automation.store)
    assert reconciling.sweep() == 0


def test_what_changed_a_moment_ago_is_left_to_its_notice(automation: Automation) -> None:
    product = missed(automation, ago=timedelta(minutes=5))
    assert reconciling.sweep() == 0
    Product.objects.filter(pk=product.pk).update(inputs_changed_at=timezone.now() - HOUR)
    assert reconciling.sweep() == 1


def test_what_changed_while_it_was_off_starts_nothing(automation: Automation) -> None:
    automations.switch(automation, on=False)
    missed(automation)
    assert reconciling.sweep() == 0
    automations.switch(automation, on=True)
    assert reconciling.sweep() == 0


def test_an_automation_for_new_products_looks_at_those_only(automation: Automation) -> None:
    Automation.objects.update(trigger=Automation.Trigger.CREATED)
    old, new = missed(automation), missed(automation)
    Product.objects.filter(pk=old.pk).update(created_at=timezone.now() - 48 * HOUR)
    assert reconciling.sweep() == 1
    assert held(automation) == {new}


def test_a_refused_product_is_not_offered_again_and_again(automation: Automation) -> None:
    product = missed(automation)
    product.images.all().delete()
    assert reconciling.sweep() == 1
    automations.start_due()
    assert not automation.held.exists()
    assert reconciling.sweep() == 0


def test_changes_of_one_moment_are_all_found_however_many(
    automation: Automation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "AT_ONCE", 7)
    monkeypatch.setattr(reconciling, "MOST", 7)
    at = timezone.now() - HOUR
    products = {missed(automation) for _ in range(20)}
    Product.objects.update(inputs_changed_at=at)
    assert [reconciling.sweep() for _ in range(4)] == [7, 7, 6, 0]
    assert held(automation) == products


def test_a_run_looks_at_so_many_changes_and_the_next_goes_on(
    automation: Automation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "AT_ONCE", 5)
    monkeypatch.setattr(reconciling, "MOST", 10)
    for number in range(13):
        missed(automation, ago=HOUR + timedelta(seconds=number))
    assert [reconciling.sweep() for _ in range(3)] == [10, 3, 0]


def test_it_costs_the_same_over_a_catalog_that_did_not_change(automation: Automation) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as caught:
            reconciling.sweep()
        counts.append(len(caught))
        for _ in range(50):
            make_product(automation.store)
    assert counts[0] == counts[1]


def test_it_leaves_the_automations_version_alone(automation: Automation) -> None:
    missed(automation)
    reconciling.sweep()
    assert Automation.objects.get().version == automation.version


def test_one_that_cannot_be_swept_stops_no_other(automation: Automation) -> None:
    missed(automation)
    broken = make_automation(automation.store, filters={"nonsense": 1})
    Automation.objects.filter(pk=broken.pk).update(swept_at=timezone.now() - 24 * HOUR)
    assert reconciling.sweep() == 1


def test_a_paused_one_goes_on_where_it_was(automation: Automation) -> None:
    missed(automation)
    Automation.objects.update(paused_at=timezone.now())
    assert reconciling.sweep() == 0
    automations.resume(automation)
    assert reconciling.sweep() == 1


def test_a_change_that_its_notice_told_of_costs_nothing_more(automation: Automation) -> None:
    product = missed(automation)
    change(automation, product)
    automations.start_due()
    assert reconciling.sweep() == 0
    become(product, "another")
    Product.objects.update(inputs_changed_at=timezone.now() - HOUR)
    assert reconciling.sweep() == 1
