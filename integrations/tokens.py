"""Tokens that expire: one live pair a shop, renewed by one process at a time.

Whoever takes the row's lease asks the shop, outside of any transaction, and saves both tokens in
one update. Everybody else waits a moment for the new pair: a second question would end the first
answer's token.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from integrations import events
from integrations.contract import AccessTokens, NeedsMerchant, PlatformError, Retryable
from integrations.models import AccessToken, Store
from integrations.models.stores import StoreStatus
from integrations.platforms.shopify.app import App
from integrations.platforms.shopify.install import (
    CONNECT_AGAIN,
    Issued,
    Visitor,
    exchange,
    refresh,
)
from integrations.platforms.shopify.rights import missing_scopes
from productviz.lib.lease import claim, free, held, new_owner

log = structlog.get_logger(__name__)

RENEW_BEFORE = timedelta(minutes=5)
# An idle shop's refresh token dies after 90 days; this leaves a month of failed tries.
RENEW_REFRESH_BEFORE = timedelta(days=30)
# A new pair ends the old one, so a shop that does not give all rights is not asked at every page;
# a notice of its own tells sooner.
ASK_RIGHTS_EVERY = timedelta(minutes=10)
# Longer than a usual answer and shorter than a page's patience.
WAIT_SECONDS = 15.0
_LOOK_SECONDS = 0.1
Ask = Callable[[AccessToken], Issued]


class ShopTokens:
    """The tokens of one store, read afresh at every question; see ``contract.AccessTokens``."""

    def __init__(self, store: Store, app: App) -> None:
        self._store_id = store.pk
        self._shop = store.base_url.partition("://")[2]
        self._app = app

    def current(self) -> str:
        """A token with minutes left to live. Raises NeedsMerchant or Retryable."""
        row = self._row()
        if row.expires_at and row.expires_at > timezone.now() + RENEW_BEFORE:
            return str(row.access)
        try:
            return self.renewed(row)
        except Retryable:
            # A shop that is slow to renew need not stop what the old token still allows.
            if row.expires_at and row.expires_at > timezone.now() + timedelta(minutes=1):
                return str(row.access)
            raise

    def after_refusal(self, refused: str) -> str:
        """The token that came in between, or the next one. Raises NeedsMerchant or Retryable."""
        row = self._row()
        return str(row.access) if row.access != refused else self.renewed(row)

    def renewed(self, row: AccessToken) -> str:
        """The access token after ``row``'s, whoever asks for it."""
        return str(_next(row, lambda now: refresh(self._shop, str(now.refresh), self._app)).access)

    def _row(self) -> AccessToken:
        row = AccessToken.objects.filter(store_id=self._store_id).first()
        if row is None or row.is_dead or not row.access:
            raise NeedsMerchant(CONNECT_AGAIN)
        return row


def tokens_for(store: Store) -> AccessTokens:
    """The expiring tokens of a connected store."""
    return ShopTokens(store, settings.SHOPIFY_APP)


def exchange_for(store: Store, visitor: Visitor, *, seen: int = 0) -> AccessToken:
    """Get a pair from a staff member's visit, after the version ``seen``; returns the row with it.

    Two visits at once ask once. Raises StaleSessionToken, Retryable or Permanent.
    """
    row, _ = AccessToken.objects.get_or_create(store=store)
    if row.version != seen:
        return _alive(row)
    return _next(
        row, lambda now: exchange(visitor, settings.SHOPIFY_APP), exchanged_at=timezone.now()
    )


def is_lacking(row: AccessToken | None) -> bool:
    """Whether the next visit should get a new pair: none, a dead one, or too few rights."""
    if row is None or row.is_dead or not row.access or not row.scope:
        return True
    is_new = row.exchanged_at is not None and row.exchanged_at > timezone.now() - ASK_RIGHTS_EVERY
    return not is_new and bool(missing_scopes(row.scope.split(",")))


def is_given(store: Store) -> bool:
    """Whether the shop still gives access; Shopify itself is asked. Raises Retryable."""
    row = AccessToken.objects.filter(store=store, is_dead=False).exclude(version=0).first()
    if row is None:
        return False
    try:
        ShopTokens(store, settings.SHOPIFY_APP).renewed(row)
    except NeedsMerchant:
        return False
    return True


def _next(row: AccessToken, ask: Ask, **also: datetime) -> AccessToken:
    """The row after ``row``'s version: asked for here, or by whoever holds the lease."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        owner = new_owner()
        stale = AccessToken.objects.filter(pk=row.pk, version=row.version)
        if claimed := claim(stale, owner=owner, limit=1):
            _renew(claimed[0], owner, ask, **also)
        now = AccessToken.objects.filter(pk=row.pk).first()
        if now is None:
            raise NeedsMerchant(CONNECT_AGAIN)
        if now.version != row.version:
            return _alive(now)
        if time.monotonic() > deadline:
            raise Retryable("Shopify's access is being renewed. Try again in a minute.", after=60)
        time.sleep(_LOOK_SECONDS)


def _alive(row: AccessToken) -> AccessToken:
    if row.is_dead:
        raise NeedsMerchant(CONNECT_AGAIN)
    return row


def _renew(row: AccessToken, owner: str, ask: Ask, **also: datetime) -> None:
    """Ask and save; the lease ends in every case but a killed process, and then by its clock."""
    try:
        issued = ask(row)
    except NeedsMerchant:
        _bury(row, owner)
        raise
    except Exception:
        held(row, owner).update(**free())
        raise
    held(row, owner).update(
        access=issued.access,
        # An answer without a refresh token leaves the old one in force.
        refresh=issued.refresh or row.refresh,
        refresh_expires_at=issued.refresh_expires_at if issued.refresh else row.refresh_expires_at,
        expires_at=issued.expires_at,
        scope=issued.scope or row.scope,
        version=F("version") + 1,
        is_dead=False,
        **free(attempt=0, **also),
    )


def _bury(row: AccessToken, owner: str) -> None:
    """Nobody asks with a dead refresh token again; the merchant is told why work waits."""
    with transaction.atomic():
        if held(row, owner).update(is_dead=True, version=F("version") + 1, **free(attempt=0)):
            events.set_status(row.store_id, StoreStatus.DISCONNECTED, CONNECT_AGAIN)
            log.warning("a shop's access ended", store=str(row.store_id))


def _ending(before: datetime) -> QuerySet[AccessToken]:
    rows = AccessToken.objects.filter(is_dead=False, refresh_expires_at__lt=before)
    return rows.exclude(store__status=StoreStatus.DISCONNECTED).select_related("store")


def renew_ending() -> int:
    """Renew every pair whose refresh token ends within a month; the number. For the schedule."""
    done = 0
    for row in _ending(timezone.now() + RENEW_REFRESH_BEFORE):
        try:
            ShopTokens(row.store, settings.SHOPIFY_APP).renewed(row)
        except PlatformError as error:
            log.warning("access not renewed", store=row.store.public_id, reason=str(error))
        else:
            done += 1
    return done
