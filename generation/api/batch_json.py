"""Batches as the API reads and shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from generation.api.generation_json import MODE_NAMES, TEST
from generation.api.generation_requests import PublishWanted, only_one
from generation.api.owned import presets_of
from generation.models import Batch, PublishMode
from integrations.api.access import stores_of
from integrations.models import Product
from productviz.api.fields import (
    Choice,
    Flag,
    Metadata,
    Moment,
    Owned,
    PublicId,
    Strict,
    Text,
    Whole,
)
from productviz.api.problems import field_problem
from productviz.lib.ids import public_id
from productviz.lib.text import rfc3339

PATH = "/api/v1/batches"
MOST_PRODUCTS, MOST_AT_ONCE = 1000, 20
_STATUSES = [value for value in Product.Status.values if value != Product.Status.DELETED]


class SelectorWanted(Strict):
    """Which of a store's products: every part that is given must hold, none given means all.

    ``category`` is a part of the category's path, ``query`` of the title or the SKU.
    """

    store = Owned("str", stores_of)
    status = serializers.ListField(child=Choice(choices=_STATUSES), max_length=50, required=False)
    tags = serializers.ListField(child=Text(max_length=500), max_length=50, required=False)
    category = Text(max_length=500, required=False)
    query = Text(max_length=500, required=False)
    product_ids = serializers.ListField(
        child=PublicId("prd"), min_length=1, max_length=MOST_PRODUCTS, required=False
    )


class BatchWanted(Strict):
    """A request for one image of each product that the selector finds.

    ``undo_at``: when everything that it published is undone by itself. ``dry_run`` starts nothing.
    """

    preset = Owned("pre", presets_of)
    preset_version = Whole(min_value=1, required=False)
    selector = SelectorWanted()
    count = Whole(default=1)
    publish = PublishWanted(required=False)
    concurrency = Whole(min_value=1, max_value=MOST_AT_ONCE, required=False, allow_null=True)
    undo_at = Moment(required=False, allow_null=True)
    dry_run = Flag(default=False)
    metadata = Metadata(required=False)

    def validate_count(self, count: int) -> int:
        """As of one generation."""
        return only_one(count)

    def validate_undo_at(self, moment: datetime | None) -> datetime | None:
        """It lies ahead."""
        if moment is not None and moment <= timezone.now():
            raise field_problem("/undo_at", "out_of_range", "That moment has passed already.")
        return moment


class BatchShown(serializers.Serializer[Any]):
    """A batch. ``counts`` are of its images; ``eta_seconds`` is null in lists, which say
    nothing in ``warnings`` of what it waits for."""

    id = PublicId("bat")
    object = serializers.CharField()
    status = serializers.ChoiceField(Batch.State.values)
    store = PublicId("str")
    preset = PublicId("pre")
    preset_version = serializers.IntegerField()
    selector = serializers.DictField()
    publish = serializers.DictField()
    concurrency = serializers.IntegerField(allow_null=True)
    undo_at = Moment(allow_null=True)
    test = serializers.BooleanField()
    counts = serializers.DictField(child=serializers.IntegerField())
    eta_seconds = serializers.IntegerField(allow_null=True)
    started_at = Moment()
    finished_at = Moment(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    links = serializers.DictField()
    version = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment()
    metadata = Metadata()


class SampleShown(serializers.Serializer[Any]):
    """One of the products that a batch would begin with."""

    id = PublicId("prd")
    external_id = serializers.CharField()
    title = serializers.CharField()


class BatchEstimateShown(serializers.Serializer[Any]):
    """What a batch would be: nothing was started. ``skipped`` products lack a photograph."""

    object = serializers.CharField()
    store = PublicId("str")
    preset = PublicId("pre")
    preset_version = serializers.IntegerField()
    products = serializers.IntegerField()
    skipped = serializers.IntegerField()
    estimate = serializers.DictField()
    samples = SampleShown(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


def batch_json(
    row: Batch, counts: dict[str, int], eta: int | None = None, waits: Iterable[str] = ()
) -> dict[str, Any]:
    """The batch as the API shows it; ``row`` has its preset's version.

    ``waits`` says for whose first picture some of it waits.
    """
    this = f"{PATH}/{row.public_id}"
    return {
        "id": row.public_id,
        "object": "batch",
        "status": row.state,
        "store": public_id("str", row.store_id),
        "preset": public_id("pre", row.preset_version.preset_id),
        "preset_version": row.preset_version.number,
        "selector": {"store": public_id("str", row.store_id), **row.selector},
        "publish": {"mode": MODE_NAMES[PublishMode(row.publish)]},
        "concurrency": row.concurrency,
        "undo_at": _moment(row.undo_at),
        "test": row.is_test,
        "counts": counts,
        "eta_seconds": eta,
        "started_at": rfc3339(row.created_at),
        "finished_at": _moment(row.finished_at),
        "warnings": [*([TEST] if row.is_test else []), *waits],
        "links": {
            "self": this,
            "items": f"{this}/items",
            "cancel": f"{this}/cancel",
            "retry_failed": f"{this}/retry-failed",
            "pause": f"{this}/pause",
            "resume": f"{this}/resume",
            "undo": f"{this}/undo",
        },
        "version": row.version,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "metadata": row.metadata,
    }


def sample_json(product: Product) -> dict[str, Any]:
    """A product that a batch would begin with."""
    return {
        "id": product.public_id,
        "external_id": product.external_id,
        "title": product.title,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
