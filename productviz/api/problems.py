"""Everything /api/v1 can say when it cannot: RFC 9457 problems with codes that never change.

``PROBLEMS`` is the table; ``/problems/<code>`` shows its sentences as help pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """A code's HTTP status, its title, and what to do about it."""

    status: int
    title: str
    help: str
    retryable: bool = False


# RFC 9457 with the problem types that the IETF has registered for rate limits (draft 0669b82).
_IANA = "https://iana.org/assignments/http-problem-types#"
REGISTERED = {name: f"{_IANA}{name}" for name in ("quota-exceeded", "temporary-reduced-capacity")}

PROBLEMS: Mapping[str, Known] = {
    "malformed_json": Known(
        400,
        "The body is not acceptable JSON",
        "Send one JSON object in UTF-8 without a byte order mark: no duplicate names, no NaN or"
        " Infinity, no NUL, at most 32 levels deep.",
    ),
    "invalid_cursor": Known(
        400,
        "The cursor is not valid here",
        "Use next_cursor exactly as it came, with the same filters, within 24 hours; or start"
        " again without a cursor.",
    ),
    "credential_in_url": Known(
        400,
        "A credential in the address",
        "Addresses end up in logs. Send the key in the Authorization header, and roll this one.",
    ),
    "idempotency_key_missing": Known(
        400,
        "The Idempotency-Key header is missing",
        "Send an Idempotency-Key of 1 to 255 printable ASCII characters, new for each request that"
        " you mean and the same when you repeat it.",
    ),
    "request_invalid": Known(
        400,
        "The request is not acceptable",
        "Check the Host header and the form of the body: the installation answers to its own"
        " address only.",
    ),
    "header_invalid": Known(400, "A header is not valid", "Correct the header that is named."),
    "unauthenticated": Known(
        401,
        "No valid API key",
        "Send `Authorization: Bearer pk_live_...` with a key that is live. Make one on the page"
        " “API keys”.",
    ),
    "key_expired": Known(401, "The API key has expired", "Make a new key, or roll it in time."),
    "key_revoked": Known(401, "The API key was revoked", "Make a new key."),
    "insufficient_scope": Known(
        403,
        "The key lacks a scope",
        "Use a key with the scopes that required_scopes lists.",
    ),
    "ip_not_allowed": Known(
        403,
        "The key may not be used from this address",
        "Call from one of the networks in the key's allowed_cidrs, or make a key without them.",
    ),
    "workspace_suspended": Known(
        403, "The workspace is suspended", "Ask the operator of this installation."
    ),
    "budget_exhausted": Known(
        403,
        "The budget is used up",
        "Raise the daily budget on the page “Budget”, or go on tomorrow (UTC).",
    ),
    "not_found": Known(404, "Not found", "Check the id; it must belong to the key's workspace."),
    "method_not_allowed": Known(
        405, "This method is not for this address", "See /api/v1/docs for what it takes."
    ),
    "not_acceptable": Known(
        406,
        "No such representation",
        "Ask for application/json, or for text/event-stream where events are streamed.",
    ),
    "idempotency_in_progress": Known(
        409,
        "The first request with this key is still at work",
        "Repeat the same request after the seconds in Retry-After.",
        retryable=True,
    ),
    "state_conflict": Known(
        409, "Not possible in this state", "Read the object again: current_status says where it is."
    ),
    "duplicate_external_id": Known(
        409,
        "This external_id is taken",
        "Use another external_id, or change the object that has it.",
    ),
    "store_disconnected": Known(
        409, "The store is not connected", "Connect it again on the page “Stores”."
    ),
    "gallery_changed": Known(
        409,
        "The gallery was changed in the store",
        "Look at it; then retry with force, or leave it as it is.",
    ),
    "asset_expired": Known(410, "The image is gone", "Make it again."),
    "length_required": Known(411, "Content-Length is missing", "Send the body with its length."),
    "version_conflict": Known(
        412, "Somebody changed it first", "Read it again and repeat your change with its new ETag."
    ),
    "payload_too_large": Known(
        413, "The body is too large", "Send at most max_bytes bytes; split what is larger."
    ),
    "unsupported_media_type": Known(
        415,
        "This content type is not taken here",
        "Send application/json without a Content-Encoding; files as multipart/form-data.",
    ),
    "validation_failed": Known(
        422, "The request is not valid", "errors names every field that is wrong, and why."
    ),
    "unknown_field": Known(
        422,
        "A field that is not known here",
        "Remove it, or check its spelling: unknown fields are never ignored.",
    ),
    "idempotency_key_reused": Known(
        422,
        "The Idempotency-Key belongs to another request",
        "Use a new key for a request that differs in anything.",
    ),
    "quota-exceeded": Known(
        429,
        "Too many requests",
        "Wait the seconds in Retry-After. RateLimit tells what is left.",
        retryable=True,
    ),
    "too_many_in_flight": Known(
        429,
        "Too many generations at a time",
        "Wait until some have ended, or start a batch.",
        retryable=True,
    ),
    "internal_error": Known(
        500,
        "Something went wrong here",
        "Repeat the request. If it goes on, give the operator the request_id.",
        retryable=True,
    ),
    "store_unreachable": Known(
        502, "The store does not answer", "Try again later.", retryable=True
    ),
    "source_unreachable": Known(
        502, "The source does not answer", "Try again later.", retryable=True
    ),
    "temporary-reduced-capacity": Known(
        503, "Too much to do", "Wait the seconds in Retry-After.", retryable=True
    ),
    "maintenance": Known(503, "Maintenance", "Try again later.", retryable=True),
    "source_timeout": Known(
        504, "The source answers too slowly", "Try again later.", retryable=True
    ),
}
_REFUSED = Known(422, "The request is not valid", "detail says what to change.")


class Problem(Exception):
    """An answer that is a problem; ``extra`` goes beside the standard members."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.known = PROBLEMS.get(code, _REFUSED)
        self.detail = detail or self.known.help
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra

    def body(self, *, instance: str, request_id: str) -> dict[str, Any]:
        """The problem as JSON; ``type`` resolves to a help page of this installation."""
        body: dict[str, Any] = {
            "type": REGISTERED.get(self.code, f"/problems/{self.code}"),
            "title": self.known.title,
            "status": self.known.status,
            "code": self.code,
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id,
            "retryable": self.known.retryable,
        }
        if self.errors is not None:
            body["errors"] = self.errors
        return {**body, **self.extra}


def field_problem(pointer: str, code: str, detail: str, **facts: Any) -> Problem:
    """One wrong field, found outside a serializer."""
    error = {"pointer": pointer, "code": code, "detail": detail, **facts}
    return Problem("validation_failed", "1 field is wrong.", errors=[error])
