"""Answers in WordPress's own dress: envelopes, headers, `_fields`, paging links.

Knows nothing of products. Header sets and the odd encoding of paging links are as
recorded on WordPress 6.9 (2026-11-22).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from werkzeug.wrappers import Response

from .tables import Json

COLLECTION = "GET, POST"
SINGLE = "GET, POST, PUT, PATCH, DELETE"
_NO_CACHE = {
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}


class ApiError(Exception):
    """A refusal that the REST API answers with its error envelope."""

    def __init__(
        self, status: int, code: str, message: str, *, allow: str = "", **data: object
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.allow = allow
        self.data = data

    def envelope(self) -> Json:
        """Return the body {code, message, data}."""
        return {
            "code": self.code,
            "message": self.message,
            "data": {"status": self.status, **self.data},
        }


@dataclass(slots=True)
class Reply:
    """A JSON answer before it is dressed; `page` holds (page, pages, total) of a list."""

    body: object
    status: int = 200
    allow: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    page: tuple[int, int, int] | None = None


def php_json(value: object) -> str:
    """Serialise as PHP's json_encode does: ASCII, no spaces, escaped slashes."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def pick(body: object, wanted: str, *, keep_links: bool) -> object:
    """Apply `_fields`; of wc/ routes only single objects keep `_links` (measured)."""
    if not wanted:
        return body
    names = [name.strip() for name in wanted.split(",")]
    if isinstance(body, list):
        return [_only(row, names) for row in body]
    return _only(body, [*names, "_links"] if keep_links else names)


def _only(row: object, names: list[str]) -> object:
    if not isinstance(row, dict):
        return row
    return {key: value for key, value in row.items() if key in names}


def dress(
    reply: Reply, *, home: str, path: str, query: Mapping[str, object], signed_in: bool, get: bool
) -> Response:
    """Turn a Reply into the HTTP response with WordPress's headers."""
    response = Response(php_json(reply.body), reply.status, mimetype="application/json")
    head = response.headers
    head["Content-Type"] = "application/json; charset=UTF-8"
    head["X-Robots-Tag"] = "noindex"
    head["Link"] = f'<{home}/wp-json/>; rel="https://api.w.org/"'
    head["X-Content-Type-Options"] = "nosniff"
    head["Access-Control-Expose-Headers"] = "X-WP-Total, X-WP-TotalPages, Link"
    head["Access-Control-Allow-Headers"] = (
        "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type"
    )
    if reply.page is not None:
        _page_headers(response, reply.page, f"{home}/wp-json{path}", query)
    if reply.allow:
        head["Allow"] = reply.allow
    if signed_in:
        head.update(_NO_CACHE)
    elif get:
        head["Vary"] = "Origin"
    head.update(reply.headers)
    return response


def _page_headers(
    response: Response, page: tuple[int, int, int], url: str, query: Mapping[str, object]
) -> None:
    number, pages, total = page
    response.headers["X-WP-Total"] = str(total)
    response.headers["X-WP-TotalPages"] = str(pages)
    links = []
    if number > 1:
        back = min(number - 1, pages)
        links.append(f'<{_page_url(url, query, back)}>; rel="prev"')
    if number < pages:
        links.append(f'<{_page_url(url, query, number + 1)}>; rel="next"')
    if links:
        response.headers["Link"] = ", ".join(links)


def _page_url(url: str, query: Mapping[str, object], page: int) -> str:
    parts = []
    for key, value in {**query, "page": page}.items():
        if isinstance(value, list):
            parts += [f"{key}%5B{i}%5D={_encode(item)}" for i, item in enumerate(value)]
        else:
            parts.append(f"{key}={_encode(value)}")
    return f"{url}?{'&'.join(parts)}"


def _encode(value: object) -> str:
    text = "1" if value is True else "" if value is False else str(value)
    # add_query_arg() loses trailing "=" and leaves "+" bare; seen in the recorded Link headers.
    return quote_plus(text.rstrip("="), safe="").replace("%2B", "+")
