"""wp-login.php and authorize-application.php: how a person hands out an application password.

The password reaches the application in the browser's redirect, so this flow also works for
an application that the store itself cannot reach.
"""

from __future__ import annotations

import uuid
from html import escape
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from .auth import STAFF, app_passwords_available
from .pages import error_page, login_form, page
from .sessions import check_password, current_user, log_in, nonce
from .state import State
from .tables import User

_ACTION = "authorize_application_password"
_FIELDS = ("app_name", "app_id", "success_url", "reject_url")
_CANNOT = "Cannot Authorize Application"


def login(state: State, request: Request) -> Response:
    """GET and POST /wp-login.php."""
    target = request.values.get("redirect_to", f"{state.home}/")
    problem = ""
    if request.method == "POST":
        name = request.form.get("log", "")
        user = check_password(state, name, request.form.get("pwd", ""))
        if user is not None:
            return log_in(state, redirect(target), user)
        problem = f"Error: The password you entered for the username {name} is incorrect."
    hidden = {"redirect_to": target, "testcookie": "1"}
    form = login_form(names=("log", "pwd"), hidden=hidden, problem=problem)
    body = f"<h1>Log in to {escape(state.tables.name)}</h1>{form}"
    return page(f"Log In ‹ {state.tables.name}", body, store=state.tables.name)


def authorize(state: State, request: Request) -> Response:
    """GET and POST /wp-admin/authorize-application.php."""
    user = current_user(state, request)
    if user is None:
        back = f"{state.home}{request.full_path.rstrip('?')}"
        query = urlencode({"redirect_to": back, "reauth": 1})
        return redirect(f"{state.home}/wp-login.php?{query}")
    if user.role not in STAFF:
        return redirect(f"{state.home}/my-account/")
    if not app_passwords_available(state, request):
        message = "Application passwords are not available."
        return error_page(message, store=state.tables.name, status=501, title=_CANNOT)
    asked = {name: request.values.get(name, "") for name in _FIELDS}
    problem = _problem(state, asked)
    if problem:
        return error_page(problem, store=state.tables.name, status=500, title=_CANNOT)
    if request.method == "POST":
        return _decide(state, request, user, asked)
    return _consent(state, request, user, asked)


def _problem(state: State, asked: dict[str, str]) -> str:
    for name in ("success_url", "reject_url"):
        scheme = urlsplit(asked[name]).scheme
        if asked[name] and scheme == "http" and state.policy.environment_type != "local":
            return "The URL must be served over a secure connection."
    if asked["app_id"] and not _is_uuid(asked["app_id"]):
        return "The application ID must be a UUID."
    return ""


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def _consent(state: State, request: Request, user: User, asked: dict[str, str]) -> Response:
    hidden = {**asked, "action": _ACTION, "_wpnonce": nonce(request, _ACTION)}
    hidden["reject_url"] = asked["reject_url"] or _with(asked["success_url"], success="false")
    fields = "".join(
        f"<input type='hidden' name='{name}' value='{escape(value)}'>"
        for name, value in hidden.items()
    )
    host = escape(urlsplit(asked["success_url"]).netloc)
    where = f"<p>The password will be handed to <strong>{host}</strong>.</p>" if host else ""
    body = (
        f"<h1>Give {escape(asked['app_name'])} access to your account?</h1>"
        "<p>It gets a password of its own, which you can revoke on your profile.</p>"
        f"{where}<p>You are logged in as {escape(user.login)}.</p>"
        f"<form method='post'>{fields}<div class='row'>"
        "<button class='button primary' name='approve' value='Yes'>Yes, connect</button>"
        "<button class='button' name='reject' value='No'>No, cancel</button></div></form>"
    )
    return page(f"Authorize Application ‹ {state.tables.name}", body, store=state.tables.name)


def _with(url: str, **more: str) -> str:
    if not url:
        return ""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"


def _decide(state: State, request: Request, user: User, asked: dict[str, str]) -> Response:
    if request.form.get("_wpnonce") != nonce(request, _ACTION):
        message = "The link you followed has expired."
        return error_page(message, store=state.tables.name, status=403, title="Expired")
    if "approve" not in request.form:
        return redirect(asked["reject_url"] or f"{state.home}/")
    row = state.create_app_password(user, name=asked["app_name"], app_id=asked["app_id"])
    state.save()
    if asked["success_url"]:
        return redirect(
            _with(
                asked["success_url"],
                site_url=state.home,
                user_login=user.login,
                password=row.password,
            )
        )
    spaced = " ".join(row.password[i : i + 4] for i in range(0, 24, 4))
    body = (
        f"<h1>New application password</h1><p>For <strong>{escape(row.name)}</strong>:</p>"
        f"<p><code>{spaced}</code></p><p class='note'>It is shown only now.</p>"
    )
    return page("Authorize Application", body, store=state.tables.name)
