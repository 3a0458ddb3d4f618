"""Switchable misbehaviour: what hosts, firewalls and worn-out plugins do to a client.

A fault waits for matching requests, strikes a set number of times and is gone. Set it in
code (`store.faults.add`) or over HTTP (`POST /__sandbox/faults`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from integrations.sandbox.waiting import Strike, Waiting

from .pictures import optimised
from .replies import ApiError, php_json
from .tables import Json

# Answers given instead of the store's own.
INSTEAD = ("429", "503", "maintenance", "revoked_key", "empty_list", "image_404", "image_html")
# Things done to the store's own answer, after its work is done.
AFTERWARDS = ("timeout_after_write", "truncated_json", "strip_metadata")
OTHER = ("slow", "drop_webhook", "disable_webhooks")
KINDS = (*INSTEAD, *AFTERWARDS, *OTHER)
_UPLOADS = "/wp-content/uploads/"
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


@dataclass(slots=True)
class Fault(Strike):
    """One fault; `count` None strikes for ever, `after` lets that many requests pass first."""

    path: str = ""
    method: str = ""
    seconds: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one this fault waits for."""
        return self.path in path and self.method.upper() in ("", method)


class Faults(Waiting[Fault]):
    """The faults of one store."""

    def __init__(self) -> None:
        super().__init__(KINDS)

    def add(
        self,
        kind: str,
        *,
        count: int | None = 1,
        after: int = 0,
        path: str = "",
        method: str = "",
        seconds: float = 0.0,
    ) -> None:
        """Arm a fault; raise ValueError for a kind that does not exist."""
        self.arm(Fault(kind, count, after, path, method, seconds))

    def take(self, kind: str, method: str, path: str) -> Fault | None:
        """Use up one strike of a matching fault of this kind."""
        return self.strike(kind, lambda fault: fault.matches(method, path))

    def before(self, request: Request) -> Response | None:
        """Return the answer a fault gives in the store's place, if one strikes."""
        slow = self.take("slow", request.method, request.path)
        if slow is not None:
            time.sleep(slow.seconds)
        for kind in INSTEAD:
            if kind.startswith("image_") != (_UPLOADS in request.path):
                continue
            fault = self.take(kind, request.method, request.path)
            if fault is not None:
                return _instead(fault)
        return None

    def after(self, request: Request, response: Response) -> Response:
        """Damage the store's finished answer, or cut the connection, if a fault strikes."""
        if request.method not in ("GET", "HEAD"):
            fault = self.take("timeout_after_write", request.method, request.path)
            if fault is not None:
                time.sleep(fault.seconds)
                raise ConnectionAbortedError("fault: the answer never leaves the store")
        if self.take("truncated_json", request.method, request.path) is not None:
            data = response.get_data()
            response.set_data(data[: len(data) // 2])
        if _UPLOADS in request.path and self.take("strip_metadata", request.method, request.path):
            return _optimised(response)
        return response


def _instead(fault: Fault) -> Response:
    if fault.kind == "429":
        response = _html(429, "Too Many Requests")
        response.headers["Retry-After"] = str(int(fault.seconds) or 1)
        return response
    if fault.kind == "503":
        return _html(503, "Service Unavailable")
    if fault.kind == "image_404":
        return _html(404, "Not Found")
    if fault.kind == "empty_list":
        return Response(
            "[]",
            200,
            mimetype="application/json",
            headers={"X-WP-Total": "0", "X-WP-TotalPages": "0"},
        )
    if fault.kind == "revoked_key":
        message = "Sorry, you cannot list resources."
        body = ApiError(401, "woocommerce_rest_cannot_view", message).envelope()
        return Response(php_json(body), 401, mimetype="application/json")
    return _html(200, "Briefly unavailable for scheduled maintenance. Check back in a minute.")


def _optimised(response: Response) -> Response:
    """Serve an image as an optimiser does: encoded again, without a word about where it is from."""
    response.direct_passthrough = False
    data = optimised(response.get_data())
    return Response(data, response.status_code, mimetype=response.mimetype)


def _html(status: int, title: str) -> Response:
    return Response(_PAGE.format(title), status, mimetype="text/html")


def from_json(faults: Faults, body: Json) -> None:
    """Arm the fault that a JSON object describes; raise ValueError for nonsense."""
    count = body.get("count", 1)
    faults.add(
        str(body.get("kind", "")),
        count=None if count is None else int(str(count)),
        after=int(str(body.get("after", 0))),
        path=str(body.get("path", "")),
        method=str(body.get("method", "")),
        seconds=float(str(body.get("seconds", 0))),
    )
