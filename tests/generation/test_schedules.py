"""Schedules: every date runs once, whatever was off, and seasons end by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from django.utils import timezone

from generation import batches, schedules
from generation.intake.accept import Refused
from generation.models import Batch, Generation, Schedule
from integrations.models import Publication, Snapshot, Store
from integrations.models.stores import StoreStatus
from productviz import work
from tests.factories import make_preset, make_product, make_store
from tests.generation.batch_rows import work_through

Every = Schedule.Every
State = Publication.State
pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that sets what time it is."""

    def set_to(text: str) -> None:
        monkeypatch.setattr(timezone, "now", lambda: at(text))

    set_to("2026-11-01T00:00")
    return set_to


@pytest.fixture
def store(clock: Any) -> Store:
    """A store with two products."""
    made = make_store()
    for _ in range(2):
        make_product(made)
    return made


def make(store: Store, **fields: Any) -> Schedule:
    """A schedule, as the dashboard plans one."""
    values = {"name": "Winter", "first_at": at("2026-12-01T06:00"), "every": Every.ONCE}
    preset = fields.pop("preset", None) or make_preset(store.workspace)
    schedule = Schedule(store=store, preset=preset, **{**values, **fields})
    schedules.plan(schedule)
    return schedule


def first(count: int, every: str, start: str) -> list[str]:
    schedule = Schedule(every=every, first_at=at(start))
    return [f"{date:%Y-%m-%d}" for date in islice(schedules.dates(schedule), count)]


def publication(batch: Batch, state: str = State.PUBLISHED) -> Publication:
    """A write-back of one image of the batch."""
    work_through()
    row = batch.generations.filter(publication=None)[0]
    made = Publication.objects.create(
        store=batch.store, product=row.product, family=row.product, state=state
    )
    if state != State.PENDING_APPROVAL:
        Snapshot.objects.create(publication=made, gallery=[])
    Generation.objects.filter(pk=row.pk).update(publication=made, status="succeeded")
    return made


@pytest.mark.parametrize(
    ("every", "start", "dates"),
    [
        (Every.ONCE, "2026-12-01T06:00", ["2026-12-01"]),
        (Every.DAY, "2026-12-30T06:00", ["2026-12-30", "2026-12-31", "2027-01-01"]),
        (Every.WEEK, "2026-12-24T06:00", ["2026-12-24", "2026-12-31", "2027-01-07"]),
        (
            Every.MONTH,
            "2026-01-31T06:00",
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
        ),
        (Every.MONTH, "2027-12-30T06:00", ["2027-12-30", "2028-01-30", "2028-02-29"]),
        (
            Every.YEAR,
            "2028-02-29T06:00",
            ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
        ),
    ],
)
def test_it_knows_every_date(every: str, start: str, dates: list[str]) -> None:
    assert first(max(len(dates), 3), every, start)[: len(dates)] == dates


def test_a_date_is_the_same_hour_in_winter_and_in_summer() -> None:
    schedule = Schedule(every=Every.MONTH, first_at=at("2026-01-15T06:00"))
    assert {date.hour for date in islice(schedules.dates(schedule), 24)} == {6}


def test_it_starts_nothing_before_its_date(store: Store, clock: Any) -> None:
    make(store)
    clock("2026-12-01T05:59")
    assert schedules.run_due() == 0
    assert not Batch.objects.exists()


def test_it_starts_a_batch_on_its_date_once(store: Store, clock: Any) -> None:
    schedule = make(store, publish="auto", undo_after_days=36)
    clock("2026-12-01T06:03")
    assert [schedules.run_due() for _ in range(3)] == [1, 0, 0]
    batch = Batch.objects.get()
    assert (batch.schedule, batch.publish, batch.preset_version.preset) == (
        schedule,
        "auto",
        schedule.preset,
    )
    work_through()
    assert batch.generations.count() == 2
    assert batch.undo_at == at("2027-01-06T06:00"), "36 days after the date, not after the start"
    schedule.refresh_from_db()
    assert schedule.next_at is None


def test_the_workers_poll_runs_it(store: Store, clock: Any) -> None:
    make(store)
    clock("2026-12-01T06:00")
    work.poll()
    assert Batch.objects.count() == 1


def test_its_selector_narrows_the_products(store: Store, clock: Any) -> None:
    make(store, selector={"status": ["draft"]})
    draft = make_product(store)
    draft.status = "draft"
    draft.save(update_fields=["status"])
    clock("2026-12-01T06:00")
    schedules.run_due()
    work_through()
    assert [row.product for row in Batch.objects.get().generations.all()] == [draft]


def test_dates_that_were_missed_run_once_late(store: Store, clock: Any) -> None:
    schedule = make(store, every=Every.DAY)
    clock("2026-12-11T12:00")
    assert [schedules.run_due() for _ in range(3)] == [1, 0, 0]
    assert Batch.objects.count() == 1
    schedule.refresh_from_db()
    assert schedule.next_at == at("2026-12-12T06:00")


def test_a_season_that_was_missed_altogether_does_not_begin(store: Store, clock: Any) -> None:
    schedule = make(store, every=Every.YEAR, undo_after_days=36)
    clock("2027-01-07T00:00")
    assert schedules.run_due() == 0
    assert not Batch.objects.exists()
    schedule.refresh_from_db()
    assert schedule.next_at == at("2027-12-01T06:00")
    assert schedule.notice == (
        "Not run on 1 December 2026: the workers were off until after its end."
    )


def test_the_latest_version_of_the_preset_is_used(store: Store, clock: Any) -> None:
    schedule = make(store)
    newest = schedule.preset.versions.create(number=2, spec=schedule.preset.latest.spec)
    clock("2026-12-01T06:00")
    schedules.run_due()
    assert Batch.objects.get().preset_version == newest


@pytest.mark.parametrize("what", ["preset", "store"])
def test_what_is_gone_on_the_date_is_passed_over_with_a_notice_and_the_schedule_lives(
    store: Store, clock: Any, what: str
) -> None:
    schedule = make(store, every=Every.WEEK)
    if what == "preset":
        schedule.preset.archived_at = timezone.now()
        schedule.preset.save(update_fields=["archived_at"])
    else:
        Store.objects.update(status=StoreStatus.DISCONNECTED)
    clock("2026-12-01T06:00")
    assert schedules.run_due() == 0
    schedule.refresh_from_db()
    assert schedule.notice.startswith("Not run on 1 December 2026: ")
    assert {"preset": "is put away", "store": "was disconnected"}[what] in schedule.notice

    schedule.preset.archived_at = None
    schedule.preset.save(update_fields=["archived_at"])
    Store.objects.update(status=StoreStatus.CONNECTED)
    clock("2026-12-08T06:00")
    assert schedules.run_due() == 1
    schedule.refresh_from_db()
    assert schedule.notice == ""


def test_a_batch_that_is_refused_is_told(store: Store, clock: Any) -> None:
    schedule = make(store, selector={"category": "Nothing"})
    clock("2026-12-01T06:00")
    assert schedules.run_due() == 0
    schedule.refresh_from_db()
    assert schedule.notice.endswith(
        "None of these products has the photographs that the preset takes."
    )
    assert not Batch.objects.exists()


def test_one_that_fails_keeps_its_date_and_stops_no_other(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make(store, name="Bad"), make(store, name="Good")
    start = batches.start

    def broken(**given: Any) -> Batch:
        if given["schedule"] == bad:
            raise RuntimeError("a bug")
        return start(**given)

    monkeypatch.setattr(batches, "start", broken)
    clock("2026-12-01T06:00")
    assert schedules.run_due() == 1
    assert Batch.objects.get().schedule == good
    monkeypatch.undo()
    monkeypatch.setattr(timezone, "now", lambda: at("2026-12-01T06:05"))
    assert schedules.run_due() == 1


def test_a_paused_one_does_not_run_and_goes_on_with_its_next_date(store: Store, clock: Any) -> None:
    schedule = make(store, every=Every.WEEK)
    schedules.switch(schedule, on=False)
    clock("2026-12-10T00:00")
    assert schedules.run_due() == 0
    schedules.switch(schedule, on=True)
    assert schedules.run_due() == 0
    schedule.refresh_from_db()
    assert schedule.next_at == at("2026-12-15T06:00")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"first_at": at("2026-10-01T00:00")}, "The date is over"),
        ({"every": Every.WEEK, "undo_after_days": 7}, "after 6 days at most"),
        ({"every": Every.MONTH, "undo_after_days": 28}, "after 27 days at most"),
        ({"every": Every.YEAR, "undo_after_days": 365}, "after 364 days at most"),
        ({"every": Every.DAY, "undo_after_days": 1}, "A daily run cannot be undone"),
        ({"undo_after_days": 0}, "after a day or more"),
    ],
)
def test_it_says_why_a_schedule_makes_no_sense(
    store: Store, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        make(store, **fields)
    assert not Schedule.objects.exists()


def test_a_repeated_one_may_have_begun_in_the_past(store: Store) -> None:
    schedule = make(store, every=Every.MONTH, first_at=at("2026-01-31T06:00"))
    assert schedule.next_at == at("2026-11-30T06:00")


def season(store: Store, clock: Any, **fields: Any) -> Batch:
    """A run that is out and whose end has come."""
    make(store, undo_after_days=36, publish="auto", **fields)
    clock("2026-12-01T06:00")
    schedules.run_due()
    return Batch.objects.get()


def test_a_season_is_undone_at_its_end_and_not_before(store: Store, clock: Any) -> None:
    batch = season(store, clock)
    rows = [publication(batch), publication(batch)]
    clock("2027-01-06T05:59")
    assert schedules.undo_due() == 0
    clock("2027-01-06T06:00")
    assert [schedules.undo_due() for _ in range(3)] == [1, 0, 0]
    assert {Publication.objects.get(pk=row.pk).state for row in rows} == {State.ROLLING_BACK}
    batch.refresh_from_db()
    assert batch.undo_at is None


def test_what_is_still_in_work_at_the_end_is_cancelled(store: Store, clock: Any) -> None:
    batch = season(store, clock)
    waiting = publication(batch, State.PENDING_APPROVAL)
    clock("2027-01-06T06:00")
    schedules.undo_due()
    Batch.objects.update(not_before=None)
    work_through()
    assert set(batch.generations.values_list("status", flat=True)) == {"succeeded", "canceled"}
    assert Publication.objects.get(pk=waiting.pk).state == State.CANCELED


def test_what_is_being_published_at_the_end_is_undone_once_it_is_out(
    store: Store, clock: Any
) -> None:
    batch = season(store, clock)
    row = publication(batch, State.IN_PROGRESS)
    clock("2027-01-06T06:00")
    schedules.undo_due()
    assert Publication.objects.get(pk=row.pk).state == State.IN_PROGRESS
    Publication.objects.update(state=State.PUBLISHED)
    assert schedules.undo_due() == 0, "the workers are at it"
    Batch.objects.update(not_before=None)
    work_through()
    assert [schedules.undo_due() for _ in range(2)] == [1, 0]
    assert Publication.objects.get(pk=row.pk).state == State.ROLLING_BACK


def test_a_disconnected_store_is_undone_when_it_is_back(store: Store, clock: Any) -> None:
    batch = season(store, clock)
    row = publication(batch)
    Store.objects.update(status=StoreStatus.DISCONNECTED)
    clock("2027-01-06T06:00")
    assert schedules.undo_due() == 0
    Store.objects.update(status=StoreStatus.CONNECTED)
    assert schedules.undo_due() == 1
    assert Publication.objects.get(pk=row.pk).state == State.ROLLING_BACK


def test_a_run_that_cannot_be_undone_keeps_its_end_and_stops_no_other(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = season(store, clock)
    other = Batch.objects.create(
        workspace=batch.workspace,
        store=store,
        preset_version=batch.preset_version,
        publish="auto",
        undo_at=batch.undo_at,
    )
    undo = batches.undo

    def broken(row: Batch) -> Batch:
        if row == batch:
            raise Refused("state_conflict", "Not now.")
        return undo(row)

    monkeypatch.setattr(batches, "undo", broken)
    clock("2027-01-06T06:00")
    assert schedules.undo_due() == 1
    batch.refresh_from_db()
    other.refresh_from_db()
    assert batch.undo_at is not None
    assert other.undo_at is None


def test_it_tells_what_comes_next(store: Store, clock: Any) -> None:
    winter = make(store, name="Winter", undo_after_days=36)
    monthly = make(store, name="Monthly", every=Every.MONTH, first_at=at("2026-11-30T06:00"))
    make(store, name="Later", first_at=at("2028-01-01T06:00"))
    clock("2026-11-30T07:00")
    found = schedules.upcoming(Schedule.objects.all(), at("2027-01-31T00:00"))
    assert [(f"{date:%m-%d}", row, is_end) for date, row, is_end in found] == [
        ("12-01", winter, False),
        ("12-30", monthly, False),
        ("01-06", winter, True),
        ("01-30", monthly, False),
    ]


def test_the_end_of_a_run_that_is_out_is_still_to_come(store: Store, clock: Any) -> None:
    batch = season(store, clock)
    clock("2026-12-20T00:00")
    found = schedules.upcoming(Schedule.objects.all(), at("2027-01-31T00:00"))
    assert found == [(batch.undo_at, batch.schedule, True)]


def test_a_paused_one_starts_nothing_in_the_calendar(store: Store, clock: Any) -> None:
    schedules.switch(make(store), on=False)
    assert schedules.upcoming(Schedule.objects.all(), at("2027-12-31T00:00")) == []


def test_a_schedule_that_is_removed_leaves_its_runs_and_their_ends(
    store: Store, clock: Any
) -> None:
    batch = season(store, clock)
    Schedule.objects.all().delete()
    publication(batch)
    clock("2027-01-06T06:00")
    assert schedules.undo_due() == 1


def test_a_year_of_polls_every_five_minutes_runs_a_month_s_dates_once_each(
    store: Store, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = make(store, every=Every.MONTH, first_at=at("2026-01-31T06:00"))
    monkeypatch.setattr(batches, "start", lambda **given: started.append(timezone.now()))
    started: list[datetime] = []
    moment = at("2026-11-01T00:00")
    while moment < at("2027-11-01T00:00"):
        now = moment
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        if schedule.next_at and now >= schedule.next_at - timedelta(minutes=30):
            schedules.run_due()
            schedule.refresh_from_db()
        moment += timedelta(minutes=5)
    assert [f"{date:%m-%d %H:%M}" for date in started] == [
        "11-30 06:00", "12-31 06:00", "01-31 06:00", "02-28 06:00", "03-31 06:00", "04-30 06:00",
        "05-31 06:00", "06-30 06:00", "07-31 06:00", "08-31 06:00", "09-30 06:00", "10-31 06:00",
    ]  # fmt: skip
