"""Store webhooks: stored as they came, answered at once, then looked into in the queue.

A webhook is a hint that a product may have changed. Its body is never data: the product is read
again from the store, once for all hints of a while. Most hints, our own write-backs among them,
end here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations import catalog, mirror
from integrations.contract import (
    EventKind,
    Gone,
    InboundRequest,
    PlatformError,
    ProductRef,
    SignatureInvalid,
    StoreEvent,
)
from integrations.models import InboundEvent, Product, Publication, Store
from integrations.models.stores import StoreStatus
from integrations.registry import adapter_for
from productviz.lib.lease import free, held, wait
from productviz.lib.queue import wake

log = structlog.get_logger(__name__)

MAX_BODY = 2 * 1024 * 1024
MAX_WAITING = 20_000
KEPT = timedelta(days=7)
# The longest wait for a product to become quiet, as a multiple of the quiet asked for.
MOST_WINDOWS = 10
# Long enough for a publication's steps; the hint is worth nothing before it is over.
WHILE_PUBLISHING = 10.0
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
    if event.kind == EventKind.IGNORED:
        _keep_ignored(store, request, event)
    elif not _merge(store, request, event):
        if store.inbox.filter(state=InboundEvent.State.RECEIVED)[MAX_WAITING:].exists():
            return 429
        _keep(store, request, event)
    return 200


def _row(store: Store, request: InboundRequest, event: StoreEvent) -> InboundEvent:
    return InboundEvent(
        store=store,
        topic=event.topic[:100],
        dedupe_key=_dedupe_key(event),
        headers={
            name: value
            for name, value in request.headers.items()
            if name.startswith("x-") or name in _KEPT_HEADERS
        },
        body=request.body,
    )


def _keep_ignored(store: Store, request: InboundRequest, event: StoreEvent) -> None:
    row = _row(store, request, event)
    row.state, row.note = InboundEvent.State.IGNORED, "It names no product."
    row.processed_at = timezone.now()
    row.save(force_insert=True)


def _keep(store: Store, request: InboundRequest, event: StoreEvent) -> None:
    row = _row(store, request, event)
    row.changed_at = event.updated_at
    row.not_before = _quiet_until(row)
    # Where another request was quicker by a moment, its hint is ours.
    InboundEvent.objects.bulk_create([row], ignore_conflicts=True)
    wake()


def _merge(store: Store, request: InboundRequest, event: StoreEvent) -> bool:
    """Count the hint on a row about the same product that still waits; False if there is none.

    The newest hint wins, and the product gets more time to become quiet.
    """
    new = _row(store, request, event)
    waiting = {"dedupe_key": new.dedupe_key, "state": InboundEvent.State.RECEIVED}
    with transaction.atomic():
        row = store.inbox.select_for_update().filter(**waiting).first()
        if row is None:
            return False
        store.inbox.filter(pk=row.pk, **waiting).update(
            topic=new.topic,
            headers=new.headers,
            body=new.body,
            hints=F("hints") + 1,
            changed_at=_newer(row.changed_at, event.updated_at),
            not_before=_quiet_until(row),
        )
    return True


def _newer(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else None


def _quiet_until(row: InboundEvent) -> datetime:
    """When to look: once it has been quiet, but not put off for ever by a product never at rest."""
    quiet = timedelta(seconds=settings.WEBHOOK_QUIET_SECONDS)
    return min(timezone.now() + quiet, row.created_at + quiet * MOST_WINDOWS)


def _dedupe_key(event: StoreEvent) -> str:
    """Equal for all hints at the same product, whatever they say of it: each means a look."""
    refs = sorted((ref.parent_external_id, ref.external_id) for ref in event.refs)
    return hashlib.sha256(repr(refs).encode()).hexdigest()


def process(event: InboundEvent, owner: str) -> None:
    """Read the product again and mirror it; raises PlatformError."""
    adapter = adapter_for(event.store)
    request = InboundRequest(event.headers, bytes(event.body))
    try:
        parsed = adapter.parse_event(request, secret=event.store.inbox_secret)
    except SignatureInvalid:
        _settle(event, owner, "Its signature does not fit the store's present secret.", ok=False)
        return
    notes = []
    for ref in parsed.refs:
        if _is_being_written(event.store, ref):
            wait(event, owner, seconds=WHILE_PUBLISHING)
            return
        notes.append("read since" if _is_read_since(event, ref) else _look(event, ref))
    _settle(event, owner, " ".join(notes))


def _is_being_written(store: Store, ref: ProductRef) -> bool:
    return Publication.objects.filter(
        store=store, product__external_id=ref.external_id, state__in=_WRITING
    ).exists()


def _is_read_since(event: InboundEvent, ref: ProductRef) -> bool:
    """Whether we have read the product as it was then, or later: after our own write, as a rule.

    Stamps count whole seconds. A second change within one is found by the next sweep of changes.
    """
    if event.changed_at is None:
        return False
    known = event.store.products.exclude(status=Product.Status.DELETED)
    read = {"external_id": ref.external_id, "remote_updated_at__gte": event.changed_at}
    return known.filter(**read).exists()


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
    written = Publication.objects.filter(store=event.store, product__external_id=ref.external_id)
    since = event.created_at - timedelta(hours=1)
    return (
        written.filter(published_at__gt=since).exists()
        or written.filter(rolled_back_at__gt=since).exists()
    )


def _settle(event: InboundEvent, owner: str, note: str, *, ok: bool = True) -> None:
    state = InboundEvent.State.PROCESSED if ok else InboundEvent.State.FAILED
    done = free(state=state, note=note, processed_at=timezone.now())
    if not held(event, owner).filter(hints=event.hints).update(**done):
        # Another hint came while we looked: it may be about something later than what we saw.
        held(event, owner).update(**free(attempt=0))


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
