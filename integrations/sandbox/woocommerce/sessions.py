"""Who is logged in to the store's pages: a cookie, a token, a user. Not used by the REST API."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from werkzeug.wrappers import Request, Response

from .state import State
from .tables import User

COOKIE = "wordpress_logged_in_sandbox"


def current_user(state: State, request: Request) -> User | None:
    """Return the user of the session cookie."""
    number = state.sessions.get(request.cookies.get(COOKIE, ""))
    return state.tables.users.get(number) if number else None


def log_in(state: State, response: Response, user: User) -> Response:
    """Start a session on this response."""
    token = secrets.token_urlsafe(24)
    state.sessions[token] = user.id
    response.set_cookie(COOKIE, token, httponly=True, samesite="Lax")
    return response


def check_password(state: State, login: str, password: str) -> User | None:
    """Return the user whose account password this is."""
    user = state.user_named(login)
    if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
        return None
    return user


def nonce(request: Request, action: str) -> str:
    """Return the ten-digit token that ties a form to this session and action."""
    token = request.cookies.get(COOKIE, "")
    return hashlib.sha256(f"{token}|{action}".encode()).hexdigest()[:10]
