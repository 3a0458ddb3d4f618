"""Whether pictures that a model paints can be made now, only later, or not at all.

A GPU host that restarts is no reason to refuse a request: what it served when it was last heard of
is taken on and waits. What no host of the last day could serve is refused, with the fix.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from django.utils import timezone

from generation.availability import overview
from generation.models import EngineHost, Person
from generation.spec import PAINTED_KINDS, LineUp, PresetSpec
from productviz.lib.ids import parse_public_id

# Longer than any restart, and short enough that nobody waits for a host that was given up.
AWAY = timedelta(days=1)
_LINE_UPS = len(get_args(LineUp))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be painted as things stand, for many recipes at once.

    ``reasons`` says why a "kind/line_up" cannot be made now, ``coming_back`` holds those that a
    host of the last day served, and ``people`` those of the recipes' who were not put away.
    """

    reasons: Mapping[str, str]
    coming_back: frozenset[str]
    people: frozenset[uuid.UUID]

    def obstacle(self, spec: PresetSpec) -> str:
        """Why a painted picture cannot be made here, and the fix; empty where it can, or will."""
        if self._is_put_away(spec):
            return "The person of this preset was put away. Choose another one in the preset."
        return "" if _pair(spec) in self.coming_back else self._reason(spec)

    def delay(self, spec: PresetSpec) -> str:
        """Why a painted picture has to wait for a host to come back; empty where it need not."""
        reason = self._reason(spec)
        if not reason or _pair(spec) not in self.coming_back:
            return ""
        return f"{reason} What is asked for meanwhile waits in the line."

    def _reason(self, spec: PresetSpec) -> str:
        return self.reasons.get(_pair(spec), "")

    def _is_put_away(self, spec: PresetSpec) -> bool:
        person = _person(spec)
        return person is not None and person not in self.people


def outlook(specs: Iterable[PresetSpec]) -> Outlook:
    """How things stand for these recipes; no query where none of them is painted."""
    painted = [spec for spec in specs if spec.painting is not None]
    if not painted:
        return Outlook({}, frozenset(), frozenset())
    wanted = {person for spec in painted if (person := _person(spec))}
    people = Person.objects.filter(pk__in=wanted, archived_at=None)  # none asks no query
    return Outlook(
        reasons={pair: reason for pair, reason in overview().items() if reason},
        coming_back=frozenset(pair for host in hosts() for pair in host.serves),
        people=frozenset(people.values_list("pk", flat=True)),
    )


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


def _pair(spec: PresetSpec) -> str:
    return f"{spec.kind}/{spec.painting.line_up}" if spec.painting else ""


def _person(spec: PresetSpec) -> uuid.UUID | None:
    named = spec.painting.person if spec.painting else None
    return parse_public_id(Person.PREFIX, named) if named else None
