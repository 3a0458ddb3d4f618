"""Whether pictures that a model paints can be made now, only later, or not at all, and why.

Asked by the web process before it takes a request, so it looks at rows and settings only; what a
GPU machine itself can paint is `here`, which looks at the models' files. A host that restarts is no
reason to refuse a request: what it served when it was last heard of is taken on and waits. What no
host of the last day could serve is refused.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from django.conf import settings

from generation.hosts import fresh_hosts, known_hosts
from generation.inference.engines.diffusion import registry
from generation.models import EngineHost, Person
from generation.spec import PAINTED_KINDS, LineUp, PresetSpec
from productviz.lib.ids import parse_public_id

NO_HOST = (
    "No GPU worker is running. Run `Q_CLUSTER_NAME=gpu manage.py worker` on the GPU machine"
    " (docs/gpu.md), or on any machine where a serving system paints: PRODUCTVIZ_REMOTE_ENGINE."
)

# Every workspace reads it: it names no host.
UNSERVED = (
    "No GPU worker of this installation paints this. Start them again with this version of"
    " ProductViz, or choose another line-up."
)


_ASK = "Ask whoever runs this installation to see to it."
_LINE_UPS = len(get_args(LineUp))
_SENTENCES = re.compile(r"(?<=\.)\s+")
# A command to type, or a setting: nothing that a merchant could do.
_FOR_OPERATORS = re.compile(r"`|manage\.py|PRODUCTVIZ_")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be painted as things stand, for many recipes at once.

    ``reasons`` says to merchants why a "kind/line_up" cannot be made now, ``coming_back`` holds
    those that a host of the last day served, and ``people`` those of the recipes' who were not put
    away.
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
        reasons={pair: for_merchants(told) for pair, told in overview().items() if told},
        coming_back=frozenset(pair for host in known_hosts() for pair in host.serves),
        people=frozenset(people.values_list("pk", flat=True)),
    )


def for_merchants(reason: str) -> str:
    """A reason without what only an operator can do about it: commands and settings."""
    said = _SENTENCES.split(reason)
    kept = [sentence for sentence in said if not _FOR_OPERATORS.search(sentence)]
    return reason if kept == said else " ".join([*kept, _ASK])


def overview() -> dict[str, str | None]:
    """Why each "kind/line_up" cannot be made now, with the operator's fix; None where it can."""
    hosts = fresh_hosts()
    return {pair: _reason(*_split(pair), hosts) for pair in registry.PAIRS}


def here(troubles: Mapping[str, str], room: int | None) -> dict[str, str | None]:
    """Why this machine's own models cannot paint each "kind/line_up"; None where they can.

    What a GPU worker writes into its row. ``troubles`` says by name why a model cannot be loaded,
    ``room`` how many bytes of memory there are for one. Raises `RegistryError` for an operator's
    wrong file.
    """
    return {pair: _own_reason(*_split(pair), troubles, room) for pair in registry.PAIRS}


def kinds_missing() -> dict[str, str]:
    """The painted kinds that nothing here makes in any line-up, with the reason for merchants.

    The reason is the fast line-up's: it asks least of a machine.
    """
    against = reasons_against()
    return {
        kind: for_merchants(found["fast"])
        for kind, found in against.items()
        if len(found) == _LINE_UPS
    }


def reasons_against() -> dict[str, dict[str, str]]:
    """By painted kind: the line-ups that cannot be made now, each with the reason and the fix."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in sorted(PAINTED_KINDS)}
    for pair, reason in overview().items():
        kind, line_up = _split(pair)
        if reason:
            found[kind][line_up] = reason
    return found


def remote_kinds() -> frozenset[str]:
    """What a serving system of the operator's paints, if there is one."""
    engine = settings.REMOTE_ENGINE
    return frozenset(engine.kinds) if engine else frozenset()


def _reason(kind: str, line_up: str, hosts: Sequence[EngineHost]) -> str | None:
    pair = f"{kind}/{line_up}"
    if any(pair in host.serves for host in hosts):
        return None
    if not hosts:
        return NO_HOST
    told = (host.missing.get(pair) for host in hosts)
    return next((reason for reason in told if reason), UNSERVED)


def _own_reason(
    kind: str, line_up: str, troubles: Mapping[str, str], room: int | None
) -> str | None:
    chosen = registry.choose(
        kind,
        line_up,
        Path(settings.MODEL_DIR),
        allow_noncommercial=settings.ALLOW_NONCOMMERCIAL_MODELS,
        room=room,
    )
    # Not the next model that would do: it comes and goes, and a batch would have two looks.
    return chosen if isinstance(chosen, str) else troubles.get(chosen.name)


def _split(pair: str) -> tuple[str, str]:
    kind, _, line_up = pair.partition("/")
    return kind, line_up


def _pair(spec: PresetSpec) -> str:
    return f"{spec.kind}/{spec.painting.line_up}" if spec.painting else ""


def _person(spec: PresetSpec) -> uuid.UUID | None:
    named = spec.painting.person if spec.painting else None
    return parse_public_id(Person.PREFIX, named) if named else None
