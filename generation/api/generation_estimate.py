"""What a request for an image would start, without starting it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generation.api import room
from generation.api.generation_json import MODE_NAMES
from generation.api.generation_requests import Order
from generation.api.preset_json import OutputShown, Recipe, outputs_json
from productviz.api.fields import PublicId


class EstimateShown(serializers.Serializer[Any]):
    """What a request would start: nothing was created. ``seconds`` is null where none is known."""

    object = serializers.CharField()
    product = PublicId("prd")
    preset = PublicId("pre")
    preset_version = serializers.IntegerField()
    source_images = serializers.ListField(child=PublicId("img"))
    spec = Recipe()
    outputs = OutputShown(many=True)
    publish = serializers.DictField()
    estimate = serializers.DictField()
    warnings = serializers.ListField(child=serializers.CharField())


def estimate_json(order: Order) -> dict[str, Any]:
    """What the request would start, as the API shows it."""
    each = room.seconds_each()
    return {
        "object": "generation_estimate",
        "product": order.product.public_id,
        "preset": order.version.preset.public_id,
        "preset_version": order.version.number,
        "source_images": [source.image.public_id for source in order.sources],
        "spec": order.recipe.model_dump(mode="json"),
        "outputs": outputs_json(order.recipe),
        "publish": {"mode": MODE_NAMES[order.publish]},
        "estimate": {"images": 1, "seconds": None if each is None else round(each, 1)},
        "warnings": list(order.warnings),
    }
