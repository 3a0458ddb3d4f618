"""How the REST API knows who asks: a bearer key in the Authorization header, nothing else."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from productviz.accounts.keys import find_key
from productviz.accounts.models import ApiKey, User


class BadKey(Exception):
    """A credential that lets nobody in; ``code`` says why only to who knows the secret."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ApiKeyAuthentication(BaseAuthentication):
    """Reads ``Authorization: Bearer pk_live_...``; cookies are never credentials here."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """The key's maker and the key, None without a header. Raises BadKey."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if not kind:
            return None
        if kind.lower() != "bearer":
            raise BadKey("unauthenticated")
        key, fault = find_key(text.strip())
        if key is None or fault:
            raise BadKey(fault or "unauthenticated")
        return key.created_by, key
