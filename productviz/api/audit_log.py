"""The audit log, to read."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from productviz.accounts.models import AuditEntry
from productviz.api.describe import extend_schema
from productviz.api.fields import PublicId
from productviz.api.filters import TIMES, by_text, narrowed
from productviz.api.paging import page
from productviz.api.problems import Problem
from productviz.api.views import ApiView
from productviz.lib.text import rfc3339


class EntryShown(serializers.Serializer[AuditEntry]):
    """Who did what, when, and from which address."""

    id = PublicId("adt")
    object = serializers.CharField()
    actor = serializers.CharField()
    action = serializers.CharField()
    object_id = serializers.CharField()
    address = serializers.CharField()
    detail = serializers.DictField()
    created_at = serializers.DateTimeField()


class AuditLog(ApiView):
    """What was done that matters later."""

    scopes = {"GET": "keys:manage"}
    filters = {**TIMES, "action": by_text("action"), "object_id": by_text("object_id")}

    @extend_schema(operation_id="list_audit_log", responses=EntryShown(many=True), tags=["audit"])
    def get(self, request: Request) -> Response:
        """List who did what: keys, members, stores, webhooks, publications; 400 days.

        It is of the whole workspace, so a key of some stores cannot read it.
        """
        if self.key.stores:
            raise Problem("insufficient_scope", "This key is for some stores only.")
        rows = narrowed(request, self.workspace.audit.all(), self.filters)
        found = page(request, rows)
        return Response(found.body([_shown(entry) for entry in found.rows]))


def _shown(entry: AuditEntry) -> dict[str, object]:
    names = ("actor", "action", "object_id", "address", "detail")
    return {
        "id": entry.public_id,
        "object": "audit_entry",
        **{name: getattr(entry, name) for name in names},
        "created_at": rfc3339(entry.created_at),
    }
