"""What an automation would do, before anybody switches it on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation import automations, fuses
from generation.automations import simulate
from generation.models import Automation, Generation, HeldChange
from integrations.models import Product
from integrations.models.stores import StoreStatus
from tests.factories import make_automation, make_preset, make_product, make_store
from tests.generation.test_automations import automation, become, change, change_and_start

__all__ = ["automation"]


def changed(automation: Automation, count: int, days_ago: float = 1) -> list[Product]:
    products = [make_product(automation.store) for _ in range(count)]
    for product in products:
        become(product, product.external_id)
    Product.objects.filter(pk__in=[row.pk for row in products]).update(
        inputs_changed_at=timezone.now() - timedelta(days=days_ago)
    )
    return products


def test_an_unsaved_one_tells_the_pace_of_the_last_week(automation: Automation) -> None:
    products = changed(automation, 15)
    changed(automation, 5, days_ago=8)
    store = automation.store
    found = simulate(Automation(store=store, preset=make_preset(store.workspace)))
    assert (found.products, found.changed, found.per_day) == (0, 15, 3)
    assert set(found.samples) == set(products)
    assert found.stops_because == ""
    assert not HeldChange.objects.exists()
    assert not Generation.objects.exists()


def test_it_tells_what_would_start_now(automation: Automation) -> None:
    usable, without_photo, draft, made = (make_product(automation.store) for _ in range(4))
    become(made, "as it is")
    change_and_start(automation, made)
    Automation.objects.update(filters={"status": ["active"]})
    automation.refresh_from_db()
    without_photo.images.all().delete()
    Product.objects.filter(pk=draft.pk).update(status="draft")
    change(automation, usable, without_photo, draft, made)
    found = simulate(automation)
    assert (found.products, found.samples) == (1, (usable,))


def test_it_shows_twenty_samples(automation: Automation) -> None:
    changed(automation, 25)
    found = simulate(automation)
    assert (found.changed, len(found.samples)) == (25, 20)


def test_it_tells_that_the_daily_limit_would_stop_it(automation: Automation) -> None:
    changed(automation, 60)
    automation.daily_limit = 5
    found = simulate(automation)
    assert found.per_day == 9
    assert found.stops_because.startswith("It would pause after 5 images")


def test_it_tells_that_the_installations_limit_would_stop_it(
    automation: Automation, settings: Any
) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 4
    change_and_start(automation, make_product(automation.store))
    changed(automation, 60)
    assert simulate(automation).stops_because.startswith("It would pause after 3 images")


def test_it_tells_what_keeps_it_from_making_anything(automation: Automation) -> None:
    fuses.pause(automation, "A storm.")
    assert simulate(automation).stops_because == "A storm."
    automations.resume(automation)
    automation.refresh_from_db()
    automation.preset.archived_at = timezone.now()
    assert "is put away" in simulate(automation).stops_because
    automation.store.status = StoreStatus.DISCONNECTED
    assert "is disconnected" in simulate(automation).stops_because


def test_another_stores_changes_are_not_counted(automation: Automation) -> None:
    changed(make_automation(make_store()), 9)
    assert simulate(automation).changed == 0


@pytest.mark.postgres
def test_it_answers_with_every_filter_and_trigger(automation: Automation) -> None:
    filters = {"tags": ["a"], "category": "b", "has_images": True, "status": ["active"]}
    for trigger in Automation.Trigger:
        automation.trigger, automation.filters = trigger, filters
        assert simulate(automation).products == 0
