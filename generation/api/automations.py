"""Automations by the API: when a product's inputs change in a store, generate with a preset."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from generation import automations
from generation.api.automation_json import (
    AutomationChanged,
    AutomationShown,
    AutomationWanted,
    SimulationShown,
    columns_of,
    shown,
)
from generation.models import Automation, Preset
from integrations.models import Store
from productviz.accounts.models import ApiKey
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.fields import Strict
from productviz.api.filters import CHANGES, by_id, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.problems import Problem
from productviz.api.reach import find, refuse_test_key, stores_of
from productviz.api.versions import require_match
from productviz.api.views import ApiView

READ, WRITE = "generations:read", "generations:write"
_TAKEN = "This preset has an automation in this store already."


def visible(key: ApiKey) -> QuerySet[Automation]:
    """The automations of the stores that the key may see."""
    rows = Automation.objects.filter(store__in=stores_of(key), store__workspace=key.workspace)
    return rows.select_related("store", "preset")


def _require_publishing(key: ApiKey, wanted: dict[str, Any], *, mode: str = "none") -> None:
    """What goes to a store by itself takes the right to write there; to stop it does not.

    ``mode`` is how the automation publishes so far.
    """
    needed = "publications:write"
    stops = {"enabled"} if wanted.get("enabled") is False else set()
    changes = wanted.keys() - stops - {"metadata"}
    if changes and wanted.get("publish", mode) != "none" and needed not in key.scopes:
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
        """Make an automation; a preset has one a store. A test key makes and changes none.

        With ``publish`` other than none it takes publications:write as well.
        """
        wanted = {"publish": "none", **self.read(AutomationWanted)}
        _require_publishing(self.key, wanted)
        refuse_test_key(self.key, [WRITE])
        row = Automation(
            store=wanted["store"],
            preset=wanted["preset"],
            enabled=wanted.get("enabled", True),
            **columns_of(wanted),
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
        row = find(visible(self.key), pk)
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
        """Change an automation. ``enabled: true`` lets a paused one go on.

        With ``publish`` other than none, now or afterwards, it takes publications:write as well;
        ``enabled: false`` does not.
        """
        refuse_test_key(self.key, [WRITE])
        row = find(visible(self.key).select_for_update(of=("self",)), pk)
        require_match(request, row)
        wanted = self.read(AutomationChanged, partial=True)
        _require_publishing(self.key, wanted, mode=shown(row)["publish"])
        if columns := columns_of(wanted):
            Automation.objects.filter(pk=row.pk).update(**columns)
        if "enabled" in wanted:
            _switch(row, on=wanted["enabled"])
        if wanted:
            audit(request, "automation.changed", row.public_id, fields=sorted(wanted))
        changed = find(visible(self.key), pk)
        return self.show(changed, shown(changed))

    @extend_schema(operation_id="delete_automation", responses={204: None}, tags=["automations"])
    @idempotent()
    def delete(self, request: Request, pk: str) -> Response:
        """Remove an automation; the images that it made stay."""
        refuse_test_key(self.key, [WRITE])
        row = find(visible(self.key).select_for_update(of=("self",)), pk)
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
        row = find(visible(self.key), pk)
        self.read(Strict)
        found = automations.simulate(row)
        facts = {name: getattr(found, name) for name in ("products", "changed", "per_day")}
        samples = [product.public_id for product in found.samples]
        said = {"samples": samples, "stops_because": found.stops_because}
        return Response({"object": "simulation", **facts, **said})
