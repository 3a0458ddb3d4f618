"""When a product's inputs change in its store, start the generations its automations ask for.

One waiting generation a product, and ceilings that no loop can pass: an automation that reaches
one pauses, says why on the dashboard, and holds what changes until somebody resumes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from generation import fuses
from generation.events import record
from generation.intake.accept import Refused, accept
from generation.models import Automation, Generation, HeldChange, Lane, PublishMode
from integrations.models import Product, Store
from productviz.lib.lease import free

log = structlog.get_logger(__name__)

# Held products that are gone on with at a time.
CAUGHT_UP_AT_ONCE = 200
_SUPERSEDED = "The product changed again before this image was begun; a newer one was started."


def on_catalog_changed(
    sender: Any, *, store: Store, product_ids: Sequence[uuid.UUID], **kwargs: Any
) -> None:
    """The receiver of ``integrations.catalog.catalog_changed``: one generation a preset a product.

    Only products that have a photograph of their own count; our own write-backs never get here,
    since they do not change a product's inputs.
    """
    for automation in Automation.objects.filter(store=store, enabled=True):
        _offer(automation, product_ids)


def _offer(automation: Automation, product_ids: Iterable[uuid.UUID]) -> None:
    """Start what the fuses allow; what they do not is held. Two offers never count at once."""
    with transaction.atomic():
        locked = Automation.objects.select_for_update(of=("self",)).select_related("preset")
        row = locked.get(pk=automation.pk)
        made = fuses.made_in_store(row)
        held: list[uuid.UUID] = []
        products = row.store.products.filter(pk__in=list(product_ids)).select_related("store")
        for product in products:
            if not row.paused_at and (reason := fuses.reason_against(row, product, made)):
                fuses.pause(row, reason)
            if row.paused_at:
                held.append(product.pk)
            else:
                made += _start(row, product)
        HeldChange.objects.bulk_create(
            (HeldChange(automation=row, product_id=pk) for pk in held), ignore_conflicts=True
        )


def _start(automation: Automation, product: Product) -> bool:
    """Whether a generation was started; the one that still waits for its turn gives way to it."""
    try:
        with transaction.atomic():
            _supersede(automation, product)
            accept(
                product=product,
                version=automation.preset.latest,
                publish=PublishMode(automation.publish),
                lane=Lane.NORMAL,
                requested_by=None,
                automation=automation,
            )
    except Refused as refusal:
        log.info("automation passed over", product=product.public_id, code=refusal.code)
        return False
    return True


def _supersede(automation: Automation, product: Product) -> None:
    """Cancel what nobody has begun: it would be made from what the product was before."""
    waiting = {"status": Generation.Status.QUEUED, "lease_owner": ""}
    for row in automation.generations.filter(product=product, **waiting):
        ended = free(
            status=Generation.Status.CANCELED,
            error_code="superseded",
            error_message=_SUPERSEDED,
            finished_at=timezone.now(),
        )
        if Generation.objects.filter(pk=row.pk, **waiting).update(**ended):
            record(row, "canceled")


def resume(automation: Automation) -> None:
    """Let an automation go on, with the count at zero; what it held is caught up on soon."""
    Automation.objects.filter(pk=automation.pk).update(
        enabled=True, paused_at=None, pause_reason="", counted_since=timezone.now()
    )


def catch_up() -> int:
    """Go on with what resumed automations held; the number of products. For the schedule."""
    done = 0
    running = Automation.objects.filter(enabled=True, paused_at=None)
    for automation in running.filter(held__isnull=False).distinct():
        with transaction.atomic():
            rows = list(automation.held.order_by("pk")[:CAUGHT_UP_AT_ONCE])
            HeldChange.objects.filter(pk__in=[row.pk for row in rows]).delete()
            _offer(automation, [row.product_id for row in rows])
        done += len(rows)
    return done
