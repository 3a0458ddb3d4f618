"""What a workspace's budgets look like on a page: today against the limits, and the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Sum

from generation import budgets
from generation.models import Budget, UsageDay
from integrations.models import Store
from productviz.accounts.models import Workspace

DAYS = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """Today of the workspace (``store`` is None) or of one store; None is no limit.

    ``own`` is the limit that somebody set, ``limit`` the one that holds.
    """

    store: Store | None
    own: int | None
    limit: int | None
    spent: int
    reserved: int

    @property
    def left(self) -> int | None:
        """Images that still fit into the day."""
        return None if self.limit is None else max(self.limit - self.spent - self.reserved, 0)


@dataclass(frozen=True, slots=True)
class Day:
    """A day's images: made, on their way, re-used for nothing, and failed."""

    day: date
    spent: int = 0
    reserved: int = 0
    reused: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's bar in a chart of 100 units in height; positions count from the top."""

    day: Day
    x: int
    spent_y: int
    spent_height: int
    reserved_y: int
    reserved_height: int


def standings(workspace: Workspace) -> list[Standing]:
    """The workspace and each of its stores, today."""
    rows = Budget.objects.filter(store__workspace=workspace)
    own = dict(rows.values_list("store", "daily_images"))
    used = budgets.used_today(workspace)
    whole = [sum(column) for column in zip(*used.values(), strict=True)] or [0, 0]
    of_workspace = budgets.limit_of(workspace)
    given = (of_workspace, settings.WORKSPACE_DAILY_LIMIT)
    effective = min((one for one in given if one is not None), default=None)
    return [
        Standing(None, of_workspace, effective, *whole),
        *(
            Standing(store, own.get(store.pk), own.get(store.pk), *used.get(store.pk, (0, 0)))
            for store in workspace.stores.order_by("name")
        ),
    ]


def last_days(workspace: Workspace) -> list[Day]:
    """The last thirty days of the workspace, today at the end."""
    first = budgets.today() - timedelta(days=DAYS - 1)
    rows = UsageDay.objects.filter(workspace=workspace, day__gte=first).values("day")
    sums = rows.annotate(
        made=Sum("spent"), held=Sum("reserved"), free=Sum("reused"), lost=Sum("failed")
    ).order_by("day")
    found = {
        row["day"]: Day(row["day"], row["made"], max(row["held"], 0), row["free"], row["lost"])
        for row in sums
    }
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return [found.get(day, Day(day)) for day in days]


def bars(days: list[Day], *, width: int = 10) -> list[Bar]:
    """The days as bars, the highest of them 100 units high."""
    top = max((day.spent + day.reserved for day in days), default=0) or 1
    return [_bar(day, number * width, top) for number, day in enumerate(days)]


def _bar(day: Day, x: int, top: int) -> Bar:
    spent = -(-day.spent * 100 // top)
    whole = max(-(-(day.spent + day.reserved) * 100 // top), spent)
    return Bar(day, x, 100 - spent, spent, 100 - whole, whole - spent)
