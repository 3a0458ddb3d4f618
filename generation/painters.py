"""Whether pictures that a model paints can be made now, only later, or not at all.

A GPU host that restarts is no reason to refuse a request: what it served when it was last heard of
is taken on and waits. What no host of the last day could serve is refused, with the fix.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import get_args

from django.utils import timezone

from generation.availability import overview, reason_against
from generation.models import EngineHost, Person
from generation.spec import PAINTED_KINDS, LineUp, PresetSpec
from productviz.lib.ids import parse_public_id

# Longer than any restart, and short enough that nobody waits for a host that was given up.
AWAY = timedelta(days=1)
_LINE_UPS = len(get_args(LineUp))


def obstacle(spec: PresetSpec) -> str:
    """Why a painted picture cannot be made here, and the fix; empty where it can, or will."""
    if _is_put_away(spec):
        return "The person of this preset was put away. Choose another one in the preset."
    reason = _reason(spec)
    return "" if reason and _comes_back(spec) else reason


def delay(spec: PresetSpec) -> str:
    """Why a painted picture has to wait for a host to come back; empty where it need not."""
    reason = _reason(spec)
    if reason and _comes_back(spec):
        return f"{reason} What is asked for meanwhile waits in the line."
    return ""


def hosts(now: datetime | None = None) -> list[EngineHost]:
    """The hosts that were heard of in the last day, the latest first."""
    since = (now or timezone.now()) - AWAY
    return list(EngineHost.objects.filter(seen_at__gt=since).order_by("-seen_at", "name"))


def kinds_missing() -> dict[str, str]:
    """The painted kinds that nothing here makes in any line-up, each with the reason and the fix.

    The reason is the fast line-up's: it asks least of a machine.
    """
    against = reasons_against()
    return {kind: found["fast"] for kind, found in against.items() if len(found) == _LINE_UPS}


def reasons_against() -> dict[str, dict[str, str]]:
    """By painted kind: the line-ups that cannot be made now, each with the reason and the fix."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in sorted(PAINTED_KINDS)}
    for pair, reason in overview().items():
        kind, _, line_up = pair.partition("/")
        if reason:
            found[kind][line_up] = reason
    return found


def _reason(spec: PresetSpec) -> str:
    if spec.painting is None:
        return ""
    return reason_against(spec.kind, spec.painting.line_up) or ""


def _comes_back(spec: PresetSpec) -> bool:
    """Whether some host of the last day served this when it was last heard of."""
    if spec.painting is None:
        return False
    pair = f"{spec.kind}/{spec.painting.line_up}"
    return any(pair in host.serves for host in hosts())


def _is_put_away(spec: PresetSpec) -> bool:
    person = spec.painting.person if spec.painting else None
    if person is None:
        return False
    pk = parse_public_id(Person.PREFIX, person)
    return not Person.objects.filter(pk=pk or uuid.UUID(int=0), archived_at=None).exists()
