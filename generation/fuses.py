"""Ceilings on what automations make by themselves: a loop nobody thought of ends here.

Counted from the rows over the last 24 hours, or since somebody resumed the automation. A fuse that
trips pauses the automation, is told once a store, and loses nothing: what changes is held.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from generation import events
from generation.models import Automation, Generation
from integrations.models import Product, Store
from productviz.accounts import mail

WINDOW = timedelta(hours=24)
STORM_WINDOW = timedelta(minutes=10)
# More than so many products, and more than this share of the store: an import, or a script.
STORM_COUNT = 20
STORM_SHARE = 0.20
KEPT = "What changes is kept in mind: resume to go on."
_TITLE_SHOWN = 40


@dataclass(slots=True)
class Tally:
    """What an automation, and all automations of its store, have started of late."""

    automation: Automation
    of_store: int
    own: int
    of_product: dict[uuid.UUID, list[datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, automation: Automation, product_ids: Iterable[uuid.UUID] = ()) -> Tally:
        """Count; of single products only those given."""
        of_store = Generation.objects.filter(automation__store=automation.store_id)
        own = _of_late(automation.generations.all(), automation.counted_since)
        found = cls(
            automation,
            of_store=_of_late(of_store, automation.counted_since).count(),
            own=own.count(),
        )
        times = own.filter(product__in=list(product_ids)).order_by("created_at")
        for product, at in times.values_list("product", "created_at"):
            found.of_product.setdefault(product, []).append(at)
        return found

    def add(self, product: Product) -> None:
        """Count one more image of the product."""
        self.of_store += 1
        self.own += 1
        self.of_product.setdefault(product.pk, []).append(timezone.now())

    def wait_until(self, product: Product) -> datetime | None:
        """When the automation's own limit a product allows another image; None if it does now."""
        limit, times = self.automation.product_limit, self.of_product.get(product.pk, [])
        return times[-limit] + WINDOW if limit and len(times) >= limit else None

    def left(self) -> int:
        """How many images it may still start."""
        left = settings.AUTOMATION_DAILY_LIMIT - self.of_store
        if self.automation.daily_limit is not None:
            left = min(left, self.automation.daily_limit - self.own)
        return max(left, 0)

    def reason_against(self, product: Product) -> str:
        """Why the automation must not start another image of the product; empty if it may."""
        return self.spent() or self._looping(product)

    def spent(self) -> str:
        """Why it must not start any image; empty if it may."""
        limit = self.automation.daily_limit
        if limit is not None and self.own >= limit:
            return (
                f"{limit:,} images were made in 24 hours, which is this automation’s daily limit."
                f" {KEPT}"
            )
        limit = settings.AUTOMATION_DAILY_LIMIT
        if self.of_store >= limit:
            return (
                f"{limit:,} images were made in 24 hours, the most that are made without asking."
                f" {KEPT}"
            )
        return ""

    def _looping(self, product: Product) -> str:
        limit = settings.AUTOMATION_PRODUCT_LIMIT
        if len(self.of_product.get(product.pk, [])) < limit:
            return ""
        return (
            f"{limit:,} images of “{product.title[:_TITLE_SHOWN]}” were made in 24 hours: something"
            f" keeps changing it. {KEPT}"
        )


def _of_late(rows: QuerySet[Generation], counted_since: datetime | None) -> QuerySet[Generation]:
    since = max(filter(None, (timezone.now() - WINDOW, counted_since)))
    return rows.filter(created_at__gt=since).exclude(status=Generation.Status.CANCELED)


def storm(store: Store, since: datetime) -> str:
    """Why so many changes at once must not start anything; empty if they are not that many.

    ``since`` is when somebody last said that all is well; at most ten minutes are looked back.
    """
    since = max(timezone.now() - STORM_WINDOW, since)
    living = store.products.exclude(status=Product.Status.DELETED)
    changed = living.filter(inputs_changed_at__gt=since).count()
    if changed <= STORM_COUNT:
        return ""
    total = living.count()
    if changed <= total * STORM_SHARE:
        return ""
    return (
        f"{changed:,} of {total:,} products changed within ten minutes, as an import does. What"
        " changed is kept in mind: if it is meant, resume and it is gone on with; if not, find out"
        " first what changes your products."
    )


def pause(automation: Automation, reason: str) -> bool:
    """Stop the automation until somebody resumes it, in the caller's transaction.

    Whoever pauses it first tells of it; False if it was paused already. The first one of a store
    that stops is told by e-mail, since the next ones stop for the same cause.
    """
    running = Automation.objects.filter(pk=automation.pk, paused_at=None)
    if not running.update(paused_at=timezone.now(), pause_reason=reason):
        return False
    automation.refresh_from_db(fields=["paused_at", "pause_reason", "version"])
    events.automation_paused(automation)
    others = automation.store.automations.filter(enabled=True).exclude(paused_at=None)
    if not others.exclude(pk=automation.pk).exists():
        _tell_owners(automation)
    return True


def _tell_owners(automation: Automation) -> None:
    store = automation.store
    mail.to_owners(
        store.workspace,
        subject=f"Automations of {store} have paused",
        text=f"“{automation.preset}” in {store} has paused. {automation.pause_reason}\n\n"
        f"Look at it and resume it here: {settings.PUBLIC_URL}/automations/",
    )
