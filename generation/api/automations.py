"""Automations by the API: when a product's inputs change in a store, generate with a preset."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from generation import automations
from generation.forecast import Simulation
from generation.models import Automation, Preset, PublishMode
from generation.triggers import Filter as Narrowing
from integrations.models import Store
from productviz.accounts.models import ApiKey
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
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
    rfc3339,
)
from productviz.api.filters import CHANGES, by_id, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.problems import Problem, field_problem
from productviz.api.reach import stores_of
from productviz.api.versions import require_match
from productviz.api.views import ApiView

READ, WRITE = "generations:read", "generations:write"
MODES = {"none": PublishMode.NONE, "draft": PublishMode.APPROVAL, "auto": PublishMode.AUTO}
_SAYS = {mode: word for word, mode in MODES.items()}
_DAY_SECONDS, _MOST_IMAGES = 86_400, 1_000_000
_TAKEN = "This preset has an automation in this store already."


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


def visible(key: ApiKey) -> QuerySet[Automation]:
    """The automations of the stores that the key may see."""
    rows = Automation.objects.filter(store__in=stores_of(key), store__workspace=key.workspace)
    return rows.select_related("store", "preset")


def _columns(wanted: dict[str, Any]) -> dict[str, Any]:
    found = {column: wanted[word] for word, column in _COLUMNS.items() if word in wanted}
    if "publish" in wanted:
        found["publish"] = MODES[wanted["publish"]]
    if "filter" in wanted:
        try:
            found["filters"] = Narrowing.from_json(wanted["filter"]).to_json()
        except ValueError as reason:
            raise field_problem("/filter", "invalid", str(reason)) from None
    return found


def _require_publishing(key: ApiKey, wanted: dict[str, Any]) -> None:
    """What goes to a store by itself takes the right to write there."""
    needed = "publications:write"
    if wanted.get("publish", "none") != "none" and needed not in key.scopes:
        raise Problem("insufficient_scope", required_scopes=[needed])


class Automations(ApiView):
    """The workspace's automations."""

    scopes = {"GET": READ, "POST": WRITE}
    filters = {
        **CHANGES, "store": by_id("store", Store.PREFIX), "preset": by_id("preset", Preset.PREFIX)
    }  # fmt: skip

    @extend_schema(
        operation_id="list_automations", responses=AutomationShown(many=True), tags=["automations"]
    )
    def get(self, request: Request) -> Response:
        """List the automations."""
        found = page(request, narrowed(request, visible(self.key), self.filters))
        return Response(found.body([shown(row) for row in found.rows]))

    @extend_schema(
        operation_id="create_automation",
        request=AutomationWanted,
        responses={201: AutomationShown},
        tags=["automations"],
        problems=("insufficient_scope", "state_conflict"),
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make an automation; a preset has one a store. Images of test keys reach no store.

        With ``publish`` other than none it takes publications:write as well.
        """
        wanted = {"publish": "none", **self.read(AutomationWanted)}
        _require_publishing(self.key, wanted)
        if self.key.is_test:
            raise Problem("insufficient_scope", "An automation works for good: use a live key.")
        row = Automation(
            store=wanted["store"],
            preset=wanted["preset"],
            enabled=wanted.get("enabled", True),
            **_columns(wanted),
        )
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise Problem("state_conflict", _TAKEN) from None
        audit(request, "automation.created", row.public_id)
        response = self.show(row, shown(row), status=201)
        response["Location"] = f"/api/v1/automations/{row.public_id}"
        return response


class OneAutomation(ApiView):
    """One automation."""

    scopes = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}

    @extend_schema(operation_id="get_automation", responses=AutomationShown, tags=["automations"])
    def get(self, request: Request, pk: str) -> Response:
        """Show an automation."""
        row = self.find(visible(self.key), pk)
        return self.show(row, shown(row))

    @extend_schema(
        operation_id="change_automation",
        request=AutomationChanged,
        responses=AutomationShown,
        tags=["automations"],
        problems=("insufficient_scope",),
    )
    @idempotent()
    def patch(self, request: Request, pk: str) -> Response:
        """Change an automation. ``enabled: true`` lets a paused one go on."""
        row = self.find(visible(self.key).select_for_update(of=("self",)), pk)
        require_match(request, row)
        wanted = self.read(AutomationChanged, partial=True)
        _require_publishing(self.key, wanted)
        if columns := _columns(wanted):
            Automation.objects.filter(pk=row.pk).update(**columns)
        if "enabled" in wanted:
            _switch(row, on=wanted["enabled"])
        if wanted:
            audit(request, "automation.changed", row.public_id, fields=sorted(wanted))
        changed = self.find(visible(self.key), pk)
        return self.show(changed, shown(changed))

    @extend_schema(operation_id="delete_automation", responses={204: None}, tags=["automations"])
    @idempotent()
    def delete(self, request: Request, pk: str) -> Response:
        """Remove an automation; the images that it made stay."""
        row = self.find(visible(self.key).select_for_update(of=("self",)), pk)
        require_match(request, row)
        row.delete()
        audit(request, "automation.removed", pk)
        return Response(status=204)


def _switch(row: Automation, *, on: bool) -> None:
    if on and row.paused_at:
        automations.resume(row)
    else:
        automations.switch(row, on=on)


class Simulate(ApiView):
    """What an automation would do."""

    scopes = {"POST": READ}

    @extend_schema(
        operation_id="simulate_automation",
        request=None,
        responses=SimulationShown,
        tags=["automations"],
    )
    def post(self, request: Request, pk: str) -> Response:
        """Say what it would start now and what would stop it; writes nothing."""
        row = self.find(visible(self.key), pk)
        self.read(Strict)
        found = automations.simulate(row)
        facts = {name: getattr(found, name) for name in ("products", "changed", "per_day")}
        samples = [product.public_id for product in found.samples]
        said = {"samples": samples, "stops_because": found.stops_because}
        return Response({"object": "simulation", **facts, **said})
