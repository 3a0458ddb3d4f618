"""What an address says of itself in the OpenAPI document.

drf-spectacular takes a while to load, so a view's words are only noted here, and read when the
document is made (``openapi.py``); the web process serves the finished file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def extend_schema(
    *,
    problems: Sequence[str] = (),
    query: Mapping[str, Mapping[str, Any]] | None = None,
    headers: Mapping[str, Mapping[str, Any]] | None = None,
    **options: Any,
) -> Callable[[Method], Method]:
    """Take drf-spectacular's keywords, for later.

    ``problems`` are the codes that are special to this method; those that any method like it may
    answer are known. An answer with ``many=True`` is described as a page of a list. ``query`` and
    ``headers`` are schemas of parameters by name.
    """
    parameters = [
        {"name": name, "in": place, "schema": dict(schema)}
        for place, named in (("query", query or {}), ("header", headers or {}))
        for name, schema in named.items()
    ]

    def note(method: Method) -> Method:
        own = {"problems": tuple(problems), "asks": parameters}
        method.described = {**own, **options}  # type: ignore[attr-defined]
        return method

    return note
