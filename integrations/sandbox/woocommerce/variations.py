"""wc/v3/products/{id}/variations and the flat /variations list.

A variation is a product row with a parent; writing one also raises the parent's date.
"""

from __future__ import annotations

from math import ceil

from . import changes, images, listing, params, render
from .auth import require
from .call import Call
from .markup import slug
from .products import find, new_product
from .replies import ApiError, Reply
from .state import State
from .tables import Json, Product


def index(call: Call, number: int) -> Reply:
    """GET /products/{id}/variations."""
    require(call.identity, "list")
    parent = find(call.state, number)
    return _page(call, call.state.variations(parent))


def everything(call: Call) -> Reply:
    """GET /variations, new in WooCommerce 11."""
    require(call.identity, "list")
    rows = [row for row in call.state.tables.products.values() if row.type == "variation"]
    return _page(call, rows, flat=True)


def _page(call: Call, rows: list[Product], *, flat: bool = False) -> Reply:
    call.query = params.check(call.query, listing.RULES)
    size, number = int(str(call.query.get("per_page", 10))), int(str(call.query.get("page", 1)))
    chosen = listing.ordered(rows, call.query)[(number - 1) * size : number * size]
    with call.state.lock:
        body = [render.variation_json(call.state, row, flat=flat) for row in chosen]
    return Reply(body, page=(number, ceil(len(rows) / size), len(rows)))


def _variation(state: State, parent_id: int, number: int) -> Product:
    find(state, parent_id)
    row = state.tables.products.get(number)
    if row is None or row.type != "variation" or row.parent_id != parent_id:
        raise ApiError(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
    return row


def show(call: Call, number: int, variation: int) -> Reply:
    """GET /products/{id}/variations/{id}."""
    require(call.identity, "view")
    row = _variation(call.state, number, variation)
    return Reply(render.variation_json(call.state, row))


def create(call: Call, number: int) -> Reply:
    """POST /products/{id}/variations."""
    require(call.identity, "create")
    state, body = call.state, call.body()
    parent = find(state, number)
    row = new_product(state, kind="variation", parent_id=parent.id)
    _write(call, row, parent, body)
    call.hooks.created(row)
    where = f"{state.home}/wp-json/wc/v3/products/{parent.id}/variations/{row.id}"
    shown = render.variation_json(state, row, edit=True)
    return Reply(shown, 201, headers={"Location": where})


def update(call: Call, number: int, variation: int) -> Reply:
    """PUT, PATCH and POST /products/{id}/variations/{id}."""
    require(call.identity, "edit")
    state, body = call.state, call.body()
    row = _variation(state, number, variation)
    before = row.status
    _write(call, row, find(state, number), body)
    call.hooks.updated(row, before)
    return Reply(render.variation_json(state, row, edit=True))


def _write(call: Call, row: Product, parent: Product, body: Json) -> None:
    state = call.state
    changes.check(state, body, product_id=row.id)
    chosen = _image(call, row, body["image"]) if "image" in body else None
    with state.lock:
        if chosen is not None:
            row.image_ids = chosen
        gallery = body.get("gallery_image_ids")
        if isinstance(gallery, list):
            row.variation_gallery_ids = [int(str(item)) for item in gallery]
        changes.apply(state, row, body)
        options = ", ".join(str(a["option"]) for a in row.attributes)
        row.name = f"{parent.name} - {options}" if options else parent.name
        row.slug = slug(row.name)
        state.tables.products[row.id] = row
        state.touch(row)
        state.touch(parent)


def _image(call: Call, row: Product, element: object) -> list[int]:
    author = call.identity.user.id if call.identity else 0
    target = images.Target("variation", row.id, author)
    chosen, _ = images.resolve(call.state, target, [element] if element else [])
    return chosen[:1]


def delete(call: Call, number: int, variation: int) -> Reply:
    """DELETE /products/{id}/variations/{id}; only with force, and without any webhook."""
    require(call.identity, "delete")
    row = _variation(call.state, number, variation)
    if not call.flag("force"):
        message = "The variation does not support trashing. Set 'force=true' to delete."
        raise ApiError(501, "woocommerce_rest_trash_not_supported", message)
    with call.state.lock:
        body = render.variation_json(call.state, row, edit=True, hints=False)
        del call.state.tables.products[row.id]
    return Reply(body)
