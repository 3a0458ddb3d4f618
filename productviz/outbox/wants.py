"""Which endpoints want an event: by type, by store, and by what the event's sender narrowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from productviz.outbox.models import Event, WebhookEndpoint

EVERYTHING = "*"
PING = "ping"
DISABLED = "webhook_endpoint.disabled"
_NAMES = {
    "generation": "accepted stage_changed progress review_required approved retried completed"
    " failed rejected canceled expired",
    "batch": "started progress completed canceled",
    "asset": "created deleted",
    "image": "ready rejected",
    "publication": "requested published partially_published failed conflict expired rolled_back"
    " rollback_failed",
    "product": "created updated inputs_changed deleted",
    "store": "connected degraded disconnected deleted",
    "sync": "completed failed",
    "automation": "paused",
    "usage": "threshold_reached",
    "webhook_endpoint": "disabled",
}
GROUPS = {
    group: tuple(f"{group}.{name}" for name in names.split()) for group, names in _NAMES.items()
}
TYPES = frozenset(name for names in GROUPS.values() for name in names)
PATTERNS = frozenset({EVERYTHING, *TYPES, *(f"{group}.*" for group in GROUPS)})


def wants(endpoint: WebhookEndpoint, event: Event) -> bool:
    """Whether the endpoint is to be told; its own state is not looked at.

    A ping goes to nobody but the endpoint it was made for, and news of a disabled endpoint to
    every other one, whatever it asked for: whoever listens there is to hear that a line is dead.
    """
    if event.type == PING:
        return False
    if event.type == DISABLED:
        return event.object_id != endpoint.pk
    return (
        matches(event.type, endpoint.event_types)
        and (event.store is None or not endpoint.stores or str(event.store) in endpoint.stores)
        and _is_addressed(endpoint, event)
    )


def _is_addressed(endpoint: WebhookEndpoint, event: Event) -> bool:
    """``audience`` names endpoints by their id, public or not, and types as endpoints do."""
    named: Sequence[str] = event.audience.get("endpoints") or ()
    types: Sequence[str] = event.audience.get("types") or ()
    is_named = not named or not {endpoint.public_id, str(endpoint.pk)}.isdisjoint(named)
    return is_named and (not types or matches(event.type, types))


def matches(event_type: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is the type, its group (``generation.*``) or ``*``."""
    group = f"{event_type.partition('.')[0]}.*"
    return not {event_type, group, EVERYTHING}.isdisjoint(patterns)
