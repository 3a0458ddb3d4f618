"""When a product's inputs change in its store, start the generations its automations ask for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import structlog

from generation.intake.accept import Refused, accept
from generation.models import Automation, Lane, PublishMode
from integrations.models import Product, Store

log = structlog.get_logger(__name__)


def on_catalog_changed(
    sender: Any, *, store: Store, product_ids: Sequence[uuid.UUID], **kwargs: Any
) -> None:
    """The receiver of ``integrations.catalog.catalog_changed``: one generation a preset a product.

    Only products that have a photograph of their own count; our own write-backs never get here,
    since they do not change a product's inputs.
    """
    automations = Automation.objects.filter(store=store, enabled=True).select_related("preset")
    for automation in automations:
        for product in store.products.filter(pk__in=product_ids).select_related("store"):
            _start(automation, product)


def _start(automation: Automation, product: Product) -> None:
    try:
        accept(
            product=product,
            version=automation.preset.latest,
            publish=PublishMode(automation.publish),
            lane=Lane.NORMAL,
            requested_by=None,
        )
    except Refused as refusal:
        log.info("automation passed over", product=product.public_id, code=refusal.code)
