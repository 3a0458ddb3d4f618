"""In what form answers are written: JSON in UTF-8, problems included."""

from __future__ import annotations

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

PROBLEM = "application/problem+json"


class Json(JSONRenderer):
    """JSON that says what it is written in."""

    charset = "utf-8"


class JsonNegotiation(DefaultContentNegotiation):
    """Who takes problems takes JSON: both are, and which comes is not known before."""

    def get_accept_list(self, request: Request) -> list[str]:
        """What the client takes."""
        found = super().get_accept_list(request)
        return [one.replace(PROBLEM, Json.media_type) for one in found]
