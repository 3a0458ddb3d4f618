"""Automations as the API takes and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from generation.forecast import Simulation
from generation.models import Automation, Preset, PublishMode
from generation.triggers import Filter as Narrowing
from productviz.accounts.models import ApiKey
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
from productviz.api.reach import stores_of
from productviz.lib.text import rfc3339

MODES = {"none": PublishMode.NONE, "draft": PublishMode.APPROVAL, "auto": PublishMode.AUTO}
_SAYS = {mode: word for word, mode in MODES.items()}
_DAY_SECONDS, _MOST_IMAGES = 86_400, 1_000_000


def _presets_of(key: ApiKey) -> QuerySet[Preset]:
    return key.workspace.presets.filter(archived_at=None)


class Products(Strict):
    """Which products of the store; what is left out narrows nothing."""

    status = serializers.ListField(child=Choice(["active", "draft"]), required=False, max_length=2)
    tags = serializers.ListField(child=Text(max_length=500), required=False, max_length=20)
    category = Text(required=False, allow_blank=True, max_length=500)
    has_images = Flag(required=False, allow_null=True)


class AutomationChanged(Strict):
    """What to change. ``enabled: true`` also lets a paused one go on, with its counts at zero."""

    trigger = Choice(Automation.Trigger.choices, required=False)
    filter = Products(required=False)
    publish = Choice(list(MODES), required=False, help_text="draft: after somebody's approval.")
    debounce_seconds = Whole(required=False, min_value=0, max_value=_DAY_SECONDS)
    max_per_product_per_day = Whole(
        required=False, allow_null=True, min_value=1, max_value=1000, help_text="null: no limit."
    )
    daily_budget = Whole(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=_MOST_IMAGES,
        help_text="Images in 24 hours; null: no limit but the installation's.",
    )
    enabled = Flag(required=False)
    metadata = Metadata(required=False)


class AutomationWanted(AutomationChanged):
    """A new automation."""

    store = Owned("str", stores_of)
    preset = Owned("pre", _presets_of)


class AutomationShown(serializers.Serializer[Automation]):
    """An automation. ``paused_reason`` is empty while nothing has stopped it."""

    id = PublicId("aut")
    object = serializers.CharField()
    store = PublicId("str")
    preset = PublicId("pre")
    trigger = serializers.ChoiceField(Automation.Trigger.choices)
    filter = serializers.DictField()
    count = serializers.IntegerField(help_text="Images a change.")
    publish = serializers.ChoiceField(list(MODES))
    debounce_seconds = serializers.IntegerField()
    max_per_product_per_day = serializers.IntegerField(allow_null=True)
    daily_budget = serializers.IntegerField(allow_null=True)
    enabled = serializers.BooleanField()
    paused_at = Moment(allow_null=True)
    paused_reason = serializers.CharField()
    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()
    metadata = Metadata()


class SimulationShown(serializers.Serializer[Simulation]):
    """What it would do: ``products`` start now, ``changed`` would have in the last seven days."""

    object = serializers.CharField()
    products = serializers.IntegerField()
    changed = serializers.IntegerField()
    per_day = serializers.IntegerField()
    samples = serializers.ListField(child=PublicId("prd"))
    stops_because = serializers.CharField()


# The API's words and the columns behind them.
_COLUMNS = {
    "trigger": "trigger",
    "debounce_seconds": "debounce_seconds",
    "max_per_product_per_day": "product_limit",
    "daily_budget": "daily_limit",
    "metadata": "metadata",
}


def shown(row: Automation) -> dict[str, Any]:
    """The automation as the API shows it."""
    return {
        "id": row.public_id,
        "object": "automation",
        "store": row.store.public_id,
        "preset": row.preset.public_id,
        "filter": row.filters,
        "count": 1,
        "publish": _SAYS[PublishMode(row.publish)],
        **{word: getattr(row, column) for word, column in _COLUMNS.items()},
        "enabled": row.enabled,
        "paused_at": rfc3339(row.paused_at) if row.paused_at else None,
        "paused_reason": row.pause_reason,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "version": row.version,
    }


def columns_of(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the checked fields are. Raises Problem."""
    found = {column: wanted[word] for word, column in _COLUMNS.items() if word in wanted}
    if "publish" in wanted:
        found["publish"] = MODES[wanted["publish"]]
    if "filter" in wanted:
        try:
            found["filters"] = Narrowing.from_json(wanted["filter"]).to_json()
        except ValueError as reason:
            raise field_problem("/filter", "invalid", str(reason)) from None
    return found
