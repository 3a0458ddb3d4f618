"""The finished document, as a file and as pages. Loads nothing of drf-spectacular."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from productviz.env import ROOT

PATH = ROOT / "docs" / "openapi.json"


@lru_cache(maxsize=1)
def _file() -> tuple[bytes, str]:
    raw = PATH.read_bytes()
    return raw, f'"{hashlib.sha256(raw).hexdigest()[:16]}"'


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document, parsed."""
    found: dict[str, Any] = json.loads(_file()[0])
    return found


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The document; it says nothing of this installation or of anybody's data."""
    raw, tag = _file()
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(raw, content_type="application/json; charset=utf-8", headers=headers)
