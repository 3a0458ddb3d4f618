"""Shopify's side of things, signed as Shopify signs: session tokens, webhooks, a token desk."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

CLIENT_ID = "7b1d9c0f2a864d9e8f3e5c6b4a2d1e0f"
SECRET = "shpss_present-secret-of-the-app-of-these-tests"
OLD_SECRET = "shpss_secret-before-the-last-rotation-of-it"
SHOP = "quiet-harbour.myshopify.com"
_count = itertools.count(1)


def session_token(shop: str = SHOP, *, secret: str = SECRET, **changes: Any) -> str:
    """A session token as App Bridge gives it; ``changes`` overwrite claims, None drops one."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": CLIENT_ID,
        "sub": "901",
        "exp": now + 60,
        "nbf": now - 1,
        "iat": now - 1,
        "jti": f"jti-{next(_count)}",
        "sid": "sid-1",
        **changes,
    }
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, secret, "HS256")


def signature(body: bytes, secret: str = SECRET) -> str:
    """The header of a webhook."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def webhook(
    topic: str,
    payload: object,
    *,
    shop: str = SHOP,
    secret: str = SECRET,
    prefix: str = "X-Shopify",
    **headers: str,
) -> tuple[bytes, dict[str, str]]:
    """A signed delivery: its body and headers; ``headers`` names others, such as Event_Id."""
    body = json.dumps(payload).encode()
    named = {
        "Topic": topic,
        "Hmac-Sha256": signature(body, secret),
        "Shop-Domain": shop,
        "API-Version": "2026-10",
        "Webhook-Id": f"b54557e4-bdd9-4b37-8a5f-{next(_count):012d}",
        "Triggered-At": "2026-11-28T10:00:00.123456789Z",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return body, {f"{prefix}-{name}": value for name, value in named.items()}


@dataclass
class Desk:
    """The token endpoint: one live pair a shop; a refresh token answers until its heir is used."""

    server: HTTPServer
    answers: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    delay: float = 0.0
    scope: str = "write_products,write_files"
    without: tuple[str, ...] = ()
    issued: int = 0
    refresh_tokens: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Response:
        """Exchange or refresh; ``answers`` come first, one a request."""
        asked = json.loads(request.get_data())
        with self.lock:
            self.asked.append(asked)
            time.sleep(self.delay)
            if self.answers:
                status, body = self.answers.pop(0)
                text = body if isinstance(body, str) else json.dumps(body)
                return Response(text, status, content_type="application/json")
            if asked["client_id"] != CLIENT_ID or asked["client_secret"] != SECRET:
                return _json({"error": "invalid_client"}, 401)
            if asked["grant_type"] == "refresh_token":
                if asked["refresh_token"] not in self.refresh_tokens:
                    return _json({"error": "invalid_grant"}, 400)
            else:
                jwt.decode(asked["subject_token"], SECRET, ["HS256"], audience=CLIENT_ID)
                assert asked["expiring"] == 1
            return _json(self._pair())

    def _pair(self) -> dict[str, Any]:
        self.issued += 1
        self.refresh_tokens.add(f"shprt_{self.issued}")
        pair = {
            "access_token": f"shpat_{self.issued}",
            "scope": self.scope,
            "expires_in": 3600,
            "refresh_token": f"shprt_{self.issued}",
            "refresh_token_expires_in": 7_776_000,
        }
        return {name: value for name, value in pair.items() if name not in self.without}

    def grants(self) -> list[str]:
        """What was asked for, in order: "exchange" or "refresh"."""
        kinds = {"refresh_token": "refresh"}
        return [kinds.get(asked["grant_type"], "exchange") for asked in self.asked]


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
