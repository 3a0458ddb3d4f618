"""Stage 1: turn a request into a row, or refuse it at once; nothing is queued on a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from generation.events import record
from generation.models import (
    Batch,
    Generation,
    GenerationSource,
    Lane,
    PresetVersion,
    PublishMode,
)
from generation.types import Stage
from integrations.models import Product, SourceImage
from productviz.accounts.models import User
from productviz.lib import queue


class Refused(Exception):
    """The request cannot be taken; ``code`` is the API's, ``message`` is for the merchant."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def accept(
    *,
    product: Product,
    version: PresetVersion,
    publish: PublishMode,
    lane: Lane,
    requested_by: User | None,
    sources: Sequence[SourceImage] | None = None,
    batch: Batch | None = None,
) -> Generation:
    """Queue one generation; without ``sources`` it uses the product's first own photograph.

    Raises Refused.
    """
    _refuse_foreign_preset(product, version)
    chosen = list(sources) if sources is not None else default_sources(product)
    _refuse_unusable_sources(product, chosen)
    with transaction.atomic():
        generation = Generation.objects.create(
            workspace_id=product.store.workspace_id,
            product=product,
            preset_version=version,
            batch=batch,
            lane=lane,
            publish=publish,
            requested_by=requested_by,
            stage=Stage.PREPROCESS,
        )
        GenerationSource.objects.bulk_create(
            GenerationSource(generation=generation, image=image, position=position)
            for position, image in enumerate(chosen)
        )
        record(generation, "accepted")
        queue.wake()
    return generation


def default_sources(product: Product) -> list[SourceImage]:
    """The product's first photograph that is not one of ours; empty if it has none."""
    return list(product.images.filter(is_generated=False).order_by("position", "id")[:1])


def _refuse_foreign_preset(product: Product, version: PresetVersion) -> None:
    if version.preset.workspace_id != product.store.workspace_id:
        raise Refused("not_found", "There is no such preset in this workspace.")


def _refuse_unusable_sources(product: Product, sources: Sequence[SourceImage]) -> None:
    if not sources:
        raise Refused(
            "no_usable_source",
            f"“{product.title}” has no photograph of its own. Add one in the store and sync.",
        )
    if any(image.product_id != product.pk for image in sources):
        raise Refused("not_found", "A source image must belong to the product.")
    if any(image.is_generated for image in sources):
        raise Refused(
            "no_usable_source",
            "That image was made by ProductViz. Choose one of the product's own photographs.",
        )
