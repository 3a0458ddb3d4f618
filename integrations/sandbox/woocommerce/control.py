"""/__sandbox/*: the steering wheel, for a store that runs in another process.

No real store has these addresses. `GET state` shows counts and galleries, `POST faults`
arms a fault, `POST deliver` runs the webhook queue, `POST restore` is a click in wp-admin.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from werkzeug.wrappers import Request, Response

from . import render
from .faults import Faults, from_json
from .state import State
from .tables import Json
from .webhooks import Hooks


def handle(state: State, hooks: Hooks, faults: Faults, *, request: Request, what: str) -> Response:
    """Answer one control request with JSON; 404 for an unknown word, 400 for nonsense."""
    try:
        body = _answer(state, hooks, faults, request=request, what=what)
    except (ValueError, KeyError) as error:
        return _json({"error": str(error)}, 400)
    return _json(body, 404 if "error" in body else 200)


def _answer(state: State, hooks: Hooks, faults: Faults, *, request: Request, what: str) -> Json:
    sent = json.loads(request.get_data() or b"{}")
    if what == "state":
        return describe(state, faults)
    if what == "faults":
        if request.method == "POST":
            _set_faults(state, faults, sent)
        return {"faults": [asdict(fault) for fault in faults.waiting()]}
    if what == "deliver":
        return {"delivered": hooks.run()}
    if what == "restore":
        hooks.restored(state.tables.products[int(sent["id"])])
        return {"restored": sent["id"]}
    if what == "credentials":
        return issue_credentials(state, login=str(sent.get("user", "admin")))
    return {"error": f"There is no /__sandbox/{what}."}


def _set_faults(state: State, faults: Faults, sent: Json) -> None:
    if sent.get("clear"):
        faults.clear()
    elif sent.get("kind") == "disable_webhooks":
        disable_webhooks(state)
    else:
        from_json(faults, sent)


def disable_webhooks(state: State) -> None:
    """Disable every webhook at once, as seven failures in a row would."""
    with state.lock:
        for hook in state.tables.webhooks.values():
            hook.status = "disabled"


def issue_credentials(state: State, *, login: str) -> Json:
    """Issue a consumer key pair and an application password for a user."""
    user = state.user_named(login)
    if user is None:
        raise ValueError(f"The sandbox has no user {login!r}; it has admin, shopman and buyer.")
    key = state.create_key(user)
    password = state.create_app_password(user, name="Sandbox control")
    state.save()
    return {
        "consumer_key": key.consumer_key,
        "consumer_secret": key.consumer_secret,
        "user_login": user.login,
        "application_password": password.password,
    }


def describe(state: State, faults: Faults) -> Json:
    """Return counts, galleries, webhooks and what was written so far."""
    with state.lock:
        products = [p for p in state.tables.products.values() if p.type != "variation"]
        return {
            "home": state.home,
            "counts": {
                "products": len(products),
                "variations": len(state.tables.products) - len(products),
                "attachments": len(state.tables.attachments),
                "webhooks": len(state.tables.webhooks),
                "keys": len(state.tables.keys),
                "application_passwords": len(state.tables.app_passwords),
                "waiting_deliveries": len(state.tables.deliveries),
                "delivered": len(state.delivered),
                "writes": len(state.writes),
            },
            "galleries": {
                str(product.id): [
                    _picture(state, row.id) for row in render.live_images(state, product)
                ]
                for product in state.tables.products.values()
            },
            "webhooks": [
                {"id": h.id, "topic": h.topic, "status": h.status, "failures": h.failure_count}
                for h in state.tables.webhooks.values()
            ],
            "writes": [asdict(write) for write in state.writes],
            "faults": [asdict(fault) for fault in faults.waiting()],
        }


def _picture(state: State, number: int) -> Json:
    row = state.tables.attachments[number]
    return {"id": row.id, "src": render.upload_url(state, row.file), "alt": row.alt}


def _json(body: Json, status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
