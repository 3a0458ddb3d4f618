"""Everything that is signed with the app's secret: session tokens, launch parameters, webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping

from .tables import Json

TOKEN_SECONDS = 60
LEEWAY = 5


class InvalidTokenError(Exception):
    """A session token that Shopify would not take; the message says why."""


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(secret: str, data: bytes) -> bytes:
    return hmac.new(secret.encode(), data, hashlib.sha256).digest()


def jwt(claims: Json, secret: str) -> str:
    """Return a JSON web token, signed with HS256."""
    head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode(_mac(secret, signed.encode()))}"


def session_token(shop: str, *, user_id: int, client_id: str, secret: str, now: float) -> str:
    """Return a session token of the shop's admin: one minute's life, a numeric `sub`."""
    issued = int(now)
    return jwt(
        {
            "iss": f"https://{shop}/admin",
            "dest": f"https://{shop}",
            "aud": client_id,
            "sub": str(user_id),
            "exp": issued + TOKEN_SECONDS,
            "nbf": issued,
            "iat": issued,
            "jti": str(uuid.uuid4()),
            "sid": str(uuid.uuid4()),
            "sig": secrets.token_hex(32),
        },
        secret,
    )


def read_session_token(
    token: str, *, shop: str, client_id: str, keys: tuple[str, ...], now: float
) -> Json:
    """Return the claims of a session token that is valid for `shop` now.

    `keys` are the secrets it may be signed with. Raises InvalidTokenError.
    """
    claims = _verified(token, keys)
    if claims.get("aud") != client_id:
        raise InvalidTokenError("aud is another app")
    if claims.get("dest") != f"https://{shop}" or claims.get("iss") != f"https://{shop}/admin":
        raise InvalidTokenError("dest or iss is another shop")
    expires, starts = claims.get("exp"), claims.get("nbf")
    if not isinstance(expires, (int, float)) or not isinstance(starts, (int, float)):
        raise InvalidTokenError("exp or nbf is missing")
    if now > expires + LEEWAY or now < starts - LEEWAY:
        raise InvalidTokenError("the token is not valid at this time")
    return claims


def _verified(token: str, keys: tuple[str, ...]) -> Json:
    try:
        signed, _, signature = token.rpartition(".")
        head, body = signed.split(".")
        given, algorithm = _decode(signature), json.loads(_decode(head))["alg"]
        claims = json.loads(_decode(body))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidTokenError("this is no token") from error
    good = any(hmac.compare_digest(_mac(key, signed.encode()), given) for key in keys if key)
    if algorithm != "HS256" or not good or not isinstance(claims, dict):
        raise InvalidTokenError("the signature is wrong")
    return claims


def sign_params(params: Mapping[str, str], secret: str) -> str:
    """Return the hex `hmac` of launch parameters: all others, sorted, as k=v joined by &."""
    text = "&".join(f"{key}={value}" for key, value in sorted(params.items()) if key != "hmac")
    return _mac(secret, text.encode()).hex()


def sign_body(body: bytes, secret: str) -> str:
    """Return base64(HMAC-SHA256(secret, raw body)) as sent in X-Shopify-Hmac-Sha256."""
    return base64.b64encode(_mac(secret, body)).decode()
