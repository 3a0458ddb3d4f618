"""Keeping store webhooks until they are looked into: one waiting row a product, however many come.

A product is looked at once it has been quiet for a while, and one that never is, all the same. What
is about the store itself waits for nothing.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations.contract import EventKind, InboundRequest, StoreEvent
from integrations.models import InboundEvent, Store
from integrations.platforms.shopify.events import Delivery
from productviz.lib.queue import wake_soon

MAX_WAITING = 20_000
FLOOD_SECONDS = 1.0
# The longest wait for a product to become quiet, as a multiple of the quiet asked for.
MOST_WINDOWS = 10
_KEPT_PREFIXES = ("x-", "shopify-")
_KEPT_HEADERS = ("content-type", "user-agent")


def keep(
    store: Store, request: InboundRequest, event: StoreEvent, delivery: Delivery | None = None
) -> bool:
    """Store a verified webhook, or count it on the row that waits; False if the inbox is full."""
    row = _row(store, request, event, delivery)
    if event.kind == EventKind.IGNORED:
        row.state, row.note = InboundEvent.State.IGNORED, "It names no product."
        # These rows are not counted against the limit, so they must not be able to fill a disk.
        row.processed_at, row.headers, row.body = timezone.now(), {}, b""
    elif _merge(row, event):
        return True
    elif event.refs:
        if _floods.is_full(store):
            return False
        row.changed_at, row.not_before = event.updated_at, _quiet_until(row)
    # Where another request was quicker by a moment, its hint is ours.
    InboundEvent.objects.bulk_create([row], ignore_conflicts=True)
    if row.state == InboundEvent.State.RECEIVED:
        wake_soon()
    return True


class _Floods:
    """Which inboxes are full, asked once a second: counting is dear in a flood."""

    def __init__(self) -> None:
        self._asked: dict[uuid.UUID, tuple[float, bool]] = {}

    def is_full(self, store: Store) -> bool:
        """Whether the store should send no more for now."""
        now = time.monotonic()
        at, full = self._asked.get(store.pk, (0.0, False))
        if now - at > FLOOD_SECONDS:
            waiting = store.inbox.filter(state=InboundEvent.State.RECEIVED)
            full = waiting[MAX_WAITING:].exists()
            self._asked[store.pk] = (now, full)
        return full


_floods = _Floods()


def _row(
    store: Store, request: InboundRequest, event: StoreEvent, delivery: Delivery | None
) -> InboundEvent:
    return InboundEvent(
        store=store,
        topic=event.topic[:100],
        dedupe_key=dedupe_key(event),
        headers={
            name: value
            for name, value in request.headers.items()
            if name.startswith(_KEPT_PREFIXES) or name in _KEPT_HEADERS
        },
        body=request.body,
        delivery_id=delivery.webhook_id if delivery else "",
        event_id=delivery.event_id if delivery else "",
        about_store=event.kind == EventKind.UNINSTALLED,
    )


def _merge(new: InboundEvent, event: StoreEvent) -> bool:
    """Count the hint on a row about the same thing that still waits; False if there is none.

    The newest hint wins, and a product gets more time to become quiet. The row keeps its first
    delivery's ids: a delivery that comes again after its look would have them twice.
    """
    waiting = {"dedupe_key": new.dedupe_key, "state": InboundEvent.State.RECEIVED}
    if not new.store.inbox.filter(**waiting).exists():  # most often, and it takes no lock
        return False
    with transaction.atomic():
        row = new.store.inbox.select_for_update().filter(**waiting).first()
        if row is None:
            return False
        row.store.inbox.filter(pk=row.pk, **waiting).update(
            topic=new.topic,
            headers=new.headers,
            body=new.body,
            hints=F("hints") + 1,
            changed_at=_newer(row.changed_at, event.updated_at),
            not_before=_quiet_until(row) if event.refs else row.not_before,
        )
    return True


def _newer(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else None


def _quiet_until(row: InboundEvent) -> datetime:
    """When to look: once it has been quiet, but not put off for ever by a product never at rest."""
    quiet = timedelta(seconds=settings.WEBHOOK_QUIET_SECONDS)
    return min(timezone.now() + quiet, row.created_at + quiet * MOST_WINDOWS)


def dedupe_key(event: StoreEvent) -> str:
    """Equal for all hints at the same product, whatever they say of it: each means a look."""
    refs = sorted((ref.parent_external_id, ref.external_id) for ref in event.refs)
    return hashlib.sha256(repr(refs or event.kind.value).encode()).hexdigest()
