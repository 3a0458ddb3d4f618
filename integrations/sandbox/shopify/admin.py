"""The shop's admin as a person sees it: logging in, products, installing and opening the app.

`/{shop}/admin/apps/{handle}/...` frames the app's address with signed launch parameters and a
session token of one minute; its `/session-token` gives fresh ones to whoever is logged in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from . import admin_pages
from .changes import origin
from .signing import TOKEN_SECONDS, sign_params
from .tables import Shop, User

if TYPE_CHECKING:
    from .server import Application

COOKIE = "sandbox_shopify_admin"
_ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("app-bridge.js", "admin.js")


def script(name: str) -> Response:
    """Serve one of the sandbox's scripts; never from a cache, as they change with the code."""
    response = Response((_ASSETS / name).read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


def handle(application: Application, shop: Shop, request: Request, path: str) -> Response:
    """Answer a page of the admin; everything but the log-in asks who it is."""
    if path == "login":
        return _login(application, shop, request)
    user = _user(application, shop, request)
    if user is None:
        return _who_are_you(application, shop, request, path)
    if path == "logout" and request.method == "POST":
        application.state.sessions.pop(request.cookies.get(COOKIE, ""), None)
        return redirect(f"{_admin(application, shop)}/login")
    app, base = application.state.app, origin(application.state, shop)
    handle_path = f"apps/{app.handle}"
    if path == handle_path or path.startswith(f"{handle_path}/"):
        return _app(application, shop, request, user, path[len(handle_path) :].strip("/"))
    if path == "settings":
        body = admin_pages.settings(
            shop,
            app,
            admin=_admin(application, shop),
            token=_csrf(request),
            deliveries=list(application.state.delivered[-30:]),
        )
        return admin_pages.shell(shop, app, body, here="settings", origin=base)
    if path == "products":
        number = request.args.get("page", 1, type=int)
        body = admin_pages.products(shop, origin=base, number=number)
        return admin_pages.shell(shop, app, body, here="products", origin=base)
    if not path:
        return redirect(f"{base}/admin/products")
    return Response("Not Found", 404)


def _admin(application: Application, shop: Shop) -> str:
    return f"{origin(application.state, shop)}/admin"


def _user(application: Application, shop: Shop, request: Request) -> User | None:
    session = application.state.sessions.get(request.cookies.get(COOKIE, ""))
    if session is None or session[0] != shop.domain:
        return None
    return shop.users.get(session[1])


def _who_are_you(application: Application, shop: Shop, request: Request, path: str) -> Response:
    if path.endswith("/session-token"):
        return _json({"error": "Log in to the admin first."}, 401)
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(f"{_admin(application, shop)}/login?{urlencode({'back': back})}")


def _login(application: Application, shop: Shop, request: Request) -> Response:
    back = request.values.get("back", "")
    if request.method != "POST":
        return admin_pages.login(shop, back=back)
    login = request.form.get("login", "")
    user = next((one for one in shop.users.values() if one.login == login), None)
    given = request.form.get("password", "").encode()
    if user is None or not hmac.compare_digest(user.password.encode(), given):
        return admin_pages.login(shop, back=back, problem="Incorrect user or password.")
    token = secrets.token_urlsafe(24)
    application.state.sessions[token] = (shop.domain, user.id)
    # Only addresses of this shop's admin: a log-in page must not send people elsewhere.
    own = back.startswith(f"/{shop.domain}/admin")
    response = redirect(back if own else f"/{shop.domain}/admin/products")
    response.set_cookie(COOKIE, token, httponly=True, samesite="Lax", path=f"/{shop.domain}/admin")
    return response


def _app(application: Application, shop: Shop, request: Request, user: User, path: str) -> Response:
    if path == "session-token":
        token = application.session_token(shop, user.login) if shop.installed else ""
        if not token:
            return _json({"error": "The app is not installed."}, 404)
        return _json({"session_token": token, "expires_in": TOKEN_SECONDS}, 200)
    if request.method == "POST":
        return _click(application, shop, request, path)
    app, base = application.state.app, origin(application.state, shop)
    if not shop.installed:
        body = admin_pages.consent(app, admin=f"{base}/admin", token=_csrf(request))
        return admin_pages.shell(shop, app, body, here="app", origin=base)
    if not app.application_url:
        body = admin_pages.unreachable(app)
        return admin_pages.shell(shop, app, body, here="app", origin=base)
    body = admin_pages.framed(
        app,
        source=launch_url(application, shop, user, path, request.args.to_dict()),
        admin=f"{base}/admin",
        token=_csrf(request),
        bridge_home=application.state.home,
    )
    return admin_pages.shell(shop, app, body, here="app", origin=base, framed=True)


def _click(application: Application, shop: Shop, request: Request, path: str) -> Response:
    """Do what a button says; each form carries the token of its session."""
    if not hmac.compare_digest(request.form.get("token", ""), _csrf(request)):
        return Response("The form is too old. Go back and try again.", 403)
    admin = _admin(application, shop)
    if path == "install":
        application.install(shop)
        return redirect(f"{admin}/apps/{application.state.app.handle}")
    if path == "uninstall":
        application.uninstall(shop)
        return redirect(f"{admin}/settings")
    if path == "comply":
        try:
            application.comply(shop, request.form.get("topic", ""))
        except ValueError as error:
            return Response(str(error), 400)
        return redirect(f"{admin}/settings")
    return Response("Not Found", 404)


def _csrf(request: Request) -> str:
    return hashlib.sha256(f"form {request.cookies.get(COOKIE, '')}".encode()).hexdigest()


def launch_url(
    application: Application, shop: Shop, user: User, path: str, query: dict[str, str]
) -> str:
    """Return the address that the admin frames: the app's, with signed parameters."""
    state, app = application.state, application.state.app
    label = shop.domain.removesuffix(".myshopify.com")
    host = base64.urlsafe_b64encode(f"admin.shopify.com/store/{label}".encode()).decode()
    params = {
        **query,
        "shop": shop.domain,
        "host": host.rstrip("="),
        "id_token": application.session_token(shop, user.login),
        "timestamp": str(int(state.now())),
        "embedded": "1",
        "locale": "en",
        "session": hashlib.sha256(f"{shop.domain} {user.id}".encode()).hexdigest(),
    }
    params["hmac"] = sign_params(params, app.client_secret)
    parts = urlsplit(app.application_url)
    address = app.application_url.rstrip("/") + f"/{path}" if path else app.application_url
    joiner = "&" if parts.query else "?"
    return f"{address}{joiner}{urlencode(params)}"


def _json(body: dict[str, object], status: int) -> Response:
    response = Response(json.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
