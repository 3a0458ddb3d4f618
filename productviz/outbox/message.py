"""What goes over the wire: the body, the headers of Standard Webhooks, and the secrets behind.

The body is thin: ids, a state, and what is needed to act. A receiver that wants more asks the API.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from productviz.accounts.models import Workspace
from productviz.lib.ids import public_id
from productviz.lib.signing import sign
from productviz.lib.text import rfc3339
from productviz.outbox.models import Event, WebhookEndpoint

MAX_BODY_BYTES = 20 * 1024
API_VERSION = "v1"
USER_AGENT = "ProductViz-Webhooks/1"
# Who did it, by e-mail: for the workspace's own people, on its pages.
_PRIVATE = frozenset({"by"})
# What is left of an object when the whole is too much: enough to ask the API for it.
_IDENTIFYING = ("id", "object", "status", "version", "store", "product", "product_external_id")


def new_secret() -> str:
    """A signing key in the form that Standard Webhooks libraries take."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def signing_secrets(endpoint: WebhookEndpoint) -> tuple[str, ...]:
    """The endpoint's secret, and for 24 hours after a rotation the one before it."""
    until = endpoint.old_secret_until
    if endpoint.old_secret and until is not None and until > timezone.now():
        return str(endpoint.secret), str(endpoint.old_secret)
    return (str(endpoint.secret),)


def told_data(event: Event) -> dict[str, Any]:
    """What receivers and the API are told of an event: all but who did it."""
    return {name: value for name, value in event.data.items() if name not in _PRIVATE}


def body_of(event: Event, *, include_urls: bool = False) -> bytes:
    """The event as JSON, 20 KB at most; a larger one keeps its ids and says ``"trimmed": true``."""
    data = told_data(event)
    if include_urls and (urls := import_string(settings.EVENT_URLS)(event)):
        data["urls"] = urls
    body = _encode(event, data)
    return body if len(body) <= MAX_BODY_BYTES else _encode(event, _trimmed(data))


def _encode(event: Event, data: dict[str, Any]) -> bytes:
    whole = {
        "type": event.type,
        "timestamp": rfc3339(event.created_at),
        "id": event.public_id,
        "api_version": API_VERSION,
        "workspace": public_id(Workspace.PREFIX, event.workspace_id),
        "sequence": event.sequence,
        "data": data,
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")  # halves of surrogate pairs, which JSON may hold


def _trimmed(data: dict[str, Any]) -> dict[str, Any]:
    whole = data.get("object", {})
    kept = {name: _short(whole[name]) for name in _IDENTIFYING if name in whole}
    return {"object": kept, "previous": {}, "trimmed": True}


def _short(value: object) -> object:
    return value[:191] if isinstance(value, str) else value


def headers_of(
    event_id: str, body: bytes, *, secrets: Sequence[str], at: datetime, number: int
) -> dict[str, str]:
    """The headers of one try. Raises ValueError for a malformed secret."""
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(sign(secret, event_id, at, body) for secret in secrets),
        "webhook-attempt": str(number),
    }
