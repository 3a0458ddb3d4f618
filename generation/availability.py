"""Whether pictures that a model paints can be made now, and if not, why and what to do about it.

Asked by the web process before it takes a request, so it looks at rows and settings only; what a
GPU machine itself can paint is `here`, which looks at the models' files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from generation.inference.engines.diffusion import registry
from generation.models import EngineHost
from generation.spec import PAINTED_KINDS

# A host writes its row every few seconds; one that has missed several is gone.
FRESH = timedelta(seconds=60)
NO_HOST = (
    "No GPU worker is running. Run `Q_CLUSTER_NAME=gpu manage.py worker` on the GPU machine"
    " (docs/gpu.md), or on any machine where a serving system paints: PRODUCTVIZ_REMOTE_ENGINE."
)

# Every workspace reads it: it names no host.
UNSERVED = (
    "No GPU worker of this installation paints this. Start them again with this version of"
    " ProductViz, or choose another line-up."
)


def reason_against(kind: str, line_up: str) -> str | None:
    """Why no picture of this kind can be made at this line-up now, with the fix; None if it can."""
    if kind not in PAINTED_KINDS:
        return None
    return _reason(kind, line_up, fresh_hosts())


def overview() -> dict[str, str | None]:
    """`reason_against` for every "kind/line_up" that is painted."""
    hosts = fresh_hosts()
    return {pair: _reason(*_split(pair), hosts) for pair in registry.PAIRS}


def here() -> dict[str, str | None]:
    """Why this machine's own models cannot paint each "kind/line_up"; None where they can.

    What a GPU worker writes into its row. Raises `RegistryError` for an operator's wrong file.
    """
    return {pair: _own_reason(*_split(pair)) for pair in registry.PAIRS}


def fresh_hosts(now: datetime | None = None) -> list[EngineHost]:
    """The GPU workers that were heard of in the last minute, by name."""
    since = (now or timezone.now()) - FRESH
    return list(EngineHost.objects.filter(seen_at__gt=since).order_by("name"))


def _reason(kind: str, line_up: str, hosts: Sequence[EngineHost]) -> str | None:
    pair = f"{kind}/{line_up}"
    if any(pair in host.serves for host in hosts):
        return None
    if not hosts:
        return NO_HOST
    told = (host.missing.get(pair) for host in hosts)
    return next((reason for reason in told if reason), UNSERVED)


def _own_reason(kind: str, line_up: str) -> str | None:
    chosen = registry.choose(
        kind,
        line_up,
        Path(settings.MODEL_DIR),
        allow_noncommercial=settings.ALLOW_NONCOMMERCIAL_MODELS,
    )
    return chosen if isinstance(chosen, str) else None


def remote_kinds() -> frozenset[str]:
    """What a serving system of the operator's paints, if there is one."""
    engine = settings.REMOTE_ENGINE
    return frozenset(engine.kinds) if engine else frozenset()


def _split(pair: str) -> tuple[str, str]:
    kind, _, line_up = pair.partition("/")
    return kind, line_up
