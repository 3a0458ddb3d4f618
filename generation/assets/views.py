"""Serves our files by signed address; no listing, no guessing, one answer for every refusal."""

from __future__ import annotations

import time

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from generation.assets.references import judge, read_key
from generation.keys import CONTENT_TYPES
from integrations.models import Publication
from productviz.lib import files
from productviz.lib.signing import verify_url

PLACES = ("assets", "work")  # originals are never served


@require_safe
def serve_file(request: HttpRequest, place: str, key: str) -> FileResponse:
    """One image, if the address is signed, unexpired and names an image of ours; else 404.

    What was deleted is gone at once, whoever holds an address of it; its bytes go with the sweep.
    """
    content_type = CONTENT_TYPES.get(key.rpartition(".")[2])
    signed = verify_url(request.path, request.GET.dict())
    if place not in PLACES or content_type is None or not signed or _is_deleted(place, key):
        raise Http404("There is no such file, or its address has expired.")
    try:
        file = files.open_file(place, key)
    except FileNotFoundError:
        raise Http404("There is no such file, or its address has expired.") from None
    response = FileResponse(file, content_type=content_type, filename=key.rpartition("/")[2])
    response["Cache-Control"] = f"private, max-age={_seconds_left(request)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-site"
    return response


def _is_deleted(place: str, key: str) -> bool:
    if place != "assets" or not judge("assets", [key]).get(key, False):
        return False
    # An undo lends originals that no row of ours names, for the store to fetch.
    named = read_key("assets", key)
    undoing = Publication.objects.filter(state=Publication.State.ROLLING_BACK)
    return named is None or not undoing.filter(store__workspace=named.owner).exists()


def _seconds_left(request: HttpRequest) -> int:
    return max(0, int(request.GET["expires"]) - int(time.time()))
