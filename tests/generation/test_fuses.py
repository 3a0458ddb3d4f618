"""Fuses: ceilings that end a loop or a storm, told once, and nothing lost when one trips."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from generation import automations, fuses
from generation.intake.accept import Refused
from generation.models import Automation, Generation, HeldChange
from integrations.models import Product
from productviz.accounts.models import Role
from productviz.outbox.models import Event
from tests.accounts.test_mail import sent
from tests.dashboard.conftest import sign_in, two
from tests.factories import (
    make_automation,
    make_generation,
    make_preset,
    make_product,
    make_store,
    make_user,
)
from tests.generation.test_automations import (
    Status,
    automation,
    become,
    change,
    change_and_start,
    finish,
    made,
)

__all__ = ["automation", "sign_in", "two"]


def changed_and_made(automation: Automation, product: Product, times: int) -> None:
    for number in range(times):
        become(product, f"hash {number}")
        change_and_start(automation, product)
        finish(*automation.generations.all())


def changed_now(automation: Automation, count: int) -> list[Product]:
    """So many new products."""
    products = [make_product(automation.store) for _ in range(count)]
    for product in products:
        become(product, product.external_id)
    return products


def start_all() -> None:
    while automations.start_due():
        pass


def test_it_pauses_at_the_installations_ceiling_of_a_product(
    automation: Automation, settings: Any
) -> None:
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
    second = make_automation(automation.store)
    change(automation, *[make_product(automation.store) for _ in range(6)])
    start_all()

    assert made(automation) + made(second) == {Status.QUEUED: 5}
    assert HeldChange.objects.count() == 12 - 5
    for row in (automation, second):
        row.refresh_from_db()
        assert row.pause_reason.startswith("5 images were made in 24 hours")


def test_it_pauses_when_its_own_daily_limit_is_reached(automation: Automation) -> None:
    Automation.objects.update(daily_limit=4)
    second = make_automation(automation.store)
    change(automation, *[make_product(automation.store) for _ in range(6)])
    start_all()

    assert made(automation) == {Status.QUEUED: 4}
    assert made(second) == {Status.QUEUED: 6}
    automation.refresh_from_db()
    assert "this automation’s daily limit" in automation.pause_reason


def test_it_pauses_when_the_budget_is_spent_and_keeps_the_product(
    automation: Automation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spent(**request: object) -> Generation:
        raise Refused("budget_exhausted", "Today’s 50 images are spent.")

    monkeypatch.setattr(automations, "accept", spent)
    change_and_start(automation, make_product(automation.store))
    automation.refresh_from_db()
    assert automation.pause_reason.startswith("Today’s 50 images are spent. What changes")
    assert automation.held.count() == 1
    assert automations.start_due() == 0


def test_another_store_is_not_concerned(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 1
    other = make_store(automation.store.workspace)
    theirs = make_automation(other, preset=automation.preset)
    change(automation, make_product(automation.store), make_product(automation.store))
    change_and_start(theirs, make_product(other))
    assert made(theirs) == {Status.QUEUED: 1}


def test_what_people_ask_for_does_not_count(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_PRODUCT_LIMIT = settings.AUTOMATION_DAILY_LIMIT = 1
    product = make_product(automation.store)
    for _ in range(3):
        make_generation(product, preset=automation.preset)
    change_and_start(automation, product)
    assert made(automation) == {Status.QUEUED: 1}


def test_what_was_made_a_day_ago_does_not_count(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_PRODUCT_LIMIT = 1
    product = make_product(automation.store)
    changed_and_made(automation, product, 1)
    automation.generations.update(created_at=timezone.now() - fuses.WINDOW - timedelta(minutes=1))
    become(product, "another")
    change_and_start(automation, product)
    assert made(automation) == {Status.SUCCEEDED: 1, Status.QUEUED: 1}


def test_after_resuming_nothing_was_lost(automation: Automation, settings: Any) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 4
    products = [make_product(automation.store) for _ in range(10)]
    change(automation, *products)
    start_all()

    rounds = 0
    while automation.held.exists():
        automations.resume(automation)
        start_all()
        rounds += 1

    assert rounds == 2
    assert {row.product for row in automation.generations.all()} == set(products)
    assert made(automation) == {Status.QUEUED: 10}


def test_what_is_held_while_it_is_off_stays_until_it_is_resumed(
    automation: Automation, settings: Any
) -> None:
    settings.AUTOMATION_DAILY_LIMIT = 1
    change(automation, make_product(automation.store), make_product(automation.store))
    start_all()
    Automation.objects.update(enabled=False, paused_at=None)
    assert automations.start_due() == 0
    automations.resume(automation)
    assert automations.start_due() == 1


def test_a_storm_pauses_it_before_anything_is_made(automation: Automation) -> None:
    for _ in range(60):
        make_product(automation.store)
    change(automation, *changed_now(automation, 21))

    automation.refresh_from_db()
    assert automation.pause_reason.startswith("21 of 81 products changed within ten minutes")
    start_all()
    assert made(automation) == {}
    assert automation.held.count() == 21


def test_twenty_products_are_no_storm_in_a_small_store(automation: Automation) -> None:
    change(automation, *changed_now(automation, 20))
    start_all()
    assert made(automation) == {Status.QUEUED: 20}


def test_a_fifth_of_a_store_is_no_storm(automation: Automation) -> None:
    for _ in range(100):
        make_product(automation.store)
    change(automation, *changed_now(automation, 25))
    automation.refresh_from_db()
    assert automation.paused_at is None


def test_one_product_a_thousand_times_is_no_storm(automation: Automation) -> None:
    product = make_product(automation.store)
    for number in range(1_000):
        become(product, f"hash {number}")
        change(automation, product)
    start_all()
    automation.refresh_from_db()
    assert automation.paused_at is None
    assert made(automation) == {Status.QUEUED: 1}


def test_changes_of_an_hour_ago_are_no_storm(automation: Automation) -> None:
    changed_now(automation, 30)
    Product.objects.update(inputs_changed_at=timezone.now() - timedelta(hours=1))
    change(automation, *changed_now(automation, 5))
    automation.refresh_from_db()
    assert automation.paused_at is None


def test_a_storm_pauses_only_automations_that_it_concerns(automation: Automation) -> None:
    other = make_automation(automation.store, filters={"category": "Chairs"})
    change(automation, *changed_now(automation, 30))
    other.refresh_from_db()
    assert other.paused_at is None
    assert Automation.objects.exclude(paused_at=None).get() == automation


def test_resuming_after_a_storm_goes_on_with_all_of_it_and_does_not_pause_again(
    automation: Automation,
) -> None:
    products = changed_now(automation, 30)
    change(automation, *products)
    automations.resume(automation)
    change(automation, products[0])
    start_all()
    assert made(automation) == {Status.QUEUED: 30}


def test_a_storm_of_a_hundred_notices_is_told_once(
    automation: Automation,
    settings: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    workspace = automation.store.workspace
    owner = make_user(workspace)
    make_user(workspace, Role.EDITOR)
    second = make_automation(automation.store)
    with django_capture_on_commit_callbacks(execute=True):
        for product in changed_now(automation, 100):
            change(automation, product)

    paused = Event.objects.filter(type="automation.paused")
    assert {event.object_id for event in paused} == {automation.pk, second.pk}
    assert paused.count() == 2
    (letter,) = sent()
    assert letter.to == [owner.email]
    assert letter.subject == f"Automations of {automation.store} have paused"
    assert "products changed within ten minutes" in letter.body
    assert letter.body.endswith("/automations/")


def test_pausing_twice_is_told_once_and_keeps_the_first_reason(automation: Automation) -> None:
    assert fuses.pause(automation, "First.")
    assert not fuses.pause(automation, "Second.")
    automation.refresh_from_db()
    assert automation.pause_reason == "First."
    event = Event.objects.get(type="automation.paused")
    assert event.data["object"]["paused_reason"] == "First."
    assert event.sequence == automation.version
    assert event.store == automation.store_id


def test_the_dashboard_says_why_once_a_store_and_how_to_resume(
    two: Any, sign_in: Callable[..., Any]
) -> None:
    store, first = two.ours.store, two.ours.automation
    second = make_automation(store, preset=make_preset(store.workspace))
    for row in (first, second):
        fuses.pause(row, "10 images of “Mug” were made in 24 hours.")
    client = sign_in("editor")

    home = client.get(reverse("home")).content.decode()
    assert home.count("automations paused") == 2, "words and hidden words of one"
    assert "10 images of “Mug”" in home
    page = client.get(reverse("automations")).content.decode()
    assert page.count("10 images of “Mug”") == 2

    client.post(reverse("automation_resume", args=[first.pk]))
    client.post(reverse("automation_resume", args=[second.pk]))
    assert not Automation.objects.exclude(paused_at=None).exists()
    assert "automations paused" not in client.get(reverse("home")).content.decode()
