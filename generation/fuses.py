"""Ceilings on what automations make by themselves: a loop nobody thought of ends here.

Counted from the rows over the last 24 hours, or since somebody resumed the automation.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from generation.models import Automation, Generation
from integrations.models import Product

WINDOW = timedelta(hours=24)
_KEPT = "What changes is kept in mind: resume to go on."
_TITLE_SHOWN = 40


def made_in_store(automation: Automation) -> int:
    """How many images the store's automations have started of late."""
    rows = Generation.objects.filter(automation__store=automation.store_id)
    return _of_late(rows, automation.counted_since).count()


def reason_against(automation: Automation, product: Product, made: int) -> str:
    """Why the automation must not start another image of the product; empty if it may."""
    limit = settings.AUTOMATION_DAILY_LIMIT
    if made >= limit:
        return (
            f"{limit:,} images were made in 24 hours, the most that are made without asking."
            f" {_KEPT}"
        )
    limit = settings.AUTOMATION_PRODUCT_LIMIT
    of_product = automation.generations.filter(product=product)
    if _of_late(of_product, automation.counted_since).count() >= limit:
        return (
            f"{limit:,} images of “{product.title[:_TITLE_SHOWN]}” were made in 24 hours: something"
            f" keeps changing it. {_KEPT}"
        )
    return ""


def pause(automation: Automation, reason: str) -> None:
    """Stop the automation until somebody resumes it."""
    automation.paused_at, automation.pause_reason = timezone.now(), reason
    automation.save(update_fields=["paused_at", "pause_reason"])


def _of_late(rows: QuerySet[Generation], counted_since: datetime | None) -> QuerySet[Generation]:
    since = max(filter(None, (timezone.now() - WINDOW, counted_since)))
    return rows.filter(created_at__gt=since).exclude(status=Generation.Status.CANCELED)
