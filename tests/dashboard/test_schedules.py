"""The schedules' pages: plan, change, pause, remove; the next dates, and a year at a glance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from generation.models import Schedule
from generation.views.schedules import year
from tests.dashboard.conftest import SignIn, Two

SOON = timezone.now() + timedelta(days=10)


def filled(two: Two, **fields: Any) -> dict[str, Any]:
    return {
        "store": two.ours.store.public_id,
        "name": "Sale",
        "preset": str(two.ours.workspace.presets.get(name="Transparent").pk),
        "publish": "auto",
        "every": "once",
        "first_on": f"{SOON:%Y-%m-%d}",
        "at": "07:30",
        "ends_on": f"{SOON + timedelta(days=36):%Y-%m-%d}",
        "status": "active",
        "tags": "summer",
        "category": "",
        **fields,
    }


def test_it_plans_a_season(two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    response = client.post(reverse("schedule_new"), filled(two))
    assert response.status_code == 302
    made = Schedule.objects.get(name="Sale")
    assert made.next_at == datetime(SOON.year, SOON.month, SOON.day, 7, 30, tzinfo=UTC)
    assert (made.undo_after_days, made.publish, made.every) == (36, "auto", "once")
    assert made.selector == {"status": ["active"], "tags": ["summer"]}
    assert made.created_by == two.ours.users["editor"]
    page = client.get(reverse("schedules")).content.decode()
    end = SOON + timedelta(days=36)
    assert f"Planned: “Sale” on {SOON:%-d %B %Y}, undone on {end:%-d %B %Y}." in page
    assert f"undone on {end:%-d %B %Y}" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"first_on": "2020-01-01", "ends_on": ""}, "The date is over"),
        ({"ends_on": f"{SOON:%Y-%m-%d}"}, "It must be undone later than it begins."),
        ({"every": "week"}, "before the next one begins: after 6 days at most"),
        ({"first_on": "9999-12-31", "ends_on": ""}, "within the next ten years"),
        ({"first_on": "31/12"}, "Enter a valid date"),
        ({"name": ""}, "This field is required"),
        ({"preset": "nonsense"}, "is not a valid"),
    ],
)
def test_it_says_what_is_wrong(
    two: Two, sign_in: SignIn, fields: dict[str, Any], words: str
) -> None:
    response = sign_in("editor").post(reverse("schedule_new"), filled(two, **fields))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Schedule.objects.filter(name="Sale").exists()


def test_a_store_or_a_preset_of_strangers_is_not_taken(two: Two, sign_in: SignIn) -> None:
    client, theirs = sign_in("editor"), two.theirs.workspace.presets.first()
    assert theirs is not None
    client.post(reverse("schedule_new"), filled(two, preset=str(theirs.pk)))
    foreign = filled(two, store=two.theirs.store.public_id)
    assert client.post(reverse("schedule_new"), foreign).status_code == 404
    assert not Schedule.objects.filter(name="Sale").exists()


def test_it_changes_one(two: Two, sign_in: SignIn) -> None:
    schedule, client = two.ours.schedule, sign_in("editor")
    assert schedule is not None
    url = reverse("schedule", args=[schedule.pk])
    assert f'value="{schedule.first_at:%Y-%m-%d}"' in client.get(url).content.decode()
    client.post(url, filled(two, name="Autumn", every="year", ends_on=""))
    schedule.refresh_from_db()
    assert (schedule.name, schedule.every, schedule.undo_after_days) == ("Autumn", "year", None)
    assert schedule.next_at is not None
    assert schedule.next_at.date() == SOON.date()


def test_it_pauses_goes_on_and_removes(two: Two, sign_in: SignIn) -> None:
    schedule, client = two.ours.schedule, sign_in("editor")
    assert schedule is not None
    switch = reverse("schedule_switch", args=[schedule.pk])
    states = []
    for _ in range(2):
        client.post(switch)
        states.append(Schedule.objects.get(pk=schedule.pk).enabled)
    assert states == [False, True]
    client.post(reverse("schedule_remove", args=[schedule.pk]))
    assert not Schedule.objects.filter(pk=schedule.pk).exists()


def test_a_run_that_was_passed_over_is_told_on_the_first_page(two: Two, sign_in: SignIn) -> None:
    page = sign_in("viewer").get(reverse("home")).content.decode()
    assert "“Fresh packshots” did not run" in page
    assert "was disconnected." in page


def test_a_year_at_a_glance_has_a_bar_a_run(two: Two, db: None) -> None:
    rows = list(Schedule.objects.filter(store=two.ours.store).order_by("name"))
    drawn = year(rows, timezone.now())
    monthly = [bar for bar in drawn.bars if bar.title.startswith("Fresh packshots")]
    seasons = [bar for bar in drawn.bars if bar.title.startswith("Winter scene")]
    assert len(monthly) == 12
    assert [(bar.width, bar.stays) for bar in seasons] == [(72, False)]
    assert len(drawn.months) == 12
    assert all(bar.x >= 0 and bar.x + bar.width <= drawn.width for bar in drawn.bars)
