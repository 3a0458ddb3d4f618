"""Lists by keyset: a page costs the same at any depth, and rows that come meanwhile shift nothing.

Ids are ordered by the time they were made (``lib.ids``), so the id alone is the key.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, QuerySet
from rest_framework.request import Request

from productviz.api.audit import key_of
from productviz.api.problems import Problem, field_problem

Row = TypeVar("Row", bound=Model)

DEFAULT, MOST = 25, 100
VALID_SECONDS = 24 * 3600
_SALT = "productviz.api.cursor"
_BEFORE_ALL = uuid.UUID(int=0)
_OURS = frozenset({"limit", "cursor", "order"})


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursor of what follows; None where nothing ever does."""

    rows: list[Row]
    next_cursor: str | None
    has_more: bool

    def body(self, data: list[Any]) -> dict[str, Any]:
        """The page as the API writes it, with ``data`` in the rows' place."""
        return {
            "data": data,
            "has_more": self.has_more,
            "next_cursor": self.next_cursor,
        }


def page(
    request: Request, rows: QuerySet[Row], *, newest_first: bool = True, goes_on: bool = False
) -> Page[Row]:
    """The page that the query asks for. Raises Problem for a cursor or limit that is none of ours.

    ``rows`` are filtered already; a cursor is bound to the address, its filters and the workspace.
    A list that ``goes_on`` grows at its end: ascending, its last page has a cursor, too.
    """
    limit, order = _limit(request), _order(request, newest_first=newest_first)
    after = _after(request, order)
    if after is not None:
        rows = rows.filter(pk__lt=after) if order == "desc" else rows.filter(pk__gt=after)
    found = list(rows.order_by("-pk" if order == "desc" else "pk")[: limit + 1])
    more = len(found) > limit
    shown = found[:limit]
    if not more and not (goes_on and order == "asc"):
        return Page(shown, None, more)
    last = shown[-1].pk if shown else after or _BEFORE_ALL
    return Page(shown, _cursor(request, order, last), more)


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT))
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MOST):
        raise field_problem("/limit", "out_of_range", f"limit is 1 to {MOST}.", min=1, max=MOST)
    return int(text)


def _order(request: Request, *, newest_first: bool) -> str:
    order = request.query_params.get("order", "desc" if newest_first else "asc")
    if order not in ("asc", "desc"):
        raise field_problem("/order", "not_one_of", "order is asc or desc.")
    return order


def _bound(request: Request, order: str) -> str:
    """What a cursor is bound to; the parameters' order does not matter."""
    query: Mapping[str, list[str]] = dict(request.query_params.lists())
    filters = sorted((name, values) for name, values in query.items() if name not in _OURS)
    facts = repr((str(key_of(request).workspace_id), request.path, order, filters))
    return hashlib.sha256(facts.encode()).hexdigest()[:24]


def _cursor(request: Request, order: str, last: uuid.UUID) -> str:
    return signing.dumps([last.hex, _bound(request, order)], salt=_SALT)


def _after(request: Request, order: str) -> uuid.UUID | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        last, bound = signing.loads(text, salt=_SALT, max_age=VALID_SECONDS)
        if bound == _bound(request, order):
            return uuid.UUID(last)
    except (signing.BadSignature, ValueError, TypeError):
        pass
    raise Problem("invalid_cursor")
