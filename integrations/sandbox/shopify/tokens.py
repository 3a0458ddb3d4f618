"""POST /{shop}/admin/oauth/access_token: token exchange and refresh.

One expiring offline token lives per app and shop: a new one revokes the one before. After a
refresh the old refresh token can be used again until the replacement is first used.
"""

from __future__ import annotations

import hmac
import json
import secrets

from werkzeug.wrappers import Request, Response

from .signing import InvalidTokenError, read_session_token
from .state import State
from .tables import Json, Shop, Token

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 7_776_000


class GrantError(Exception):
    """A grant that is refused; the message is the OAuth error word."""


def handle(state: State, shop: Shop, request: Request) -> Response:
    """Answer a token request with JSON; refusals are 400 with an `error` word."""
    try:
        body = _grant(state, shop, _fields(request))
    except GrantError as error:
        return _json({"error": str(error)}, 400)
    state.save()
    return _json(body, 200)


def _fields(request: Request) -> dict[str, str]:
    """Read a JSON or a form body, as the real one does."""
    if request.mimetype != "application/json":
        return request.form.to_dict()
    try:
        read = json.loads(request.get_data())
    except ValueError as error:
        raise GrantError("invalid_request") from error
    if not isinstance(read, dict):
        raise GrantError("invalid_request")
    return {name: str(value) for name, value in read.items()}


def _grant(state: State, shop: Shop, fields: dict[str, str]) -> Json:
    app = state.app
    keys = [key for key in (app.client_secret, app.old_client_secret) if key]
    given = fields.get("client_secret", "").encode()
    known = any(hmac.compare_digest(key.encode(), given) for key in keys)
    if fields.get("client_id") != app.client_id or not known:
        raise GrantError("invalid_client")
    if fields.get("grant_type") == EXCHANGE:
        return _exchange(state, shop, fields)
    if fields.get("grant_type") == "refresh_token":
        return _refresh(state, shop, fields.get("refresh_token", ""))
    raise GrantError("unsupported_grant_type")


def _exchange(state: State, shop: Shop, fields: dict[str, str]) -> Json:
    if fields.get("requested_token_type") != OFFLINE:
        raise GrantError("invalid_requested_token_type")
    if not shop.installed or fields.get("subject_token_type") != ID_TOKEN:
        raise GrantError("invalid_subject_token")
    try:
        read_session_token(
            fields.get("subject_token", ""),
            shop=shop.domain,
            client_id=state.app.client_id,
            keys=(state.app.client_secret, state.app.old_client_secret),
            now=state.now(),
        )
    except InvalidTokenError as error:
        raise GrantError("invalid_subject_token") from error
    if fields.get("expiring") not in ("1", "true", "True"):
        return _lasting(state, shop)
    with state.lock:
        for row in shop.tokens:
            row.revoked = row.revoked or row.expires is not None
        return _issue(state, shop)


def _lasting(state: State, shop: Shop) -> Json:
    scope = ",".join(shop.granted)
    row = Token(f"shpat_{secrets.token_hex(16)}", scope, state.now())
    with state.lock:
        shop.tokens.append(row)
    return {"access_token": row.access_token, "scope": scope}


def _issue(state: State, shop: Shop, *, follows: Token | None = None) -> Json:
    now = state.now()
    row = Token(
        access_token=f"shpat_{secrets.token_hex(16)}",
        scope=",".join(shop.granted),
        issued=now,
        expires=now + ACCESS_SECONDS,
        refresh_token=f"shprt_{secrets.token_hex(16)}",
        refresh_expires=now + REFRESH_SECONDS,
        follows=follows.refresh_token if follows else "",
    )
    shop.tokens.append(row)
    return {
        "access_token": row.access_token,
        "scope": row.scope,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": row.refresh_token,
        "refresh_token_expires_in": REFRESH_SECONDS,
    }


def _refresh(state: State, shop: Shop, refresh_token: str) -> Json:
    with state.lock:
        row = next((t for t in shop.tokens if t.refresh_token == refresh_token), None)
        if row is None or not refresh_token or row.refresh_expires <= state.now():
            raise GrantError("invalid_grant")
        replacements = [t for t in shop.tokens if t.follows == refresh_token]
        retry = bool(replacements) and not any(t.used for t in replacements)
        if row.revoked and not retry:
            raise GrantError("invalid_grant")
        row.used = True
        for other in shop.tokens:
            other.revoked = other.revoked or other.expires is not None
        return _issue(state, shop, follows=row)


def find(state: State, shop: Shop, access_token: str) -> Token | None:
    """Return the live token with this value and mark it used; None where it is dead."""
    if not shop.installed or not access_token:
        return None
    with state.lock:
        for row in shop.tokens:
            if not hmac.compare_digest(row.access_token.encode(), access_token.encode()):
                continue
            if row.revoked or (row.expires is not None and row.expires <= state.now()):
                return None
            row.used = True
            return row
    return None


def revoke_all(shop: Shop) -> None:
    """Revoke every token of the app at this shop, refresh tokens included."""
    shop.tokens.clear()


def _json(body: Json, status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
