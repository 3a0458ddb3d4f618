"""/usage: what a workspace made in some days, what that may cost yet, and what is left today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from generation import budgets
from generation.api import room
from generation.api.owned import generations_of
from generation.models import Budget, Generation
from integrations.api.access import stores_of
from integrations.models import Publication
from productviz.accounts.models import ApiKey
from productviz.api.describe import extend_schema
from productviz.api.problems import field_problem
from productviz.api.views import ApiView
from productviz.lib.ids import public_id

USUAL_DAYS, MOST_DAYS = 30, 366


class FiguresShown(serializers.Serializer[Any]):
    """Counts of what was asked for in the span; ``images`` cost, re-used and failed ones do not."""

    generations = serializers.IntegerField()
    images = serializers.IntegerField()
    reused = serializers.IntegerField()
    failed = serializers.IntegerField()
    bytes_stored = serializers.IntegerField()
    publications = serializers.IntegerField()


class GroupShown(FiguresShown):
    """One day, store, preset or status; ``key`` is its date, id or name."""

    key = serializers.CharField()


class UsageShown(serializers.Serializer[Any]):
    """Usage from the first day to the last (UTC), both counted."""

    object = serializers.CharField()
    to = serializers.DateField()
    group_by = serializers.ChoiceField(["day", "store", "preset", "status"])
    data = GroupShown(many=True)  # type: ignore[assignment]
    totals = FiguresShown()
    limits = serializers.DictField()
    remaining = serializers.DictField()

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which is no name for an attribute."""
        return {**super().get_fields(), "from": serializers.DateField()}


@dataclass(frozen=True, slots=True)
class Grouping:
    """How rows are grouped: the column of each table that a group's key is made of."""

    generation: Any
    key: Callable[[Any], str]


_GROUPINGS: Mapping[str, Grouping] = {
    "day": Grouping(TruncDate("created_at", tzinfo=UTC), lambda day: day.isoformat()),
    "store": Grouping(F("product__store"), lambda pk: public_id("str", pk)),
    "preset": Grouping(F("preset_version__preset"), lambda pk: public_id("pre", pk)),
    "status": Grouping(F("status"), str),
}
_NOTHING = {
    "generations": 0,
    "images": 0,
    "reused": 0,
    "failed": 0,
    "bytes_stored": 0,
    "publications": 0,
}


class Usage(ApiView):
    """What was made, and what may be made yet."""

    scopes = {"GET": "usage:read"}

    @extend_schema(
        operation_id="get_usage",
        query={
            "from": {"type": "string", "format": "date"},
            "to": {"type": "string", "format": "date"},
            "group_by": {"type": "string", "enum": ["day", "store", "preset", "status"]},
        },
        responses=UsageShown,
        tags=["usage"],
    )
    def get(self, request: Request) -> Response:
        """Sum up ``from`` to ``to`` (dates, the last 30 days), by day, store, preset or status."""
        first, last = _span(request.query_params)
        group_by = request.query_params.get("group_by", "day")
        if group_by not in _GROUPINGS:
            raise field_problem("/group_by", "not_one_of", f"One of {', '.join(_GROUPINGS)}.")
        rows = _made_in(self.key, first, last)
        groups = _groups(rows, _GROUPINGS[group_by])
        totals = {name: sum(group[name] for group in groups) for name in _NOTHING}
        limits, remaining = _limits(self.key)
        return Response(
            {
                "object": "usage",
                "from": first.isoformat(),
                "to": last.isoformat(),
                "group_by": group_by,
                "data": groups,
                "totals": totals,
                "limits": limits,
                "remaining": remaining,
            }
        )


def _span(query: Mapping[str, str]) -> tuple[date, date]:
    today = timezone.now().date()
    last = _day("to", query.get("to"), today)
    first = _day("from", query.get("from"), last - timedelta(days=USUAL_DAYS - 1))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise field_problem(
            "/from", "out_of_range", f"from lies before to, and at most {MOST_DAYS} days."
        )
    return first, last


def _day(name: str, text: str | None, usual: date) -> date:
    if text is None:
        return usual
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not 1971 <= found.year < 9000:
        raise field_problem(f"/{name}", "invalid", "A date such as 2026-11-29.")
    return found


def _made_in(key: ApiKey, first: date, last: date) -> QuerySet[Generation]:
    start = datetime.combine(first, time(), UTC)
    end = datetime.combine(last + timedelta(days=1), time(), UTC)
    return generations_of(key).filter(created_at__gte=start, created_at__lt=end)


def _groups(rows: QuerySet[Generation], grouping: Grouping) -> list[dict[str, Any]]:
    """The figures of each group, by its key."""
    grouped = rows.annotate(key=grouping.generation).values("key").order_by()
    made = Q(status=Generation.Status.SUCCEEDED, reused=False)
    counted = grouped.annotate(
        generations=Count("pk"),
        images=Count("pk", filter=made),
        reused=Count("pk", filter=Q(reused=True)),
        failed=Count("pk", filter=Q(status=Generation.Status.FAILED)),
        publications=Count("pk", filter=Q(publication__state=Publication.State.PUBLISHED)),
    )
    stored = _stored(rows, grouping)
    groups = [
        {**_NOTHING, **group, "bytes_stored": stored.get(group["key"], 0)} for group in counted
    ]
    shown = [{**group, "key": grouping.key(group["key"])} for group in groups]
    return sorted(shown, key=lambda group: str(group["key"]))


def _stored(rows: QuerySet[Generation], grouping: Grouping) -> dict[Any, int]:
    """Bytes of the files that were made, by group; what an equal request re-uses counts once."""
    made = rows.filter(reused=False, asset__isnull=False).annotate(key=grouping.generation)
    sums = made.values("key").order_by().annotate(total=Sum("asset__renditions__bytes"))
    return {row["key"]: row["total"] or 0 for row in sums}


def _limits(key: ApiKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the workspace may do, and what of that is left now; null where nothing limits it."""
    workspace = key.workspace
    caps: dict[Any, int] = dict(
        Budget.objects.filter(workspace=workspace).values_list("store", "daily_images")
    )
    used = {pk: sum(both) for pk, both in budgets.used_today(workspace).items()}
    stores = [store.pk for store in stores_of(key) if store.pk in caps]
    everywhere = settings.WORKSPACE_DAILY_LIMIT
    of_all = min((cap for cap in (caps.get(None), everywhere) if cap is not None), default=None)
    limits = {
        "in_flight": settings.API_IN_FLIGHT,
        "images_today": of_all,
        "stores": {public_id("str", pk): caps[pk] for pk in stores},
    }
    remaining = {
        "in_flight": max(settings.API_IN_FLIGHT - room.in_flight(workspace), 0),
        "images_today": None if of_all is None else max(of_all - sum(used.values()), 0),
        "stores": {public_id("str", pk): max(caps[pk] - used.get(pk, 0), 0) for pk in stores},
    }
    return limits, remaining
