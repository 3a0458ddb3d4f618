"""What Django itself says when it cannot, below /api/: problems instead of pages.

The handlers of ``productviz.urls``: a wrong Host header, a form that Django cuts off, an error
outside of every view.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from productviz.api.forms import PROBLEM
from productviz.api.problems import Problem

_ROOT = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    if _is_api(request):
        return _answer(request, "request_invalid")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if _is_api(request):
        return _answer(request, "insufficient_scope")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if _is_api(request):
        return _answer(request, "not_found")
    return defaults.page_not_found(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """500; nothing of the error is shown."""
    if _is_api(request):
        return _answer(request, "internal_error")
    return defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(_ROOT)


def _answer(request: HttpRequest, code: str) -> HttpResponse:
    problem = Problem(code)
    name: Any = getattr(request, "request_id", "")
    body = problem.body(instance=request.path, request_id=name)
    return JsonResponse(
        body,
        status=problem.known.status,
        content_type=PROBLEM,
        headers={"Cache-Control": "no-store"},
    )
