"""Switchable misbehaviour: what the network and Shopify's bad days do to a client.

A fault waits for matching requests, strikes a set number of times and is gone. Set it in code
(`shopify.faults.add`) or over HTTP (`POST /__sandbox/faults`). `field` picks a GraphQL field, such
as `fileCreate`; `path` a part of the address, or of the topic for webhooks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from integrations.sandbox.waiting import Strike, Waiting

from .tables import Json

# Answers given instead of the shop's own.
INSTEAD = ("401", "402", "403", "423", "429", "500", "502", "503", "504", "html")
# Inside GraphQL: the request arrives, the answer is not what was hoped for.
GRAPHQL = ("throttled", "null_answer", "partial", "user_error", "internal_error")
# Things done to a finished answer.
AFTERWARDS = ("lost_answer", "truncated_json", "no_expires_in")
# Things that go wrong later.
LATER = ("processing_fails", "staged_expired", "bulk_fails", "job_stuck", "search_lag")
# Deliveries; `path` is a part of the topic.
WEBHOOKS = (
    "drop_webhook",
    "duplicate_webhook",
    "out_of_order",
    "old_secret",
    "wrong_secret",
    "spoof_topic",
    "spoof_shop",
)
KINDS = (*INSTEAD, *GRAPHQL, *AFTERWARDS, *LATER, *WEBHOOKS, "slow", "revoked_token")
BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105
_BODIES = {
    "401": BAD_TOKEN,
    "402": "Unavailable Shop",
    "403": "Forbidden",
    "423": "Locked",
    "429": "Exceeded 2 calls per second for api client. Reduce request rates to resume.",
}
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


@dataclass(slots=True)
class Fault(Strike):
    """One fault; `count` None strikes for ever, `after` lets that many requests pass first.

    `code` is an error code for `processing_fails` and `user_error`; `seconds` is for `slow`,
    `lost_answer`, the Retry-After of `429`, and how long `search_lag` keeps new files from `files`.
    """

    path: str = ""
    field: str = ""
    code: str = ""
    seconds: float = 0.0

    def matches(self, path: str, fields: Collection[str]) -> bool:
        """Tell whether a request is one this fault waits for."""
        return self.path in path and (not self.field or self.field in fields)


class Faults(Waiting[Fault]):
    """The faults of one sandbox."""

    def __init__(self) -> None:
        super().__init__(KINDS)

    def add(
        self,
        kind: str,
        *,
        count: int | None = 1,
        after: int = 0,
        path: str = "",
        field: str = "",
        code: str = "",
        seconds: float = 0.0,
    ) -> None:
        """Arm a fault; raise ValueError for a kind that does not exist."""
        self.arm(Fault(kind, count, after, path, field, code, seconds))

    def take(self, kind: str, path: str = "", fields: Collection[str] = ()) -> Fault | None:
        """Use up one strike of a matching fault of this kind."""
        return self.strike(kind, lambda fault: fault.matches(path, fields))

    def before(self, request: Request, fields: Collection[str]) -> Response | None:
        """Return the answer a fault gives in the shop's place, if one strikes."""
        slow = self.take("slow", request.path, fields)
        if slow is not None:
            time.sleep(slow.seconds)
        for kind in INSTEAD:
            fault = self.take(kind, request.path, fields)
            if fault is not None:
                return _instead(fault)
        return None

    def after(
        self, request: Request, response: Response, fields: Collection[str], *, writes: bool
    ) -> Response:
        """Damage the finished answer, or cut the connection, if a fault strikes."""
        lost = self.take("lost_answer", request.path, fields) if writes else None
        if lost is not None:
            time.sleep(lost.seconds)
            raise ConnectionAbortedError("fault: the answer never leaves the shop")
        if request.path.endswith("/access_token") and self.take("no_expires_in", request.path):
            body = json.loads(response.get_data())
            body.pop("expires_in", None)
            response.set_data(json.dumps(body))
        if self.take("truncated_json", request.path, fields) is not None:
            data = response.get_data()
            response.set_data(data[: len(data) // 2])
        return response


def _instead(fault: Fault) -> Response:
    if fault.kind == "html":
        page = _PAGE.format("Your connection needs to be verified before you can proceed")
        return Response(page, 200, mimetype="text/html")
    if fault.kind not in _BODIES:
        return Response(_PAGE.format(f"{fault.kind} error"), int(fault.kind), mimetype="text/html")
    body = json.dumps({"errors": _BODIES[fault.kind]})
    response = Response(body, int(fault.kind), mimetype="application/json")
    if fault.kind == "429":
        response.headers["Retry-After"] = f"{fault.seconds or 2.0:.1f}"
    return response


def from_json(faults: Faults, body: Json) -> None:
    """Arm the fault that a JSON object describes; raise ValueError for nonsense."""
    count = body.get("count", 1)
    faults.add(
        str(body.get("kind", "")),
        count=None if count is None else int(str(count)),
        after=int(str(body.get("after", 0))),
        path=str(body.get("path", "")),
        field=str(body.get("field", "")),
        code=str(body.get("code", "")),
        seconds=float(str(body.get("seconds", 0))),
    )
