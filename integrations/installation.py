"""A shop that installs the app: its store, its workspace and its staff, made by their first visit.

Nobody asks a merchant for a shop's address or for keys: the verified session token names the shop
and the person, and is traded for access. The same visit brings back a shop that had left.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from integrations import events, tokens
from integrations.models import AccessToken, Store
from integrations.models.stores import Platform, StoreStatus
from integrations.opening import open_store
from integrations.platforms.shopify.install import (
    CONNECT_AGAIN,
    DOMAIN,
    Visitor,
)
from integrations.platforms.shopify.rights import capabilities, missing_scopes
from productviz.accounts.models import PLATFORMS_MAIL, Membership, Role, User, Workspace

UNINSTALLED = "ProductViz was uninstalled in Shopify. Install it there again to go on."
_STAFF_MAIL = f"@shopify{PLATFORMS_MAIL}"


def shop_store(shop: str) -> Store | None:
    """The store of a shop's domain, in whichever workspace it is."""
    rows = Store.objects.filter(platform=Platform.SHOPIFY, base_url=f"https://{shop}")
    # A shop has no credentials of its own to decrypt: its access is a row apart.
    return rows.defer("credentials", "inbox_secret", "old_inbox_secret").first()


def arrive(visitor: Visitor) -> Membership:
    """The visitor's place in their shop's workspace, with access to the shop in order.

    Installs, or installs again, what needs it. Raises StaleSessionToken, Retryable or Permanent;
    then the shop waits as disconnected and the next visit tries again.
    """
    store = shop_store(visitor.shop) or _new_store(visitor.shop)
    row = AccessToken.objects.filter(store=store).first()
    if tokens.is_lacking(row) or store.status == StoreStatus.DISCONNECTED:
        fresh = tokens.exchange_for(store, visitor, seen=row.version if row else 0)
        _open(store, fresh.scope)
    elif row and store.capabilities.get("missing") and not missing_scopes(row.scope.split(",")):
        # Granted since, as a worker that renewed the tokens was told.
        _open(store, row.scope)
    return _join(store, visitor)


def _new_store(shop: str) -> Store:
    """A workspace of the shop's own, with the presets that every workspace begins with."""
    name = shop.removesuffix(DOMAIN)
    try:
        with transaction.atomic():
            workspace = Workspace.objects.create(name=name.replace("-", " ").title()[:100])
            store = Store.objects.create(
                workspace=workspace,
                platform=Platform.SHOPIFY,
                name=workspace.name,
                base_url=f"https://{shop}",
                status=StoreStatus.DISCONNECTED,
                status_reason=CONNECT_AGAIN,
                credentials={},
                inbox_secret=secrets.token_hex(32),
            )
            furnish: Callable[[Workspace], None] = import_string(settings.NEW_WORKSPACE)
            furnish(workspace)
    except IntegrityError:  # another visit of the same shop was quicker
        return Store.objects.get(platform=Platform.SHOPIFY, base_url=f"https://{shop}")
    return store


def _open(store: Store, scope: str) -> None:
    with transaction.atomic():
        open_store(store, capabilities(scope.split(",")))


def _join(store: Store, visitor: Visitor) -> Membership:
    """Shopify decides who may open the app; the first of a workspace owns it."""
    known = member_of_shop(visitor)
    if known is not None:
        return known
    with transaction.atomic():
        nobodys = {"name": f"Shopify staff {visitor.user_id}", "password": make_password(None)}
        user, _ = User.objects.get_or_create(email=_address(visitor), defaults=nobodys)
        owned = store.workspace.memberships.filter(role=Role.OWNER).exists()
        membership, _ = Membership.objects.get_or_create(
            workspace=store.workspace,
            user=user,
            defaults={"role": Role.EDITOR if owned else Role.OWNER},
        )
    return membership


def member_of_shop(visitor: Visitor) -> Membership | None:
    """The visitor's place, if they have been here before; asks the shop nothing."""
    mine = Membership.objects.filter(
        user__email=_address(visitor),
        workspace__stores__platform=Platform.SHOPIFY,
        workspace__stores__base_url=f"https://{visitor.shop}",
    )
    return mine.select_related("user", "workspace").first()


def staff_of(store: Store) -> QuerySet[User]:
    """The accounts that a shop's own staff got by their visits."""
    return User.objects.filter(email__endswith=_address_end(store.base_url.partition("://")[2]))


def _address(visitor: Visitor) -> str:
    return f"staff-{visitor.user_id}{_address_end(visitor.shop)}"


def _address_end(shop: str) -> str:
    return f".{shop.removesuffix(DOMAIN)}{_STAFF_MAIL}"


def uninstalled(store: Store) -> str:
    """Drop the tokens and let all work wait; what was made stays. Says what was done.

    Shopify itself is asked: a notice may come late, after a new installation, or be sent again by
    somebody who has kept one. Raises Retryable.
    """
    if tokens.is_given(store):
        return "Shopify still gives access"
    with transaction.atomic():
        row = AccessToken.objects.select_for_update().filter(store=store).first()
        if row and row.version and not row.is_dead:
            return "it was installed again since"
        AccessToken.objects.filter(store=store).delete()
        # What a worker was refused a moment before is no longer the reason.
        Store.objects.filter(pk=store.pk).update(status_reason=UNINSTALLED)
        events.set_status(store.pk, StoreStatus.DISCONNECTED, UNINSTALLED)
    return "uninstalled"


def rights_changed(store: Store) -> str:
    """The next visit gets a token with the present scopes; until then the old one is tried."""
    AccessToken.objects.filter(store=store).update(scope="")
    return "the next visit renews the access"
