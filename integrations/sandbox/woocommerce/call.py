"""One request on its way through the store: parsed once, handed to one handler."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request

from .auth import Identity
from .params import raw_query
from .replies import ApiError, Reply
from .state import State
from .tables import Json

if TYPE_CHECKING:
    from .webhooks import Hooks


@dataclass(slots=True)
class Call:
    """The request, the store, the caller, and the query as PHP would see it."""

    request: Request
    state: State
    hooks: Hooks
    identity: Identity | None = None
    query: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request, state: State, hooks: Hooks) -> Call:
        """Wrap a request that has not been authenticated yet."""
        query = raw_query(request.query_string.decode("latin-1"))
        return cls(request, state, hooks, query=query)

    def body(self) -> Json:
        """Return the JSON object or form of the body; raise ApiError 400 for broken JSON."""
        if self.request.mimetype != "application/json":
            return dict(self.request.form.items())
        raw = self.request.get_data()
        if not raw:
            return {}
        try:
            value = json.loads(raw)
        except ValueError as error:
            raise ApiError(
                400,
                "rest_invalid_json",
                "Invalid JSON body passed.",
                json_error_code=4,
                json_error_message="Syntax error",
            ) from error
        return value if isinstance(value, dict) else {}

    def flag(self, name: str) -> bool:
        """Read a boolean from the query or the body."""
        value = self.query.get(name, self.body().get(name, False))
        return str(value).lower() in ("1", "true")


Handler = Callable[..., Reply]
