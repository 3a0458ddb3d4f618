"""Automations: one waiting image a product, ceilings, and nothing lost when one trips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from generation import automations, fuses
from generation.models import Automation, Generation, HeldChange
from integrations import catalog
from integrations.models import Product
from productviz import work
from productviz.outbox.models import Event
from tests.dashboard.conftest import sign_in, two
from tests.factories import make_preset, make_product, make_store

__all__ = ["sign_in", "two"]

Status = Generation.Status


@pytest.fixture
def automation(db: None) -> Automation:
    """Every change makes an image."""
    store = make_store()
    return Automation.objects.create(store=store, preset=make_preset(store.workspace))


def change(automation: Automation, *products: Product) -> None:
    """What the storefront side says when inputs changed."""
    catalog.announce(automation.store, [product.pk for product in products])


def finish(*rows: Generation) -> None:
    """As a worker leaves them."""
    Generation.objects.filter(pk__in=[row.pk for row in rows]).update(status=Status.SUCCEEDED)


def made(automation: Automation) -> Counter[str]:
    return Counter(automation.generations.values_list("status", flat=True))


def changed_and_made(automation: Automation, product: Product, times: int) -> None:
    for _ in range(times):
        change(automation, product)
        finish(*automation.generations.all())


def test_a_product_that_changes_again_before_its_image_is_begun_has_one(
    automation: Automation,
) -> None:
    product = make_product(automation.store)
    for _ in range(5):
        change(automation, product)
    assert made(automation) == {Status.QUEUED: 1, Status.CANCELED: 4}
    old = automation.generations.filter(status=Status.CANCELED)[0]
    assert old.error_code == "superseded"
    assert Event.objects.filter(object_id=old.pk, type="generation.canceled").count() == 1


def test_what_a_worker_has_in_hand_is_finished(automation: Automation) -> None:
    product = make_product(automation.store)
    change(automation, product)
    automation.generations.update(status=Status.PROCESSING, lease_owner="a worker")
    change(automation, product)
    assert made(automation) == {Status.PROCESSING: 1, Status.QUEUED: 1}


def test_a_refused_product_cancels_nothing(automation: Automation) -> None:
    product = make_product(automation.store)
    change(automation, product)
    product.images.update(is_generated=True)
    change(automation, product)
    assert made(automation) == {Status.QUEUED: 1}


def test_it_pauses_at_the_ceiling_of_a_product(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_PRODUCT_LIMIT = 3
    product, other = make_product(automation.store), make_product(automation.store)
    changed_and_made(automation, product, 20)

    automation.refresh_from_db()
    assert made(automation) == {Status.SUCCEEDED: 3}
    assert automation.paused_at is not None
    assert f"3 images of “{product.title}”" in automation.pause_reason
    change(automation, other)
    assert {row.product for row in automation.held.all()} == {product, other}


def test_it_pauses_at_the_ceiling_of_a_day_over_all_automations_of_the_store(
    automation: Automation, settings: Any
) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 5
    store = automation.store
    second = Automation.objects.create(store=store, preset=make_preset(store.workspace))
    products = [make_product(store) for _ in range(6)]
    change(automation, *products)

    assert made(automation) + made(second) == {Status.QUEUED: 5}
    assert HeldChange.objects.count() == 12 - 5
    for row in (automation, second):
        row.refresh_from_db()
        assert row.pause_reason.startswith("5 images were made in 24 hours")


def test_another_store_is_not_concerned(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 1
    other = make_store(automation.store.workspace)
    theirs = Automation.objects.create(store=other, preset=automation.preset)
    change(automation, make_product(automation.store), make_product(automation.store))
    change(theirs, make_product(other))
    assert made(theirs) == {Status.QUEUED: 1}


def test_what_people_ask_for_does_not_count(automation: Automation, settings: Any) -> None:
    from tests.factories import make_generation

    settings.AUTOMATION_PRODUCT_LIMIT = settings.AUTOMATION_DAILY_LIMIT = 1
    product = make_product(automation.store)
    for _ in range(3):
        make_generation(product, preset=automation.preset)
    change(automation, product)
    assert made(automation) == {Status.QUEUED: 1}


def test_what_was_made_a_day_ago_does_not_count(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_PRODUCT_LIMIT = 1
    product = make_product(automation.store)
    changed_and_made(automation, product, 1)
    automation.generations.update(created_at=timezone.now() - fuses.WINDOW - timedelta(minutes=1))
    change(automation, product)
    assert made(automation) == {Status.SUCCEEDED: 1, Status.QUEUED: 1}


def test_after_resuming_nothing_was_lost(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 4
    products = [make_product(automation.store) for _ in range(10)]
    change(automation, *products)
    assert automations.catch_up() == 0, "paused: nothing is caught up on"

    rounds = 0
    while automation.held.exists():
        automations.resume(automation)
        work.poll()
        rounds += 1

    assert rounds == 2
    assert {row.product for row in automation.generations.all()} == set(products)
    assert made(automation) == {Status.QUEUED: 10}


def test_what_is_held_while_it_is_off_stays_until_it_is_resumed(
    automation: Automation, settings: Any
) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 1
    change(automation, make_product(automation.store), make_product(automation.store))
    Automation.objects.update(enabled=False, paused_at=None)
    assert automations.catch_up() == 0
    automations.resume(automation)
    assert automations.catch_up() == 1


def test_the_dashboard_says_why_once_a_store_and_how_to_resume(
    two: Any, sign_in: Callable[..., Any]
) -> None:
    store, first = two.ours.store, two.ours.automation
    second = Automation.objects.create(store=store, preset=make_preset(store.workspace))
    for row in (first, second):
        fuses.pause(row, "10 images of “Mug” were made in 24 hours.")
    client = sign_in("editor")

    home = client.get(reverse("home")).content.decode()
    assert home.count("automations paused") == 2, "words and hidden words of one"
    assert "10 images of “Mug”" in home
    page = client.get(reverse("store", args=[store.pk])).content.decode()
    assert page.count("10 images of “Mug”") == 2

    client.post(reverse("automation_resume", args=[first.pk]))
    client.post(reverse("automation_resume", args=[second.pk]))
    assert not Automation.objects.exclude(paused_at=None).exists()
    assert "automations paused" not in client.get(reverse("home")).content.decode()
