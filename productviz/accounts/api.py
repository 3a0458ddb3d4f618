"""The first addresses of /api/v1/: is it up, and who am I."""

from __future__ import annotations

from typing import cast

from rest_framework import status
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from productviz.accounts.models import ApiKey


class HasKey(BasePermission):
    """Any live key will do."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request came with a key."""
        return isinstance(request.auth, ApiKey)


class Ping(APIView):
    """``GET /api/v1/ping``: 204, for monitors."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        """Answer nothing, quickly."""
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    """``GET /api/v1/me``: the key, its workspace and its scopes."""

    permission_classes = (HasKey,)

    def get(self, request: Request) -> Response:
        """Describe the caller."""
        key = cast("ApiKey", request.auth)
        return Response(
            {
                "key": {"id": key.public_id, "name": key.name, "last4": key.last4},
                "workspace": {"id": key.workspace.public_id, "name": key.workspace.name},
                "scopes": key.scopes,
            }
        )
