"""Schedules: runs at a date and their ends, as a list, a year at a glance, and a form."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import schedules
from generation.models import Preset, PublishMode, Schedule
from generation.preset_words import obstacle
from generation.selection import Selector
from generation.views.automations import ProductsForm
from generation.views.common import mine, render
from generation.views.products import chosen_store
from integrations.models import Store
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role

AHEAD = timedelta(days=365)
SHOWN = 6
# The drawing of a year: points a day, and the height of a line.
DAY_WIDTH, LINE_HEIGHT, HEAD_HEIGHT = 2, 18, 22
_DATE = {"type": "date"}


class ScheduleForm(ProductsForm):
    """What is run, when, and when it ends."""

    name = forms.CharField(max_length=100, help_text="Such as “Winter scene”.")
    preset: forms.ModelChoiceField[Preset] = forms.ModelChoiceField(
        queryset=Preset.objects.none(), empty_label=None
    )
    publish = forms.ChoiceField(choices=PublishMode.choices, initial=PublishMode.APPROVAL)
    every = forms.ChoiceField(label="How often", choices=Schedule.Every.choices)
    first_on = forms.DateField(label="First on", widget=forms.DateInput(_DATE, "%Y-%m-%d"))
    at = forms.TimeField(
        label="At",
        initial=time(6),
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        help_text="UTC, in winter as in summer.",
    )
    ends_on = forms.DateField(
        label="Undone on",
        required=False,
        widget=forms.DateInput(_DATE, "%Y-%m-%d"),
        help_text="Every gallery goes back as it was on this day; each later run ends after as many"
        " days. Leave it out, and the images stay.",
    )

    def __init__(self, schedule: Schedule, data: QueryDict | None) -> None:
        super().__init__(data, initial=None if schedule._state.adding else _kept(schedule))
        self.leave_out_unknown(schedule.store, schedule.selector)
        self._schedule = schedule
        presets = schedule.store.workspace.presets.filter(archived_at=None).order_by("name")
        self.fields["preset"].queryset = presets  # type: ignore[attr-defined]

    def clean_preset(self) -> Preset:
        """Refuse a preset that this installation cannot run now, with the reason."""
        preset: Preset = self.cleaned_data["preset"]
        if reason := obstacle(preset.latest.parsed()):
            raise forms.ValidationError(reason)
        return preset

    def clean_first_on(self) -> date:
        """Within the next ten years; earlier dates are those of a schedule that repeats."""
        day: date = self.cleaned_data["first_on"]
        if not 2000 <= day.year <= timezone.now().year + 10:
            raise forms.ValidationError("Choose a date within the next ten years.")
        return day

    def plan(self) -> bool:
        """Save the schedule; False with an error where it makes no sense."""
        try:
            schedules.plan(self._applied())
        except ValueError as reason:
            self.add_error(None, str(reason))
        return not self.errors

    def _applied(self) -> Schedule:
        given, row = self.cleaned_data, self._schedule
        row.name, row.preset, row.publish = given["name"], given["preset"], given["publish"]
        row.every, row.selector = given["every"], self._selector(given).to_json()
        row.first_at = datetime.combine(given["first_on"], given["at"], UTC)
        end = given["ends_on"]
        if end is not None and end <= given["first_on"]:
            raise ValueError("It must be undone later than it begins.")
        row.undo_after_days = (end - given["first_on"]).days if end else None
        return row

    def _selector(self, given: dict[str, Any]) -> Selector:
        narrowed = self.narrowed(given)
        return Selector(narrowed.status, narrowed.tags, narrowed.category)


def _kept(schedule: Schedule) -> dict[str, Any]:
    days = schedule.undo_after_days
    return {
        **ProductsForm.filled(schedule.selector),
        "name": schedule.name,
        "preset": schedule.preset_id,
        "publish": schedule.publish,
        "every": schedule.every,
        "first_on": schedule.first_at.date(),
        "at": schedule.first_at.time(),
        "ends_on": schedule.first_at.date() + timedelta(days=days) if days else None,
    }


@dataclass(frozen=True, slots=True)
class Bar:
    """One run in the drawing of a year: a bar to its end, or a short one where it stays."""

    x: int
    y: int
    width: int
    title: str
    stays: bool


@dataclass(frozen=True, slots=True)
class Year:
    """The next twelve months as a drawing."""

    width: int
    height: int
    months: tuple[tuple[int, str], ...]
    bars: tuple[Bar, ...]


def year(rows: list[Schedule], now: datetime) -> Year:
    """Draw the runs of the next twelve months, a line a schedule."""
    first = now.replace(hour=0, minute=0, second=0, microsecond=0)
    bars = tuple(
        _bar(schedule, start, first=first, line=line)
        for line, schedule in enumerate(rows)
        for start in _starts(schedule, now)
    )
    months = tuple(
        ((day - first).days * DAY_WIDTH, f"{day:%b}")
        for day in (first + timedelta(days=number) for number in range(AHEAD.days))
        if day.day == 1
    )
    height = HEAD_HEIGHT + LINE_HEIGHT * len(rows)
    return Year(AHEAD.days * DAY_WIDTH, height, months, bars)


def _starts(schedule: Schedule, now: datetime) -> list[datetime]:
    rows = Schedule.objects.filter(pk=schedule.pk)
    found = schedules.upcoming(rows, now + AHEAD)
    return [at for at, _, is_end in found if not is_end]


def _bar(schedule: Schedule, start: datetime, *, first: datetime, line: int) -> Bar:
    end = schedules.undo_date(schedule, start)
    x = (start - first).days * DAY_WIDTH
    days = (end - start).days if end else 2
    return Bar(
        x=x,
        y=HEAD_HEIGHT + line * LINE_HEIGHT,
        width=min(days * DAY_WIDTH, AHEAD.days * DAY_WIDTH - x),
        title=f"{schedule.name}: {start:%-d %b %Y}" + (f" to {end:%-d %b %Y}" if end else ""),
        stays=end is None,
    )


def _schedules(request: WorkspaceRequest) -> QuerySet[Schedule]:
    rows = Schedule.objects.filter(store__workspace=request.workspace)
    return rows.select_related("store__workspace", "preset")


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All schedules, and what comes next."""
    rows, now = _schedules(request), timezone.now()
    ordered = sorted(rows, key=lambda row: (row.next_at is None, row.next_at or now, row.name))
    on = [row for row in ordered if row.enabled and row.next_at]
    context = {
        "cards": [
            (row, schedules.undo_date(row, row.next_at) if row.next_at else None) for row in ordered
        ],
        "upcoming": schedules.upcoming(rows, now + AHEAD)[:SHOWN],
        "year": year(on, now),
        "has_stores": request.workspace.stores.exists(),
    }
    return render(request, "schedules/list.html", context)


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Plan a run."""
    given = request.POST if request.method == "POST" else request.GET
    store = chosen_store(request, given.get("store", ""))
    if store is None:
        return redirect("store_connect")
    return _edit(request, Schedule(store=store, created_by=request.user))


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a planned run; runs that have begun end as they were planned."""
    return _edit(request, mine(_schedules(request), pk))


def _edit(request: WorkspaceRequest, schedule: Schedule) -> HttpResponse:
    form = ScheduleForm(schedule, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and form.plan():
        messages.success(request, f"Planned: {_words(schedule)}.")
        return redirect("schedules")
    context = {
        "form": form,
        "schedule": schedule,
        "is_new": schedule._state.adding,
        "store": schedule.store,
        "stores": _other_stores(request, schedule),
        "presets": form.fields["preset"].queryset,  # type: ignore[attr-defined]
        "modes": PublishMode.choices,
    }
    return render(request, "schedules/form.html", context)


def _other_stores(request: WorkspaceRequest, schedule: Schedule) -> list[Store]:
    return list(request.workspace.stores.order_by("name")) if schedule._state.adding else []


def _words(schedule: Schedule) -> str:
    """``“Winter scene” on 1 December 2026, undone on 6 January 2027``."""
    start = schedule.next_at or schedule.first_at
    end = schedules.undo_date(schedule, start)
    undone = f", undone on {end:%-d %B %Y}" if end else ""
    return f"“{schedule.name}” on {start:%-d %B %Y}{undone}"


@member(Role.EDITOR)
@require_POST
def switch(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Pause a schedule, or go on with it."""
    schedule = mine(_schedules(request), pk)
    on = not schedule.enabled
    schedules.switch(schedule, on=on)
    words = "goes on with its next date" if on else "is paused; runs that are out still end"
    messages.success(request, f"“{schedule.name}” {words}.")
    return redirect("schedules")


@member(Role.EDITOR)
@require_POST
def remove(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a schedule away; runs that are out still end."""
    schedule = mine(_schedules(request), pk)
    schedule.delete()
    messages.success(request, f"“{schedule.name}” is removed. Runs that are out still end.")
    return redirect("schedules")
