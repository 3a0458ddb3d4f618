"""From whatever a view raises to a problem+json answer; nothing of an unknown error is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from django.http.request import RawPostDataException
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from productviz.api.forms import PROBLEM
from productviz.api.problems import Problem

log = structlog.get_logger(__name__)

# REST framework's words for a wrong field, in ours.
_CODES = {
    "required": "required",
    "null": "required",
    "blank": "required",
    "max_value": "out_of_range",
    "min_value": "out_of_range",
    "max_length": "too_long",
    "min_length": "too_short",
    "invalid_choice": "not_one_of",
    "invalid": "invalid",
}


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer for ``error``; REST framework's EXCEPTION_HANDLER."""
    set_rollback()
    request = context["request"]
    problem = as_problem(error)
    if problem.code == "internal_error":
        log.error("an API view errored", path=request.path, exc_info=error)
    return answer(problem, request)


def answer(problem: Problem, request: Any) -> Response:
    """The problem as an answer to ``request``."""
    asked = getattr(request, "_request", request)
    body = problem.body(instance=request.path, request_id=getattr(asked, "request_id", ""))
    response = Response(body, status=problem.known.status, content_type=PROBLEM)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def as_problem(error: Exception) -> Problem:
    """What an exception means to the caller."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    for kinds, code in _KINDS:
        if isinstance(error, kinds):
            return Problem(code, headers=_headers(error))
    return Problem("internal_error")


_KINDS: tuple[tuple[Any, str], ...] = (
    ((Http404, exceptions.NotFound), "not_found"),
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), "unauthenticated"),
    ((PermissionDenied, exceptions.PermissionDenied), "insufficient_scope"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (RequestDataTooBig, "payload_too_large"),
    (SuspiciousOperation, "request_invalid"),
    ((exceptions.ParseError, RawPostDataException), "malformed_json"),
)


def _headers(error: Exception) -> dict[str, str]:
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}


def _invalid(error: exceptions.ValidationError) -> Problem:
    errors = list(_flat(error.detail, ""))
    count = len(errors)
    words = "1 field is wrong." if count == 1 else f"{count} fields are wrong."
    unknown = count > 0 and all(one["code"] == "unknown_field" for one in errors)
    return Problem("unknown_field" if unknown else "validation_failed", words, errors=errors)


def _flat(detail: Any, pointer: str) -> Iterator[dict[str, Any]]:
    """One entry a wrong field, with a JSON pointer (RFC 6901)."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = name == "non_field_errors"
            yield from _flat(inner, pointer if own else f"{pointer}/{_escaped(name)}")
    elif isinstance(detail, list) and any(isinstance(one, Mapping | list) for one in detail):
        for index, inner in enumerate(detail):
            yield from _flat(inner, f"{pointer}/{index}")
    else:
        for said in detail if isinstance(detail, list) else [detail]:
            code = getattr(said, "code", "invalid")
            yield {
                "pointer": pointer,
                "code": _CODES.get(code, code),
                "detail": str(said),
            }


def _escaped(name: Any) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
