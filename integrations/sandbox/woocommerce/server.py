"""The store as one WSGI application: routes, authentication, answers, faults.

Order of a REST request: fault in the store's place, authentication, key permission, route,
handler, headers, fault on the finished answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from . import (
    accounts,
    app_consent,
    consent,
    control,
    media,
    products,
    shop,
    site,
    variations,
    webhook_rows,
)
from .auth import check_permissions, identify
from .call import Call, Handler
from .faults import Faults
from .replies import COLLECTION, SINGLE, ApiError, Reply, dress, pick
from .state import State, Write
from .webhooks import Hooks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_WC = "/wc/v3"
_ID = "<int:number>"
_EDITS = ("PUT", "PATCH", "POST")
# (path, methods, handler, the route's Allow header)
_REST: tuple[tuple[str, tuple[str, ...], Handler, str], ...] = (
    ("/", ("GET",), site.index, "GET"),
    (f"{_WC}/products", ("GET",), products.index, COLLECTION),
    (f"{_WC}/products", ("POST",), products.create, COLLECTION),
    (f"{_WC}/products/batch", _EDITS, products.batch, "POST, PUT, PATCH"),
    (f"{_WC}/products/categories", ("GET",), site.categories, COLLECTION),
    (f"{_WC}/products/categories/{_ID}", _EDITS, site.rename_category, SINGLE),
    (f"{_WC}/products/{_ID}", ("GET",), products.show, SINGLE),
    (f"{_WC}/products/{_ID}", _EDITS, products.update, SINGLE),
    (f"{_WC}/products/{_ID}", ("DELETE",), products.delete, SINGLE),
    (f"{_WC}/products/{_ID}/variations", ("GET",), variations.index, COLLECTION),
    (f"{_WC}/products/{_ID}/variations", ("POST",), variations.create, COLLECTION),
    (f"{_WC}/products/{_ID}/variations/<int:variation>", ("GET",), variations.show, SINGLE),
    (f"{_WC}/products/{_ID}/variations/<int:variation>", _EDITS, variations.update, SINGLE),
    (f"{_WC}/products/{_ID}/variations/<int:variation>", ("DELETE",), variations.delete, ""),
    (f"{_WC}/variations", ("GET",), variations.everything, "GET"),
    (f"{_WC}/webhooks", ("GET",), webhook_rows.index, COLLECTION),
    (f"{_WC}/webhooks", ("POST",), webhook_rows.create, COLLECTION),
    (f"{_WC}/webhooks/{_ID}", ("GET",), webhook_rows.show, SINGLE),
    (f"{_WC}/webhooks/{_ID}", _EDITS, webhook_rows.update, SINGLE),
    (f"{_WC}/webhooks/{_ID}", ("DELETE",), webhook_rows.delete, SINGLE),
    (f"{_WC}/system_status", ("GET",), site.system_status, "GET"),
    (f"{_WC}/data/currencies/current", ("GET",), site.currency, "GET"),
    (f"{_WC}/orders", ("POST",), site.order, COLLECTION),
    ("/wp/v2/media", ("GET",), media.index, "GET"),
    ("/wp/v2/media", ("POST",), media.create, COLLECTION),
    (f"/wp/v2/media/{_ID}", ("GET",), media.show, SINGLE),
    (f"/wp/v2/media/{_ID}", _EDITS, media.update, SINGLE),
    (f"/wp/v2/media/{_ID}", ("DELETE",), media.delete, ""),
    ("/wp/v2/users/me", ("GET",), accounts.me, SINGLE),
    ("/wp/v2/users/me/application-passwords", ("GET",), accounts.passwords, "GET, POST, DELETE"),
    ("/wp/v2/users/me/application-passwords/introspect", ("GET",), accounts.introspect, "GET"),
    ("/wp/v2/users/me/application-passwords/<uuid>", ("DELETE",), accounts.revoke, SINGLE),
)
_ROUTES = Map(
    [
        Rule(path, methods=methods, endpoint=number)
        for number, (path, methods, _, _) in enumerate(_REST)
    ],
    strict_slashes=False,
)
_TOO_LARGE = (
    "<html>\n<head><title>413 Request Entity Too Large</title></head>\n<body>\n<center>"
    "<h1>413 Request Entity Too Large</h1></center>\n<hr><center>nginx/1.22.1</center>\n"
    "</body>\n</html>\n"
)


class Application:
    """WSGI application over one State."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self.hooks = Hooks(state, faults)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        return self.respond(request)(environ, start_response)

    def respond(self, request: Request) -> Response:
        """Route a request to REST, pages, files or controls."""
        if request.path.startswith("/__sandbox/"):
            return control.handle(
                self.state, self.hooks, self.faults, request=request, what=request.path[11:]
            )
        struck = self.faults.before(request)
        if struck is not None:
            return struck
        return self.faults.after(request, self._answer(request))

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix("/index.php")
        if path.startswith("/wp-json") or "rest_route" in request.args:
            return self._rest(request, request.args.get("rest_route", path[8:]) or "/")
        if path.startswith("/wc-auth/v1/"):
            return consent.handle(self.state, request, path[12:].strip("/"))
        if path == "/wp-login.php":
            return app_consent.login(self.state, request)
        if path == "/wp-admin/authorize-application.php":
            return app_consent.authorize(self.state, request)
        if path.startswith("/wp-content/uploads/"):
            return self._file(request, path[20:])
        return shop.handle(self.state, path)

    def _file(self, request: Request, name: str) -> Response:
        try:
            return send_from_directory(self.state.uploads.resolve(), name, request.environ)
        except NotFound:
            return shop.missing(self.state)

    def _rest(self, request: Request, path: str) -> Response:
        if (request.content_length or 0) > media.BODY_LIMIT:
            return Response(_TOO_LARGE, 413, content_type="text/html")
        call = Call.of(request, self.state, self.hooks)
        try:
            reply = self._handled(call, path)
        except ApiError as error:
            reply = Reply(error.envelope(), error.status, allow=error.allow)
        self._record(request, reply)
        if reply.status < 400:
            wanted = str(call.query.get("_fields", ""))
            reply.body = pick(reply.body, wanted, keep_links=path.startswith(_WC))
        return dress(
            reply,
            home=self.state.home,
            path=path,
            query=call.query,
            signed_in=call.identity is not None,
            get=request.method in ("GET", "HEAD"),
        )

    def _handled(self, call: Call, path: str) -> Reply:
        call.identity = identify(self.state, call.request)
        check_permissions(call.identity, call.request.method)
        handler, allow, arguments = _route(call.request.method, path)
        try:
            reply = handler(call, **arguments)
        except ApiError as error:
            # WordPress lists the allowed methods only for callers who passed the permission check.
            if error.status not in (401, 403) and not error.allow:
                error.allow = allow
            raise
        reply.allow = reply.allow or allow
        return reply

    def _record(self, request: Request, reply: Reply) -> None:
        if request.method in ("GET", "HEAD", "OPTIONS") or reply.status >= 400:
            return
        body = _readable(request)
        with self.state.lock:
            self.state.writes.append(Write(request.method, request.path, body, reply.status))
        self.state.save()


def _route(method: str, path: str) -> tuple[Handler, str, dict[str, object]]:
    adapter = _ROUTES.bind("store")
    try:
        endpoint, arguments = adapter.match(path, method)
    except HTTPException as error:
        message = "No route was found matching the URL and request method."
        raise ApiError(404, "rest_no_route", message) from error
    _, _, handler, allow = _REST[endpoint]
    return handler, allow, dict(arguments)


def _readable(request: Request) -> object:
    if request.mimetype != "application/json":
        return f"<{request.content_length or 0} bytes {request.mimetype}>"
    return json.loads(request.get_data() or b"null")
