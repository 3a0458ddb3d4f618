"""/__sandbox/*: the steering wheel, for a sandbox that runs in another process.

Shopify has none of these addresses. `GET state` shows shops, galleries, mutations and
deliveries; `POST faults` arms a fault; the others are clicks that a person would make.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from .changes import origin
from .faults import from_json
from .file_reads import image_url
from .state import gid, iso
from .tables import Json, Media, Product, Shop

if TYPE_CHECKING:
    from .server import Application


def handle(application: Application, request: Request, what: str) -> Response:
    """Answer one control request with JSON; 404 for an unknown word, 400 for nonsense."""
    try:
        sent = json.loads(request.get_data() or b"{}")
        action = _ACTIONS.get(what)
        if action is None:
            return _json({"error": f"There is no /__sandbox/{what}."}, 404)
        return _json(action(application, request, sent), 200)
    except (ValueError, KeyError, TypeError) as error:
        return _json({"error": str(error)}, 400)


def _shop(application: Application, sent: Json) -> Shop:
    shops = application.state.tables.shops
    name = str(sent.get("shop", "")) or next(iter(shops))
    if name not in shops:
        raise ValueError(f"There is no shop {name!r} here; there is {', '.join(shops)}.")
    return shops[name]


def _state(application: Application, request: Request, sent: Json) -> Json:
    return describe(application)


def _faults(application: Application, request: Request, sent: Json) -> Json:
    faults = application.faults
    if request.method == "POST" and sent.get("clear"):
        faults.clear()
    elif request.method == "POST":
        from_json(faults, sent)
    return {"faults": [asdict(fault) for fault in faults.waiting()]}


def _deliver(application: Application, request: Request, sent: Json) -> Json:
    return {"delivered": application.hooks.run()}


def _token(application: Application, request: Request, sent: Json) -> Json:
    shop = _shop(application, sent)
    return {"session_token": application.session_token(shop, str(sent.get("user", "admin")))}


def _install(application: Application, request: Request, sent: Json) -> Json:
    shop = _shop(application, sent)
    application.install(shop)
    return {"installed": shop.domain}


def _uninstall(application: Application, request: Request, sent: Json) -> Json:
    shop = _shop(application, sent)
    application.uninstall(shop)
    return {"uninstalled": shop.domain}


def _comply(application: Application, request: Request, sent: Json) -> Json:
    shop, topic = _shop(application, sent), str(sent.get("topic", "shop/redact"))
    application.comply(shop, topic)
    return {"queued": topic}


def _rotate(application: Application, request: Request, sent: Json) -> Json:
    application.rotate_secret(str(sent["client_secret"]))
    return {"rotated": True}


_ACTIONS: dict[str, Callable[[Application, Request, Json], Json]] = {
    "state": _state,
    "faults": _faults,
    "deliver": _deliver,
    "session-token": _token,
    "install": _install,
    "uninstall": _uninstall,
    "comply": _comply,
    "rotate-secret": _rotate,
}


def describe(application: Application) -> Json:
    """Return shops with galleries, every mutation so far, and deliveries."""
    state = application.state
    for shop in state.tables.shops.values():
        application.settle(shop)
    with state.lock:
        return {
            "home": state.home,
            "app": {
                "client_id": state.app.client_id,
                "application_url": state.app.application_url,
                "scopes": list(state.app.scopes),
            },
            "shops": {
                shop.domain: _describe_shop(application, shop)
                for shop in state.tables.shops.values()
            },
            "mutations": dict(state.counts),
            "writes": [asdict(write) for write in state.writes],
            "waiting_deliveries": len(state.tables.deliveries),
            "deliveries": state.delivered,
            "faults": [asdict(fault) for fault in application.faults.waiting()],
        }


def _describe_shop(application: Application, shop: Shop) -> Json:
    base = origin(application.state, shop)
    return {
        "installed": shop.installed,
        "scopes": list(shop.granted),
        "counts": {
            "products": len(shop.products),
            "variants": len(shop.variants),
            "files": len(shop.media),
            "subscriptions": len(shop.subscriptions),
            "bulk_operations": len(shop.bulk),
        },
        "galleries": {
            gid("Product", row.id): _gallery(shop, row, base) for row in shop.products.values()
        },
    }


def _gallery(shop: Shop, row: Product, base: str) -> Json:
    return {
        "title": row.title,
        "status": row.status,
        "updated_at": iso(row.updated),
        "page": f"{base}/products/{row.handle}",
        "media": [
            {**_picture(shop, row, shop.media[number], base), "position": place}
            for place, number in enumerate(row.media)
        ],
    }


def _picture(shop: Shop, row: Product, media: Media, base: str) -> Json:
    return {
        "id": gid("MediaImage", media.id),
        "filename": media.filename,
        "url": image_url(base, media),
        "alt": media.alt,
        "status": media.status,
        "variants": [
            gid("ProductVariant", number)
            for number in row.variants
            if media.id in shop.variants[number].media
        ],
    }


def _json(body: Json, status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
