"""Connecting stores: by the store's own consent page, by an application password, by pasted keys.

Whatever way the access came, it is tried at the store before it is believed, and stored encrypted.
Webhooks and the first sync follow in the queue, never inside the request that brought the keys.
"""

from __future__ import annotations

import secrets
import uuid
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from integrations import catalog
from integrations.consent import Site
from integrations.contract import Capabilities, PlatformError
from integrations.models import AccessToken, PendingConnection, Store, SyncRun
from integrations.models.stores import Platform, StoreStatus
from integrations.registry import INSTALLERS, adapter_for
from productviz.accounts.models import User, Workspace
from productviz.lib.queue import wake

CALLBACK_PATH = "/connect/woocommerce/callback"
RETURN_PATH = "/connect/woocommerce/return"
PASSWORD_PATH = "/connect/woocommerce/password"  # noqa: S105  a path


class CannotConnect(PlatformError):
    """The store could not be connected; the message says why and what to do."""


def begin(
    workspace: Workspace,
    user: User,
    platform: str,
    base_url: str,
    route: str,
    session_key: str = "",
) -> str:
    """Start a connection on the store's own consent page; the address to send the browser to.

    ``route`` is "wc-auth" or "application-password". Raises CannotConnect.
    """
    site = _discover(platform, base_url)
    pending = PendingConnection.objects.create(
        workspace=workspace,
        user=user,
        platform=platform,
        base_url=site.url,
        store_name=site.name[:200],
        route=route,
        session_key=session_key or "",
    )
    try:
        return _consent_page(pending, site)
    except PlatformError as error:
        raise CannotConnect(str(error), code=error.code) from error


def _consent_page(pending: PendingConnection, site: Site) -> str:
    install = INSTALLERS[pending.platform]
    base = settings.PUBLIC_URL
    if pending.route == "application-password":
        return install.password_page(
            site,
            success_url=f"{base}{PASSWORD_PATH}?state={pending.token}",
            reject_url=f"{base}{RETURN_PATH}?success=0&user_id={pending.token}",
        )
    if not settings.HTTPS and not settings.DEVELOPMENT:
        raise CannotConnect(
            "Connecting with one click needs this installation to be reachable over https. Use an"
            " application password or paste keys instead."
        )
    return install.key_page(
        site,
        token=pending.token,
        return_url=f"{base}{RETURN_PATH}",
        callback_url=f"{base}{CALLBACK_PATH}",
    )


def _discover(platform: str, base_url: str) -> Site:
    if platform not in INSTALLERS:
        raise CannotConnect(f"There is no way to connect a {platform} store yet.")
    try:
        return INSTALLERS[platform].discover(base_url)
    except PlatformError as error:
        raise CannotConnect(str(error), code=error.code) from error


def receive_key(body: bytes) -> int:
    """What a store posts after consent; the HTTP status to answer.

    Anything but 200 makes the store delete the key again, which is right for a key that nobody
    here is waiting for. The body does not name the store: only our token does.
    """
    key = INSTALLERS[Platform.WOOCOMMERCE].issued_key(body)
    if key is None:
        return 400
    pending = _take(PendingConnection.objects.filter(token=key.token, route="wc-auth"))
    if pending is None:
        return 404
    credentials = {"consumer_key": key.consumer_key, "consumer_secret": key.consumer_secret}
    try:
        _complete(pending, credentials)
    except CannotConnect as error:
        PendingConnection.objects.filter(pk=pending.pk).update(error=str(error))
    return 200


def receive_password(
    token: str, *, user: User, session_key: str, username: str, password: str
) -> Store:
    """What WordPress sends the browser back with. Raises CannotConnect."""
    rows = PendingConnection.objects.filter(token=token, user=user, route="application-password")
    found = rows.first()
    pending = _take(rows) if found and _same_session(found, session_key) else None
    if pending is None:
        raise CannotConnect("This connection was begun elsewhere or too long ago. Start again.")
    credentials = {"username": username, "application_password": password}
    return _complete(pending, credentials)


def finished(token: str, *, user: User, session_key: str) -> Store:
    """The store that a consent page led to. Raises CannotConnect with the reason if none."""
    pending = PendingConnection.objects.filter(token=token, user=user).first()
    if pending is None or not _same_session(pending, session_key):
        raise CannotConnect("This connection was begun elsewhere. Start again.")
    if pending.store is not None:
        return pending.store
    raise CannotConnect(
        pending.error
        or "The store has not sent a key. Approve the connection there, or, if this installation"
        " cannot be reached from the store, use an application password or paste keys."
    )


def _same_session(pending: PendingConnection, session_key: str) -> bool:
    return not pending.session_key or constant_time_compare(pending.session_key, session_key)


def _take(rows: Any) -> PendingConnection | None:
    """Use a token up; None if it is unknown, expired or used."""
    pending: PendingConnection | None = rows.first()
    if pending is None:
        return None
    open_ones = PendingConnection.objects.filter(
        pk=pending.pk, used_at=None, expires_at__gt=timezone.now()
    )
    return pending if open_ones.update(used_at=timezone.now()) else None


def _complete(pending: PendingConnection, credentials: dict[str, str]) -> Store:
    store = _connect(
        pending.workspace,
        pending.platform,
        base_url=pending.base_url,
        name=pending.store_name,
        credentials=credentials,
    )
    PendingConnection.objects.filter(pk=pending.pk).update(store=store)
    return store


def connect_with_keys(
    workspace: Workspace,
    user: User,
    platform: str,
    base_url: str,
    consumer_key: str,
    consumer_secret: str,
) -> Store:
    """Connect with a pasted key pair. Raises CannotConnect."""
    site = _discover(platform, base_url)
    credentials = {
        "consumer_key": consumer_key.strip(),
        "consumer_secret": consumer_secret.strip(),
    }
    return _connect(workspace, platform, base_url=site.url, name=site.name, credentials=credentials)


def connect_with_application_password(
    workspace: Workspace,
    user: User,
    platform: str,
    base_url: str,
    username: str,
    password: str,
) -> Store:
    """Connect with a WordPress application password. Raises CannotConnect."""
    site = _discover(platform, base_url)
    credentials = {"username": username.strip(), "application_password": password.strip()}
    return _connect(workspace, platform, base_url=site.url, name=site.name, credentials=credentials)


def _connect(
    workspace: Workspace,
    platform: str,
    *,
    base_url: str,
    name: str,
    credentials: dict[str, str],
) -> Store:
    """Try the access, then keep it: in a new store, or beside what a known one has already."""
    try:
        adapter_for(Store(platform=platform, base_url=base_url, credentials=credentials)).check()
    except PlatformError as error:
        raise CannotConnect(str(error), code=error.code) from error
    with transaction.atomic():
        store, _ = Store.objects.select_for_update().get_or_create(
            workspace=workspace,
            platform=platform,
            base_url=base_url,
            defaults={
                "name": (name or base_url.partition("://")[2])[:200],
                "credentials": {},
                "inbox_secret": secrets.token_hex(32),
            },
        )
        store.credentials = {**store.credentials, **credentials}
        allowed = _capabilities(store, credentials)
        store.save(update_fields=["credentials"])
        open_store(store, allowed)
    return store


def _capabilities(store: Store, fresh: dict[str, str]) -> Capabilities:
    """What all of the store's credentials allow together; stale older ones are dropped."""
    try:
        return adapter_for(store).check()
    except PlatformError:
        store.credentials = dict(fresh)
    try:
        return adapter_for(store).check()
    except PlatformError as error:
        raise CannotConnect(str(error), code=error.code) from error


def open_store(store: Store, capabilities: Capabilities) -> None:
    """Mark a store as connected, with what its access allows; what waited for it is due now.

    Always inside the caller's transaction.
    """
    store.capabilities = {**asdict(capabilities), "missing": list(capabilities.missing)}
    store.show_missing()
    store.save(update_fields=["capabilities", "status", "status_reason"])
    for rows in (store.inbox, store.publications, store.sync_runs):
        rows.filter(lease_owner="").update(not_before=None, retries=0)
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
        store.show_missing()
        store.save(update_fields=["capabilities", "status", "status_reason"])


def disconnect(store: Store) -> None:
    """Remove our webhooks, give back what can be given back, forget the keys; work waits."""
    reason = "You disconnected this store."
    if store.credentials:
        # A store that is down or has revoked us must not keep the merchant from leaving.
        with suppress(PlatformError):
            adapter_for(store).unsubscribe(url=store.inbox_url)
        INSTALLERS[store.platform].revoke(dict(store.credentials), store.base_url)
    if store.credentials.get("consumer_key"):
        reason += (
            " Revoke the key in WooCommerce > Settings > Advanced > REST API: we cannot do that."
        )
    AccessToken.objects.filter(store=store).delete()
    Store.objects.filter(pk=store.pk).update(
        credentials={}, status=StoreStatus.DISCONNECTED, status_reason=reason
    )
    store.refresh_from_db()
