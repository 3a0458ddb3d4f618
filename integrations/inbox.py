"""Store webhooks: stored as they came, answered at once, then looked into in the queue.

A webhook is a hint that a product may have changed. Its body is never data: the product is read
again from the store. Most hints, our own write-backs among them, end here.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations import catalog, mirror, privacy
from integrations.contract import (
    EventKind,
    Gone,
    InboundRequest,
    PlatformError,
    ProductRef,
    SignatureInvalid,
    StoreEvent,
)
from integrations.installation import rights_changed, shop_store, uninstalled
from integrations.models import InboundEvent, Publication, Store
from integrations.models.stores import StoreStatus
from integrations.platforms.shopify import events
from integrations.platforms.shopify.events import Delivery
from integrations.registry import adapter_for
from productviz.lib.lease import free, held, put_off
from productviz.lib.queue import wake_soon

log = structlog.get_logger(__name__)

MAX_BODY = 2 * 1024 * 1024
MAX_WAITING = 20_000
FLOOD_SECONDS = 1.0
KEPT = timedelta(days=7)
# Long enough for a publication's steps; the hint is worth nothing before it is over.
WHILE_PUBLISHING = 10.0
_KEPT_PREFIXES = ("x-", "shopify-")
_KEPT_HEADERS = ("content-type", "user-agent")
_WRITING = (Publication.State.IN_PROGRESS, Publication.State.ROLLING_BACK)


def receive(token: str, headers: Mapping[str, str], body: bytes) -> int:
    """Verify and store one webhook; the HTTP status to answer. Header names in lower case."""
    store = Store.objects.filter(inbox_token=token).first()
    if store is None:
        return 404
    if store.status == StoreStatus.DISCONNECTED:
        return 410
    if len(body) > MAX_BODY:
        return 413
    request = InboundRequest(headers, body)
    try:
        event = adapter_for(store).parse_event(request, secret=store.inbox_secret)
    except SignatureInvalid:
        return 401
    if event.kind == EventKind.PING:
        return 200
    if _is_flooded(store):
        return 429
    _keep(store, request, event)
    return 200


def receive_for_app(headers: Mapping[str, str], body: bytes) -> int:
    """Verify and store a webhook of an app, whose shops share one address; the status to answer.

    401 for everything that is not a webhook of a shop known here. The same delivery is answered
    like the first one and changes nothing.
    """
    request = InboundRequest(headers, body)
    try:
        delivery = events.read(request, settings.SHOPIFY_APP)
    except SignatureInvalid:
        return 401
    if delivery.event.kind in privacy.KINDS:
        privacy.keep(delivery)
        return 200
    store = shop_store(delivery.shop)
    if store is None:
        return 401
    if _is_flooded(store):
        return 429
    _keep(store, request, delivery.event, delivery)
    return 200


class _Floods:
    """Which stores have too much waiting, asked once a second: counting is dear in a flood."""

    def __init__(self) -> None:
        self.asked: dict[uuid.UUID, tuple[float, bool]] = {}

    def is_flooded(self, store: Store) -> bool:
        """Whether the store should send no more for now."""
        now = time.monotonic()
        at, flooded = self.asked.get(store.pk, (0.0, False))
        if now - at > FLOOD_SECONDS:
            waiting = store.inbox.filter(state=InboundEvent.State.RECEIVED)
            flooded = waiting[MAX_WAITING:].exists()
            self.asked[store.pk] = (now, flooded)
        return flooded


_is_flooded = _Floods().is_flooded


def _keep(
    store: Store, request: InboundRequest, event: StoreEvent, delivery: Delivery | None = None
) -> None:
    ignored = event.kind == EventKind.IGNORED
    state = InboundEvent.State.IGNORED if ignored else InboundEvent.State.RECEIVED
    row = InboundEvent(
        store=store,
        topic=event.topic[:100],
        dedupe_key=_dedupe_key(event),
        headers={
            name: value
            for name, value in request.headers.items()
            if name.startswith(_KEPT_PREFIXES) or name in _KEPT_HEADERS
        },
        body=request.body,
        delivery_id=delivery.webhook_id if delivery else "",
        event_id=delivery.event_id if delivery else "",
        about_store=event.kind == EventKind.UNINSTALLED,
        state=state,
        note="It names no product." if ignored else "",
        processed_at=timezone.now() if ignored else None,
    )
    # Hints at the same product that still wait are one hint.
    InboundEvent.objects.bulk_create([row], ignore_conflicts=True)
    if not ignored:
        wake_soon()


def _dedupe_key(event: StoreEvent) -> str:
    refs = sorted((ref.parent_external_id, ref.external_id) for ref in event.refs)
    return hashlib.sha256(repr((event.kind.value, refs)).encode()).hexdigest()


def process(event: InboundEvent, owner: str) -> None:
    """Read the product again and mirror it, or do what it says of the store.

    Raises PlatformError.
    """
    adapter = adapter_for(event.store)
    request = InboundRequest(event.headers, bytes(event.body))
    try:
        parsed = adapter.parse_event(request, secret=event.store.inbox_secret)
    except SignatureInvalid:
        _settle(event, owner, "Its signature does not fit the store's present secret.", ok=False)
        return
    if parsed.kind in _ABOUT_STORE:
        _settle(event, owner, _ABOUT_STORE[parsed.kind](event.store, parsed))
        return
    if _came_before(event):
        _settle(event, owner, "The same event came before.")
        return
    notes = []
    for ref in parsed.refs:
        if _is_being_written(event.store, ref):
            put_off(event, owner, seconds=WHILE_PUBLISHING)
            return
        notes.append(_look(event, ref))
    _settle(event, owner, " ".join(notes))


def _came_before(event: InboundEvent) -> bool:
    """Two subscriptions send one event twice, under two delivery ids."""
    if not event.event_id:
        return False
    same = event.store.inbox.filter(event_id=event.event_id, topic=event.topic, pk__lt=event.pk)
    return same.filter(dedupe_key=event.dedupe_key).exists()


_ABOUT_STORE: Mapping[EventKind, Callable[[Store, StoreEvent], str]] = {
    EventKind.BULK_FINISHED: lambda store, event: catalog.hurry(store),
    EventKind.UNINSTALLED: lambda store, event: uninstalled(store, event.happened_at),
    EventKind.SCOPES_CHANGED: lambda store, event: rights_changed(store),
}


def _is_being_written(store: Store, ref: ProductRef) -> bool:
    family = ref.parent_external_id or ref.external_id
    return Publication.objects.filter(
        store=store, family__external_id=family, state__in=_WRITING
    ).exists()


def _look(event: InboundEvent, ref: ProductRef) -> str:
    store = event.store
    try:
        product = adapter_for(store).product(ref)
    except Gone:
        return "deleted" if mirror.mark_deleted(store, [ref.external_id]) else "unknown here"
    with transaction.atomic():
        changed = mirror.upsert(store, [product])
        catalog.announce(store, changed)
    if changed:
        return "inputs changed"
    return "our own write-back" if _is_echo(event, ref) else "nothing that images depend on"


def _is_echo(event: InboundEvent, ref: ProductRef) -> bool:
    """Whether we wrote to the product in the hour before; only words, nothing depends on it."""
    family = ref.parent_external_id or ref.external_id
    written = Publication.objects.filter(store=event.store, family__external_id=family)
    since = event.created_at - timedelta(hours=1)
    return (
        written.filter(published_at__gt=since).exists()
        or written.filter(rolled_back_at__gt=since).exists()
    )


def _settle(event: InboundEvent, owner: str, note: str, *, ok: bool = True) -> None:
    state = InboundEvent.State.PROCESSED if ok else InboundEvent.State.FAILED
    held(event, owner).update(**free(state=state, note=note, processed_at=timezone.now()))


def fail(event: InboundEvent, owner: str, error: PlatformError) -> None:
    """End a hint that cannot be looked into; the next sweep finds the change anyway."""
    _settle(event, owner, str(error), ok=False)


def keep_webhooks_alive(store: Store) -> bool:
    """Wake the webhooks that the store disabled; False if that was not possible now."""
    if store.status == StoreStatus.DISCONNECTED or not store.capabilities.get("webhooks"):
        return False
    try:
        adapter_for(store).subscribe(url=store.inbox_url, secret=store.inbox_secret)
    except PlatformError as error:
        log.warning("webhooks not renewed", store=store.public_id, reason=str(error))
        return False
    return True


def prune() -> int:
    """Forget what was dealt with a week ago; the number of rows. For the schedule."""
    old = InboundEvent.objects.exclude(state=InboundEvent.State.RECEIVED).filter(
        created_at__lt=timezone.now() - KEPT
    )
    return old.delete()[0]
