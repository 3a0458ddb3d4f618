"""Store webhooks: stored as they came, answered at once, then looked into in the queue.

A webhook is a hint that a product may have changed. Its body is never data: the product is read
again from the store, once for all hints of a while. Most hints, our own write-backs among them,
end here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations import catalog, hints, inbox_secrets, mirror, privacy
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
from integrations.models import InboundEvent, Product, Publication, Store
from integrations.models.stores import StoreStatus
from integrations.platforms.shopify import events
from integrations.registry import adapter_for
from productviz.lib.lease import free, held, wait

log = structlog.get_logger(__name__)

MAX_BODY = 2 * 1024 * 1024
KEPT = timedelta(days=7)
# Long enough for a publication's steps; the hint is worth nothing before it is over.
WHILE_PUBLISHING = 10.0
_WRITING = (Publication.State.IN_PROGRESS, Publication.State.ROLLING_BACK)


def receive(token: str, headers: Mapping[str, str], body: bytes) -> int:
    """Verify and store one webhook; the HTTP status to answer. Header names in lower case."""
    store = Store.objects.select_related("workspace").filter(inbox_token=token).first()
    if store is None:
        return 404
    if store.status == StoreStatus.DISCONNECTED or store.deleted_at or is_suspended(store):
        return 410
    if len(body) > MAX_BODY:
        return 413
    if store.pushes:  # its program calls the API
        return 404
    request = InboundRequest(headers, body)
    try:
        event = inbox_secrets.parsed(store, request)
    except SignatureInvalid:
        return 401
    if event.kind == EventKind.PING:
        return 200
    return 200 if hints.keep(store, request, event) else 429


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
    if is_suspended(store) and delivery.event.kind not in _ABOUT_STORE:
        return 200  # dropped: a sweep finds it when the workspace is back
    return 200 if hints.keep(store, request, delivery.event, delivery) else 429


def is_suspended(store: Store) -> bool:
    """Whether nothing may be begun for the store's workspace."""
    return store.workspace.suspended_at is not None


def process(event: InboundEvent, owner: str) -> None:
    """Read the product again and mirror it, or do what it says of the store.

    Raises PlatformError.
    """
    request = InboundRequest(event.headers, bytes(event.body))
    try:
        parsed = inbox_secrets.parsed(event.store, request)
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
            wait(event, owner, seconds=WHILE_PUBLISHING)
            return
        notes.append("read since" if _is_read_since(event, ref) else _look(event, ref))
    _settle(event, owner, " ".join(notes))


def _came_before(event: InboundEvent) -> bool:
    """Two subscriptions send one event twice, under two delivery ids."""
    if not event.event_id or event.hints > 1:
        return False
    same = event.store.inbox.filter(event_id=event.event_id, topic=event.topic, pk__lt=event.pk)
    return same.filter(dedupe_key=event.dedupe_key).exists()


_ABOUT_STORE: Mapping[EventKind, Callable[[Store, StoreEvent], str]] = {
    EventKind.BULK_FINISHED: lambda store, event: catalog.hurry(store),
    EventKind.UNINSTALLED: lambda store, event: uninstalled(store),
    EventKind.SCOPES_CHANGED: lambda store, event: rights_changed(store),
}


def _is_being_written(store: Store, ref: ProductRef) -> bool:
    family = ref.parent_external_id or ref.external_id
    return Publication.objects.filter(
        store=store, family__external_id=family, state__in=_WRITING
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
        family = adapter_for(store).family(ref)
    except Gone:
        return "deleted" if mirror.mark_deleted(store, [ref.external_id]) else "unknown here"
    with transaction.atomic():
        changed = mirror.upsert(store, family)
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
