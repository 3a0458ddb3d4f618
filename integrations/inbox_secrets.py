"""The secrets that store webhooks are signed with: given out once, and two good for a day."""

from __future__ import annotations

import base64
import secrets
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integrations.contract import InboundRequest, Permanent, SignatureInvalid, StoreEvent
from integrations.models import Store
from integrations.models.stores import Platform
from integrations.registry import adapter_for

OVERLAP = timedelta(hours=24)


def new_secret() -> str:
    """A secret as Standard Webhooks writes them: 256 bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def parsed(store: Store, request: InboundRequest) -> StoreEvent:
    """Verify and parse a webhook, signed with either secret. Raises SignatureInvalid."""
    adapter = adapter_for(store)
    until = store.old_inbox_secret_until
    if until is not None and until > timezone.now():
        with suppress(SignatureInvalid):
            return adapter.parse_event(request, secret=store.old_inbox_secret)
    return adapter.parse_event(request, secret=store.inbox_secret)


def rotate(store: Store) -> str:
    """Give the store's inbox a new secret, which is told this once; the old one is good for a day.

    A store that we have subscribed to is told of it by ``subscribe_again``. Raises Permanent.
    """
    if store.platform == Platform.SHOPIFY:
        raise Permanent(
            "Shopify signs with the app's own secret: change it in the Shopify Partner dashboard"
            " and in the settings of this installation.",
            code="state_conflict",
        )
    secret = new_secret()
    with transaction.atomic():
        row = Store.objects.select_for_update().get(pk=store.pk)
        Store.objects.filter(pk=row.pk).update(
            inbox_secret=secret,
            old_inbox_secret=row.inbox_secret,
            old_inbox_secret_until=timezone.now() + OVERLAP,
        )
    store.refresh_from_db()
    return secret


def subscribe_again(store: Store) -> None:
    """Have the store sign with its new secret, in no transaction. Raises PlatformError."""
    if store.pushes or not store.capabilities.get("webhooks"):
        return
    adapter = adapter_for(store)
    adapter.unsubscribe(url=store.inbox_url)
    adapter.subscribe(url=store.inbox_url, secret=store.inbox_secret)
