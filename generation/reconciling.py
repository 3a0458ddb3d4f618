"""The sweep for what automations missed: a notice that failed, a held change that was lost.

Goes through the store's changes in the order of their time, once each, however large the catalog.
What was made meanwhile, is held, or does not concern the automation is passed by.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from generation.automations import hold, running
from generation.models import Automation, Generation
from generation.triggers import SUPERSEDED, concerned
from integrations.models import Product

log = structlog.get_logger(__name__)

# Changes that one run looks over for one automation, and those of one transaction.
MOST, AT_ONCE = 5_000, 500
# Notices need a moment, and pages of a catalog are written in transactions of many seconds.
GRACE = timedelta(minutes=15)


def sweep() -> int:
    """Hold what every running automation has missed; the number of products. For the schedule."""
    return sum(_sweep(pk) for pk in running().order_by("pk").values_list("pk", flat=True))


def _sweep(automation: uuid.UUID) -> int:
    """One automation; what cannot be swept is logged, and the others are."""
    try:
        return _steps(automation)
    except Exception:
        log.exception("an automation could not be swept", automation=str(automation))
        return 0


def _steps(automation: uuid.UUID) -> int:
    found = 0
    for _ in range(MOST // AT_ONCE):
        looked_at, missed = _step(automation)
        found += missed
        if looked_at < AT_ONCE:
            break
    return found


def _step(pk: uuid.UUID) -> tuple[int, int]:
    """How many changes were looked at, and how many of them had been missed."""
    no_key = connection.features.has_select_for_no_key_update
    with transaction.atomic():
        rows = running().select_for_update(of=("self",), skip_locked=True, no_key=no_key)
        automation = rows.filter(pk=pk).first()
        if automation is None:
            return 0, 0
        chunk = list(_next_changes(automation)[:AT_ONCE])
        if not chunk:
            return 0, 0
        missed = _missed(automation, [product for product, _ in chunk])
        hold(automation, missed)
        swept_id, swept_at = chunk[-1]
        # The version stays: nobody outside sees how far the sweep is.
        kept = Automation.objects.filter(pk=pk)
        kept.update(swept_at=swept_at, swept_id=swept_id, version=F("version"))
    return len(chunk), len(missed)


def _next_changes(automation: Automation) -> QuerySet[Product, tuple[uuid.UUID, datetime | None]]:
    """Ids and times of changes behind the cursor, the oldest first: one range of an index."""
    at, pk = automation.swept_at, automation.swept_id
    rows = Product.objects.filter(
        store=automation.store_id,
        inputs_changed_at__gte=at,
        inputs_changed_at__lte=timezone.now() - GRACE,
    )
    if pk is not None:
        rows = rows.exclude(Q(inputs_changed_at=at) & Q(pk__lte=pk))
    return rows.order_by("inputs_changed_at", "pk").values_list("pk", "inputs_changed_at")


def _missed(automation: Automation, ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    rows = Product.objects.filter(pk__in=ids)
    wanted = set(concerned(automation, rows).values_list("pk", flat=True))
    wanted -= set(automation.held.filter(product__in=wanted).values_list("product", flat=True))
    return sorted(wanted - _made(automation, wanted))


def _made(automation: Automation, ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Products of which the preset has an image from what they are now, whoever asked for it."""
    rows = Generation.objects.filter(
        product__in=ids,
        preset_version__preset=automation.preset_id,
        inputs_hash=F("product__inputs_hash"),
    )
    return set(rows.exclude(error_code=SUPERSEDED).values_list("product", flat=True))
