"""The sandbox as one WSGI application: which shop, which door, which fault.

`/{shop}/...` is `https://{shop}/...`. Order of a request: fault in the shop's place, work that
is due, the door, fault on the finished answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

# Importing these registers their fields with `resolve`.
from . import (
    admin,
    bulk,
    control,
    document,
    endpoint,
    file_reads,
    file_writes,
    files,
    hook_writes,
    payloads,
    product_writes,
    reads,
    staging,
    storefront,
    tokens,
)
from .faults import Faults
from .processing import settle
from .registration import COMPLIANCE_TOPICS
from .signing import session_token
from .state import State
from .tables import Shop, User
from .webhooks import Hooks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Application", "file_reads", "file_writes", "hook_writes", "product_writes", "reads"]


class Application:
    """WSGI application over one State, and what a person at Shopify could do with it."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self.hooks = Hooks(state, faults)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        return self.respond(request)(environ, start_response)

    def respond(self, request: Request) -> Response:
        """Route a request to the controls or to a shop."""
        if request.path.startswith("/__sandbox/"):
            return control.handle(self, request, request.path[11:])
        if request.path[1:] in admin.SCRIPTS:
            return admin.script(request.path[1:])
        domain, _, path = request.path[1:].partition("/")
        shop = self.state.tables.shops.get(domain)
        if shop is None:
            return _not_found()
        sent = document.read(request) if path.endswith("/graphql.json") else None
        fields = sent.fields if sent else set()
        struck = self.faults.before(request, fields)
        if struck is not None:
            return struck
        self.settle(shop)
        response = self._answer(shop, request, path, sent)
        writes = sent.writes if sent else request.method != "GET"
        return self.faults.after(request, response, fields, writes=writes)

    def _answer(
        self, shop: Shop, request: Request, path: str, sent: document.Sent | None
    ) -> Response:
        if sent is not None and path.startswith("admin/api/"):
            if request.method != "POST":
                return _not_found()
            return endpoint.handle(
                self.state, shop, self.hooks, self.faults, request=request, sent=sent
            )
        if path == "admin/oauth/access_token" and request.method == "POST":
            return tokens.handle(self.state, shop, request)
        if path.startswith("staged/"):
            return staging.receive(self.state, shop, request, path[7:])
        if path.startswith("bulk/"):
            return bulk.download(self.state, shop, request, path[5:])
        if path.startswith("cdn/files/"):
            return files.serve(self.state, shop, request, path[10:])
        with self.state.lock:
            if path == "admin" or path.startswith("admin/"):
                return admin.handle(self, shop, request, path[6:].strip("/"))
            return storefront.handle(self.state, shop, path)

    def settle(self, shop: Shop) -> None:
        """Do the shop's work that is due."""
        settle(self.state, self.hooks, shop, self.faults)

    def user(self, shop: Shop, login: str) -> User:
        """Return a user of the shop's admin; raise KeyError for another name."""
        found = next((one for one in shop.users.values() if one.login == login), None)
        if found is None:
            raise KeyError(login)
        return found

    def session_token(self, shop: Shop, login: str = "admin") -> str:
        """Return a fresh session token, as App Bridge would hand to the app."""
        return session_token(
            shop.domain,
            user_id=self.user(shop, login).id,
            client_id=self.state.app.client_id,
            secret=self.state.app.client_secret,
            now=self.state.now(),
        )

    def install(self, shop: Shop) -> None:
        """Install the app with the scopes it asks for now, or update them (managed install)."""
        with self.state.lock:
            before, wanted = list(shop.granted), list(self.state.app.scopes)
            again = shop.installed
            shop.installed, shop.granted = True, wanted
            shop.installed_at = self.state.now()
            for token in shop.tokens:
                token.scope = ",".join(wanted)
        if again and before != wanted:
            payload = payloads.scopes(shop, before, now=self.state.now())
            self.hooks.fire(shop, "app/scopes_update", payload)
        self.state.save()

    def uninstall(self, shop: Shop) -> None:
        """Uninstall the app: its tokens are dead at once, and app/uninstalled is queued."""
        with self.state.lock:
            if not shop.installed:
                return
            shop.installed, shop.granted = False, []
            tokens.revoke_all(shop)
            self.hooks.fire(shop, "app/uninstalled", payloads.uninstalled(shop))
            shop.subscriptions.clear()
        self.state.save()

    def comply(self, shop: Shop, topic: str) -> None:
        """Queue a compliance topic; raise ValueError for another one."""
        if topic not in COMPLIANCE_TOPICS:
            raise ValueError(f"{topic!r} is not one of {', '.join(COMPLIANCE_TOPICS)}.")
        self.hooks.fire(shop, topic, payloads.compliance(shop, topic))

    def rotate_secret(self, client_secret: str) -> None:
        """Give the app a new secret; the present one becomes the old one."""
        app = self.state.app
        app.old_client_secret, app.client_secret = app.client_secret, client_secret


def _not_found() -> Response:
    return Response(json.dumps({"errors": "Not Found"}), 404, mimetype="application/json")
