"""The webhooks of the document: what we send, to whoever registered an endpoint."""

from __future__ import annotations

from typing import Any

from productviz.lib.ids import id_schema
from productviz.outbox.wants import PING, TYPES

Json = dict[str, Any]

_SIGNED = "Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature` (v1)."


def webhooks() -> Json:
    """One entry a type of event."""
    return {name: {"post": _post(name)} for name in sorted({*TYPES, PING})}


def _post(name: str) -> Json:
    return {
        "operationId": f"on_{name.replace('.', '_')}",
        "summary": f"{name}",
        "description": _SIGNED,
        "tags": ["webhooks"],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _body(name)}}},
        "responses": {
            "2XX": {"description": "Received. The body is ignored."},
            "410": {"description": "No more, please: the endpoint is disabled at once."},
            "default": {"description": "Tried again, ten times in about three days."},
        },
    }


def _body(name: str) -> Json:
    members: Json = {
        "id": id_schema("evt"),
        "type": {"const": name},
        "timestamp": {"type": "string", "format": "date-time"},
        "api_version": {"const": "v1"},
        "workspace": id_schema("wsp"),
        "sequence": {"type": "integer", "minimum": 0},
        "data": {
            "type": "object",
            "properties": {"object": {"type": "object"}, "previous": {"type": "object"}},
        },
    }
    return {"type": "object", "required": list(members), "properties": members}
