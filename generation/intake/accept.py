"""Stage 1: turn a request into a row, or refuse it at once; nothing is queued on a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from generation import budgets
from generation.events import tell
from generation.intake.sources import Refused, Source, choose_sources, refuse_unusable
from generation.intake.turns import next_turn
from generation.intake.wishes import NO_WISHES, Wishes
from generation.models import (
    Automation,
    Batch,
    Generation,
    GenerationSource,
    Lane,
    PresetVersion,
    PublishMode,
)
from generation.types import Stage
from integrations.models import Product
from productviz.accounts.models import User
from productviz.lib import queue

__all__ = ["Refused", "Source", "Wishes", "accept"]


def accept(
    *,
    product: Product,
    version: PresetVersion,
    publish: PublishMode,
    lane: Lane,
    requested_by: User | None,
    sources: Sequence[Source] | None = None,
    batch: Batch | None = None,
    automation: Automation | None = None,
    turn: int | None = None,
    wishes: Wishes = NO_WISHES,
) -> Generation:
    """Queue one generation; without ``sources`` the preset's kind chooses among the product's.

    It has succeeded already where an equal request was answered before. Whoever starts many at once
    counts their ``turn`` up from ``next_turn``. Raises Refused.
    """
    _refuse_foreign_preset(product, version)
    kind = version.parsed().kind
    chosen = list(sources) if sources is not None else choose_sources(product, kind)
    refuse_unusable(product, kind, chosen)
    with transaction.atomic():
        reserved_on, refusal = _reserved(product)
        generation = Generation.objects.create(
            workspace_id=product.store.workspace_id,
            store_id=product.store_id,
            product=product,
            preset_version=version,
            batch=batch,
            automation=automation,
            lane=lane,
            turn=next_turn(product.store.workspace_id, lane) if turn is None else turn,
            publish=publish,
            requested_by=requested_by,
            inputs_hash=product.inputs_hash,
            stage=Stage.PREPROCESS,
            reserved_on=reserved_on,
            **wishes.columns(),
        )
        GenerationSource.objects.bulk_create(
            GenerationSource(
                generation=generation,
                image=source.image,
                position=position,
                role=source.role,
                height_cm=source.height_cm,
            )
            for position, source in enumerate(chosen)
        )
        tell(generation, "accepted")
        if import_string(settings.ANSWER_AT_ONCE)(generation, chosen):
            return generation
        if refusal is not None:
            raise refusal
        if batch is None:
            queue.wake()
        else:
            queue.wake_soon()
    return generation


def _reserved(product: Product) -> tuple[date | None, Refused | None]:
    """The day whose budget has a place for it; what was made before is free without one."""
    try:
        return budgets.reserve(product.store), None
    except Refused as refusal:
        return None, refusal


def _refuse_foreign_preset(product: Product, version: PresetVersion) -> None:
    if version.preset.workspace_id != product.store.workspace_id:
        raise Refused("not_found", "There is no such preset in this workspace.")
