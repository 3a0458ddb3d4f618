"""A developer's program: calls the API with a key of its own and reads JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.test import Client

from productviz.accounts.keys import SCOPES, make_key
from productviz.accounts.models import ApiKey, Workspace
from tests.factories import make_user, make_workspace

BASE = "/api/v1"


class Caller:
    """One key and its requests. ``last`` is the answer's Django response."""

    def __init__(
        self, workspace: Workspace | None = None, scopes: Iterable[str] = SCOPES, **limits: Any
    ) -> None:
        self.workspace = workspace or make_workspace()
        self.key: ApiKey
        self.key, self.text = make_key(
            self.workspace,
            name="Shop",
            scopes=scopes,
            created_by=make_user(self.workspace),
            **limits,
        )
        self.client = Client(raise_request_exception=False)
        self.last: Any = None

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of one request; ``body`` bytes are sent as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.last = self.client.generic(
            method,
            f"{BASE}{path}",
            b"" if body is None else raw,
            content_type="application/json",
            headers={"authorization": f"Bearer {self.text}", **(headers or {})},
        )
        return self.last.status_code, self._json()

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """GET."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> tuple[int, Any]:
        """POST, with an Idempotency-Key where one is given."""
        return self.ask("POST", path, body or {}, {"Idempotency-Key": key} if key else None)

    def _json(self) -> Any:
        streamed = getattr(self.last, "streaming", False)
        return None if streamed or not self.last.content else json.loads(self.last.content)
