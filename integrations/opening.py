"""Opening a store: access is tried at the store first, in no transaction, and then kept.

Whoever brought the access (a consent page, pasted keys, the API, a visit from Shopify), a store is
opened here, and what its access turns out to lack is noted here.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction

from integrations import catalog, events
from integrations.contract import Capabilities, PlatformError
from integrations.models import Store, SyncRun
from integrations.models.stores import StoreStatus
from integrations.registry import adapter_for
from productviz.accounts.models import Workspace
from productviz.lib.queue import wake


class CannotConnect(PlatformError):
    """The store could not be connected; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """A store's keys, tried at the store, and what they allow."""

    platform: str
    base_url: str
    name: str
    credentials: dict[str, str] = field(repr=False)
    capabilities: Capabilities


def tried(
    workspace: Workspace,
    platform: str,
    *,
    base_url: str,
    name: str,
    credentials: dict[str, str],
) -> Access:
    """Ask the store, in no transaction, what the keys allow, with those that a known store has.

    Older ones that no longer work are dropped. Raises CannotConnect.
    """
    known = workspace.stores.filter(platform=platform, base_url=base_url).first()
    together = {**(known.credentials if known else {}), **credentials}
    try:
        allowed = _allowed(platform, base_url, credentials)
        if together != credentials:
            try:
                allowed = _allowed(platform, base_url, together)
            except PlatformError:
                together = credentials
    except PlatformError as error:
        raise CannotConnect(str(error), code=error.code) from error
    return Access(platform, base_url, name, together, allowed)


def _allowed(platform: str, base_url: str, credentials: dict[str, str]) -> Capabilities:
    store = Store(platform=platform, base_url=base_url, credentials=credentials)
    return adapter_for(store).check()


def keep(workspace: Workspace, access: Access, **fields: Any) -> tuple[Store, bool]:
    """Keep access that was tried; the store, and whether it is new. Raises CannotConnect.

    ``fields`` are a new store's own.
    """
    with transaction.atomic():
        store, is_new = Store.objects.select_for_update().get_or_create(
            workspace=workspace,
            platform=access.platform,
            base_url=access.base_url,
            defaults={
                "name": (access.name or access.base_url.partition("://")[2])[:200],
                "credentials": {},
                "inbox_secret": secrets.token_hex(32),
                "status": StoreStatus.DISCONNECTED,
                **fields,
            },
        )
        store.credentials = dict(access.credentials)
        store.save(update_fields=["credentials"])
        open_store(store, access.capabilities)
    return store, is_new


def open_store(store: Store, capabilities: Capabilities) -> None:
    """Mark a store as connected, with what its access allows; what waited for it is due now.

    Always inside the caller's transaction. Raises CannotConnect for one that is being deleted.
    """
    locked = Store.objects.select_for_update().only("status", "version", "deleted_at")
    before = locked.get(pk=store.pk)
    if before.deleted_at is not None:
        raise CannotConnect(
            "This store is being deleted. Connect it again in a few minutes.", code="state_conflict"
        )
    store.version = before.version
    store.capabilities = {**asdict(capabilities), "missing": list(capabilities.missing)}
    store.show_missing()
    store.save(update_fields=["capabilities", "status", "status_reason"])
    events.store_status(store.pk, previous=before.status)
    for rows in (store.inbox, store.publications, store.sync_runs):
        rows.filter(lease_owner="").update(not_before=None, retries=0)
    if not store.pushes:
        catalog.request_sync(store, kind=SyncRun.Kind.FULL)
    wake()


def note_missing(store_id: uuid.UUID, right: str) -> None:
    """Say on a store which right its access turned out to lack; everything else goes on."""
    with transaction.atomic():
        store = Store.objects.select_for_update().get(pk=store_id)
        if store.status == StoreStatus.DISCONNECTED:
            return
        missing = store.capabilities.get("missing", [])
        if right not in missing:
            store.capabilities = {**store.capabilities, "missing": [*missing, right]}
        previous = store.status
        store.show_missing()
        store.save(update_fields=["capabilities", "status", "status_reason"])
        events.store_status(store_id, previous=previous)
