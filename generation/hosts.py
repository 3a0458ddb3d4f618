"""The GPU workers by their own rows, and which waiting generations they paint."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils import timezone

from generation.models import EngineHost

# A host writes its row every few seconds; one that has missed several is gone.
FRESH = timedelta(seconds=60)
# Longer than any restart, and short enough that nobody waits for a host that was given up.
AWAY = timedelta(days=1)


def fresh_hosts(now: datetime | None = None) -> list[EngineHost]:
    """The GPU workers that were heard of in the last minute, by name."""
    since = (now or timezone.now()) - FRESH
    return list(EngineHost.objects.filter(seen_at__gt=since).order_by("name"))


def known_hosts(now: datetime | None = None) -> list[EngineHost]:
    """The hosts that were heard of in the last day, the latest first."""
    since = (now or timezone.now()) - AWAY
    return list(EngineHost.objects.filter(seen_at__gt=since).order_by("-seen_at", "name"))


def painted_by(pairs: Iterable[str]) -> Q:
    """Generations of these "kind/line_up": their ``compatibility`` begins so (inference.render)."""
    named = (Q(compatibility__startswith=f"{pair}/") for pair in sorted(pairs))
    return reduce(or_, named, Q(pk__in=[]))
