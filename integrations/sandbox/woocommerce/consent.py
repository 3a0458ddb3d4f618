"""/wc-auth/v1/*: the WooCommerce consent flow that ends in a server-to-server POST of the keys.

Log-in, consent, callback, redirect, in the measured order: the keys travel before the
browser does, only an answer of exactly 200 keeps them alive, and every error is a 401 page.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from . import outbound
from .auth import STAFF
from .pages import error_page, login_form, page
from .replies import php_json
from .sessions import check_password, current_user, log_in, nonce
from .state import State
from .tables import User

_PARAMETERS = ("app_name", "user_id", "return_url", "callback_url", "scope")
_SCOPES = ("read", "write", "read_write")
_ACTION = "wc_auth_grant_access"
_UNSAFE = re.compile(r"[|<>\"^`{}\\\s]")
_CALLBACK_SECONDS = 60
RIGHTS = {
    "read": ("View coupons", "View customers", "View orders and sales reports", "View products"),
    "write": (
        "Create webhooks", "Create coupons", "Create customers", "Create orders",
        "Create products",
    ),
    "read_write": (
        "Create webhooks", "View and manage coupons", "View and manage customers",
        "View and manage orders and sales reports", "View and manage products",
    ),
}  # fmt: skip


class _RefusedError(Exception):
    pass


def handle(state: State, request: Request, step: str) -> Response:
    """Answer one step: authorize, login or access_granted."""
    try:
        asked = _asked(state, request)
        return _step(state, request, step, asked)
    except _RefusedError as error:
        return error_page(f"Error: {error}.", store=state.tables.name, status=401)


def _step(state: State, request: Request, step: str, asked: dict[str, str]) -> Response:
    user = current_user(state, request)
    if step == "login" and user is None:
        return _login(state, request, asked)
    if user is None:
        return redirect(_url(state, "login", asked))
    if step == "login":
        return redirect(_url(state, "authorize", asked))
    if user.role not in STAFF:
        raise _RefusedError("You do not have permission to access this page")
    if step == "access_granted":
        return _grant(state, request, user, asked)
    return _consent(state, request, user, asked)


def _asked(state: State, request: Request) -> dict[str, str]:
    asked: dict[str, str] = {}
    for name in _PARAMETERS:
        value = request.args.get(name, "").strip()
        if value in ("", "0"):
            raise _RefusedError(f"Missing parameter {name}")
        asked[name] = _with_scheme(value) if name.endswith("_url") else value
    asked["user_id"] = _UNSAFE.sub("", asked["user_id"])
    if asked["scope"] not in _SCOPES:
        raise _RefusedError(f"Invalid scope {asked['scope']}")
    for name in ("return_url", "callback_url"):
        if not urlsplit(asked[name]).hostname:
            raise _RefusedError(f"The {asked[name]} is not a valid URL")
    if not asked["callback_url"].lower().startswith("https://") and not _plain_allowed(state):
        raise _RefusedError("The callback_url needs to be over SSL")
    return asked


def _plain_allowed(state: State) -> bool:
    return state.policy.http_callback_allowed


def _with_scheme(url: str) -> str:
    return url if "://" in url else f"https://{url.lstrip('/')}"


def _url(state: State, step: str, asked: dict[str, str], **more: str) -> str:
    return f"{state.home}/wc-auth/v1/{step}/?{urlencode({**asked, **more})}"


def _return_url(asked: dict[str, str], *, success: bool) -> str:
    parts = urlsplit(asked["return_url"])
    extra = urlencode({"success": int(success), "user_id": asked["user_id"]})
    query = f"{parts.query}&{extra}" if parts.query else extra
    return urlunsplit(parts._replace(query=query))


def _login(state: State, request: Request, asked: dict[str, str]) -> Response:
    problem = ""
    if request.method == "POST":
        name = request.form.get("username", "")
        user = check_password(state, name, request.form.get("password", ""))
        if user is not None:
            return log_in(state, redirect(_url(state, "authorize", asked)), user)
        problem = f"Error: The password you entered for the username {name} is incorrect."
    app = escape(asked["app_name"])
    cancel = escape(_return_url(asked, success=False))
    form = login_form(names=("username", "password"), hidden={}, problem=problem)
    body = (
        f"<h1>Connect {app} to this store</h1>"
        f"<p>Log in first, or <a href='{cancel}'>go back to {app}</a>.</p>{form}"
    )
    return page("Application authentication request", body, store=state.tables.name)


def _consent(state: State, request: Request, user: User, asked: dict[str, str]) -> Response:
    app = escape(asked["app_name"])
    scope = asked["scope"].replace("_", "/").title()
    rights = "".join(f"<li>{right}</li>" for right in RIGHTS[asked["scope"]])
    host = escape(urlsplit(asked["callback_url"]).hostname or "")
    token = nonce(request, _ACTION)
    approve = escape(_url(state, "access_granted", asked, wc_auth_nonce=token))
    deny = escape(_return_url(asked, success=False))
    body = (
        f"<h1>{app} asks for access to this store</h1>"
        f"<p>With <strong>{scope}</strong> access it will be able to:</p><ul>{rights}</ul>"
        f"<p>The key will be sent to <strong>{host}</strong>. Stop here if you do not know it.</p>"
        f"<p>You are logged in as {escape(user.login)}.</p><div class='row'>"
        f"<a class='button primary wc-auth-approve' href='{approve}'>Approve</a>"
        f"<a class='button wc-auth-deny' href='{deny}'>Deny</a></div>"
    )
    return page("Application authentication request", body, store=state.tables.name)


def _grant(state: State, request: Request, user: User, asked: dict[str, str]) -> Response:
    if request.args.get("wc_auth_nonce") != nonce(request, _ACTION):
        raise _RefusedError("Invalid nonce verification")
    when = state.stamps()[1].replace("T", " ")
    key = state.create_key(
        user, permissions=asked["scope"], description=f"{asked['app_name']} - API ({when})"
    )
    body = php_json(
        {
            "key_id": key.id,
            "user_id": asked["user_id"],
            "consumer_key": key.consumer_key,
            "consumer_secret": key.consumer_secret,
            "key_permissions": asked["scope"],
        }
    )
    problem = _post_keys(state, asked["callback_url"], body.encode())
    if problem:
        del state.tables.keys[key.id]
        raise _RefusedError(problem)
    state.save()
    return redirect(_return_url(asked, success=True))


def _post_keys(state: State, url: str, body: bytes) -> str:
    headers = {
        "User-Agent": f"{outbound.AGENT}; {state.home}",
        "Content-Type": "application/json;charset=UTF-8",
    }
    try:
        answer = outbound.send(
            state, "POST", url, headers=headers, body=body, seconds=_CALLBACK_SECONDS,
            redirects=True,
        )  # fmt: skip
    except outbound.UnreachableError as error:
        return str(error)
    if answer.status == 200:
        return ""
    return "An error occurred in the request and at the time were unable to send the consumer data"
