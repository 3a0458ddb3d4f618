"""How the REST API knows who asks: a bearer key in the Authorization header, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from productviz.accounts.keys import find_key
from productviz.accounts.models import ApiKey, User

if TYPE_CHECKING:  # rest_framework.views itself loads this module
    from rest_framework.views import APIView


class ApiKeyAuthentication(BaseAuthentication):
    """Reads ``Authorization: Bearer pk_live_...``; cookies are never credentials here."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's maker and the key, None without a header; one message for every bad key."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if not kind:
            return None
        key = find_key(text.strip()) if kind.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed("The API key is not valid. Make a new one in the dashboard.")
        return key.created_by, key

    def authenticate_header(self, request: Request) -> str:
        """The challenge that turns a refusal into 401."""
        return 'Bearer error="invalid_token"'


class DenyUnlessScoped(BasePermission):
    """Lets a request in only where its view names a scope and its key has it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """False for views without ``scopes``: forgetting them closes the door."""
        scopes: dict[str, str] = getattr(view, "scopes", {})
        needed = scopes.get(str(request.method))
        return isinstance(request.auth, ApiKey) and needed in request.auth.scopes
