"""What privacy laws ask of an app: to show or erase a customer's data, and to erase a shop's.

ProductViz holds no data about customers, and says so in a row. A shop is erased 48 hours after it
has left: its catalog, its pictures and its access, in the database and in storage.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from integrations import connect, events, tokens
from integrations.contract import EventKind, NotReady, PlatformError
from integrations.installation import shop_store, staff_of
from integrations.models import PrivacyRequest, Store
from integrations.models.stores import Platform, StoreStatus
from integrations.platforms.shopify.events import Delivery
from productviz.accounts.models import User
from productviz.lib.ids import parse_public_id
from productviz.lib.lease import free, held
from productviz.lib.queue import wake

log = structlog.get_logger(__name__)

KINDS = (EventKind.CUSTOMER_DATA_ASKED, EventKind.CUSTOMER_ERASED, EventKind.SHOP_ERASED)
_SHOP_TOPIC = "shop/redact"
STORE_TOPIC = "store/deleted"
_EVENTS_AT_ONCE = 500
NO_CUSTOMERS = "No data about customers is held."
State = PrivacyRequest.State


def keep(delivery: Delivery) -> None:
    """Note a request; the body, which names a customer, is not kept."""
    row = PrivacyRequest(
        shop=delivery.shop,
        topic=delivery.event.topic[:40],
        delivery_id=delivery.webhook_id,
    )
    PrivacyRequest.objects.bulk_create([row], ignore_conflicts=True)
    wake()


def waiting() -> QuerySet[PrivacyRequest]:
    """Requests that nobody has answered yet."""
    return PrivacyRequest.objects.filter(state=State.RECEIVED).order_by("pk")


def run(request: PrivacyRequest, owner: str) -> None:
    """Do what is asked and note what became of it. Raises PlatformError."""
    if request.topic == STORE_TOPIC:
        _delete(request, owner)
        return
    if request.topic != _SHOP_TOPIC:
        _settle(request, owner, State.DONE, NO_CUSTOMERS)
        return
    store = shop_store(request.shop)
    if store is None:
        _settle(request, owner, State.DONE, "Nothing of this shop is held.")
    elif tokens.is_given(store):
        _settle(request, owner, State.REFUSED, "The shop has installed ProductViz again.")
    else:
        counts = erase(store)
        _settle(request, owner, State.DONE, "Everything of this shop was erased.", counts)


def request_deletion(store: Store) -> None:
    """Let a worker give the store's access back and remove all that hangs on it, soon.

    From now on nothing of it goes on. Once is enough: a second time changes nothing.
    """
    with transaction.atomic():
        if not Store.objects.filter(pk=store.pk, deleted_at=None).update(deleted_at=timezone.now()):
            return
        events.set_status(store.pk, StoreStatus.DISCONNECTED, "This store is being deleted.")
        PrivacyRequest.objects.create(shop=store.public_id, topic=STORE_TOPIC)
        wake()


def _delete(request: PrivacyRequest, owner: str) -> None:
    going = Store.objects.filter(deleted_at__isnull=False)
    store = going.filter(pk=parse_public_id(Store.PREFIX, request.shop) or uuid.UUID(int=0)).first()
    if store is None:
        _settle(request, owner, State.DONE, "Nothing of this store is held.")
        return
    at_work = store.publications.exclude(lease_owner="").filter(lease_until__gt=timezone.now())
    if at_work.exists():
        raise NotReady("A publication is still at work in the store.", after=15.0)
    connect.disconnect(store)
    counts = erase(store)
    _settle(request, owner, State.DONE, "Everything of this store was removed.", counts)


def erase(store: Store) -> dict[str, int]:
    """Remove the store with all that hangs on it, rows and files; how many of each.

    The accounts of a Shopify shop's staff go too, and its workspace where no store and nobody else
    is left in it. What is left is one event that says so.
    """
    erase_pictures: Callable[[Store], dict[str, int]] = import_string(settings.ERASE_PICTURES)
    counts = erase_pictures(store)
    _forget_events(store)
    workspace, is_shopify = store.workspace, store.platform == Platform.SHOPIFY
    # An address says whose staff somebody is, and a custom store's is not proven by anybody.
    staff = staff_of(store) if is_shopify else User.objects.none()
    with transaction.atomic():
        counts |= {"products": store.products.count(), "people": staff.count()}
        store.version += 1
        events.store(store, "deleted", previous=store.status)
        store.delete()
        staff.delete()
        if is_shopify and not workspace.stores.exists() and not workspace.members.exists():
            workspace.delete()
    log.info("a shop was erased", **counts)
    return counts


def _forget_events(store: Store) -> None:
    told = store.workspace.events.filter(store=store.pk)
    while some := list(told.values_list("pk", flat=True)[:_EVENTS_AT_ONCE]):
        told.filter(pk__in=some).delete()


def _settle(
    request: PrivacyRequest,
    owner: str,
    state: PrivacyRequest.State,
    outcome: str,
    counts: dict[str, int] | None = None,
) -> None:
    done = free(state=state, outcome=outcome, counts=counts or {}, settled_at=timezone.now())
    held(request, owner).update(**done)


def fail(request: PrivacyRequest, owner: str, error: PlatformError) -> None:
    """Leave it with the reason where the operator looks; the law gives 30 days."""
    _settle(request, owner, State.REFUSED, f"It could not be done: {error}")
