"""What an address says of itself in the OpenAPI document.

drf-spectacular takes a while to load, so a view's words are only noted here, and read when the
document is made (``openapi.py``); the web process serves the finished file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def extend_schema(*, problems: Sequence[str] = (), **options: Any) -> Callable[[Method], Method]:
    """Take drf-spectacular's keywords, for later.

    ``problems`` are the codes that are special to this method; those that any method like it may
    answer are known. An answer with ``many=True`` is described as a page of a list.
    """

    def note(method: Method) -> Method:
        method.described = {"problems": tuple(problems), **options}  # type: ignore[attr-defined]
        return method

    return note
