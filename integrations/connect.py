"""Connecting stores: by the store's own consent page, by an application password, by pasted keys.

Whatever way the access came, it is tried at the store before it is believed, and stored encrypted.
Webhooks and the first sync follow in the queue, never inside the request that brought the keys.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from integrations import events, opening
from integrations.consent import Site
from integrations.contract import PlatformError
from integrations.models import AccessToken, PendingConnection, Store
from integrations.models.stores import Platform, StoreStatus
from integrations.opening import CannotConnect as CannotConnect
from integrations.registry import INSTALLERS, adapter_for
from productviz.accounts.models import User, Workspace

CALLBACK_PATH = "/connect/woocommerce/callback"
RETURN_PATH = "/connect/woocommerce/return"
PASSWORD_PATH = "/connect/woocommerce/password"  # noqa: S105  a path


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


def try_access(
    workspace: Workspace, platform: str, base_url: str, credentials: dict[str, str]
) -> opening.Access:
    """Find the store behind an address and try keys there; keeps nothing. Raises CannotConnect."""
    site = _discover(platform, base_url)
    return opening.tried(
        workspace, platform, base_url=site.url, name=site.name, credentials=credentials
    )


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
    access = opening.tried(
        workspace, platform, base_url=base_url, name=name, credentials=credentials
    )
    return opening.keep(workspace, access)[0]


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
    with transaction.atomic():
        AccessToken.objects.filter(store=store).delete()
        Store.objects.filter(pk=store.pk).update(credentials={}, status_reason=reason)
        events.set_status(store.pk, StoreStatus.DISCONNECTED, reason)
    store.refresh_from_db()
