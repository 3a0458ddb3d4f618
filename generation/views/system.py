"""What of painted pictures nobody makes here; to operators, the installation's GPU hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generation import availability
from generation.hosts import FRESH, known_hosts
from generation.models import EngineHost
from generation.paint_pace import seconds_lately
from generation.preset_words import KINDS, LINE_UPS, Choice
from generation.views.common import render
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role


@dataclass(frozen=True, slots=True)
class HostShown:
    """One host: whether it is heard of, and its memory in whole percent (None: not told)."""

    row: EngineHost
    is_here: bool
    memory_percent: int | None


@dataclass(frozen=True, slots=True)
class KindShown:
    """A painted kind: the line-ups that can be made now, and why the others cannot.

    ``served`` has the seconds that a picture took lately; None where none was made.
    """

    kind: Choice
    served: tuple[tuple[Choice, float | None], ...]
    reasons: tuple[tuple[str, str], ...]  # titles of line-ups, and what is the matter with them


@member(Role.OWNER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """Kinds with what is missing; for operators alone commands, and hosts with their memory.

    Workspaces of several owners share the hosts: how many are at work is all that these are told.
    """
    now = timezone.now()
    against, seconds = availability.reasons_against(), seconds_lately()
    told = str if request.user.is_staff else availability.for_merchants
    hosts = [_host(row, now) for row in known_hosts(now)]
    context = {
        "hosts": hosts if request.user.is_staff else [],
        "heard_of": bool(hosts),
        "at_work": sum(host.is_here for host in hosts),
        "kinds": [
            _kind(one, against[one.value], seconds, told) for one in KINDS if one.value in against
        ],
        "no_host": availability.for_merchants(availability.NO_HOST),
    }
    return render(request, "system.html", context)


def _host(row: EngineHost, now: datetime) -> HostShown:
    share = row.memory_used * 100 // row.memory_total if row.memory_total else None
    return HostShown(row, now - row.seen_at <= FRESH, share)


def _kind(
    kind: Choice,
    reasons: Mapping[str, str],
    seconds: Mapping[str, float],
    told: Callable[[str], str],
) -> KindShown:
    missing: dict[str, list[str]] = {}
    for one in LINE_UPS:
        # That no host is at work the page says once for all kinds.
        if reasons.get(one.value, availability.NO_HOST) != availability.NO_HOST:
            missing.setdefault(told(reasons[one.value]), []).append(one.title)
    served = [one for one in LINE_UPS if one.value not in reasons]
    return KindShown(
        kind,
        tuple((one, seconds.get(f"{kind.value}/{one.value}")) for one in served),
        tuple((", ".join(titles), reason) for reason, titles in missing.items()),
    )
