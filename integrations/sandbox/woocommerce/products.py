"""wc/v3/products: list, read, create, update, delete, batch.

HTTP rules only; what a field means is in `changes.py`, what an image means in `images.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from . import changes, images, listing, params, render
from .auth import require
from .call import Call
from .library import remove_attachment
from .replies import ApiError, Reply
from .state import UNCATEGORIZED, State
from .tables import Json, Product

BATCH_LIMIT = 100
_UNKNOWN = ("woocommerce_rest_product_invalid_id", "Invalid ID.")


def index(call: Call) -> Reply:
    """GET /products."""
    require(call.identity, "list")
    call.query = params.check(call.query, listing.RULES)
    state = call.state
    size = str(call.query.get("image_size", "full"))
    with state.lock:
        rows, page = listing.page_of(listing.select(state, call.query), call.query)
        body = [render.product_json(state, row, size=size) for row in rows]
    return Reply(body, page=page)


def show(call: Call, number: int) -> Reply:
    """GET /products/{id}; a variation's id works too."""
    require(call.identity, "view")
    product = find(call.state, number)
    size = str(call.query.get("image_size", "full"))
    return Reply(render.product_json(call.state, product, size=size))


def find(state: State, number: int, *, status: int = 404) -> Product:
    """Return the product or raise ApiError woocommerce_rest_product_invalid_id."""
    product = state.tables.products.get(number)
    if product is None:
        raise ApiError(status, *_UNKNOWN)
    return product


def create(call: Call) -> Reply:
    """POST /products."""
    require(call.identity, "create")
    product = _create(call, call.body())
    where = f"{call.state.home}/wp-json/wc/v3/products/{product.id}"
    body = render.product_json(call.state, product, edit=True)
    return Reply(body, 201, headers={"Location": where})


def _create(call: Call, body: Json) -> Product:
    state = call.state
    changes.check(state, body)
    try:
        chosen, new = images.resolve(state, _target(call), body.get("images"))
    except images.ImagesRefusedError as refused:
        # WooCommerce 11 takes back what a failed create had fetched; 9.9 left it behind.
        for number in refused.new:
            remove_attachment(state, state.tables.attachments[number])
        raise
    with state.lock:
        product = new_product(state)
        product.image_ids = gallery(chosen)
        for number in new:
            state.tables.attachments[number].parent_id = product.id
        changes.apply(state, product, {"name": "Product", **body})
        state.tables.products[product.id] = product
        attach_featured(state, product)
    call.hooks.created(product)
    return product


def new_product(state: State, *, kind: str = "simple", parent_id: int = 0) -> Product:
    """Return an empty row with an id and dates, not yet in the store."""
    gmt, local = state.stamps()
    return Product(
        id=state.new_post_id(),
        type=kind,
        name="",
        slug="",
        status="publish",
        created_gmt=gmt,
        created_local=local,
        modified_gmt=gmt,
        modified_local=local,
        parent_id=parent_id,
        category_ids=[UNCATEGORIZED],
    )


def gallery(chosen: list[int]) -> list[int]:
    """Drop repeats behind the first picture; the first itself may come again (measured)."""
    return [*chosen[:1], *dict.fromkeys(chosen[1:])]


def _target(call: Call, product_id: int = 0) -> images.Target:
    author = call.identity.user.id if call.identity else 0
    return images.Target("product", product_id, author)


def attach_featured(state: State, product: Product) -> None:
    """Give an unattached upload its parent when it becomes the featured image (measured)."""
    row = next(iter(render.live_images(state, product)), None)
    if row is not None and not row.parent_id:
        row.parent_id = product.id


def update(call: Call, number: int) -> Reply:
    """PUT, PATCH and POST /products/{id} are the same."""
    require(call.identity, "edit")
    product = _update(call, find(call.state, number), call.body())
    return Reply(render.product_json(call.state, product, edit=True))


def _update(call: Call, product: Product, body: Json) -> Product:
    state = call.state
    changes.check(state, body, product_id=product.id)
    chosen = None
    if "images" in body:
        chosen, _ = images.resolve(state, _target(call, product.id), body["images"])
    with state.lock:
        before = product.status
        if chosen is not None:
            product.image_ids = gallery(chosen)
        changes.apply(state, product, body)
        state.touch(product)
        attach_featured(state, product)
    call.hooks.updated(product, before)
    return product


def delete(call: Call, number: int) -> Reply:
    """DELETE /products/{id}: to the trash, or for good with force=true."""
    require(call.identity, "delete")
    product = find(call.state, number)
    return Reply(_delete(call, product, force=call.flag("force")))


def _delete(call: Call, product: Product, *, force: bool) -> Json:
    state = call.state
    with state.lock:
        body = render.product_json(state, product, edit=True)
        if force:
            for row in [*state.variations(product), product]:
                state.tables.products.pop(row.id, None)
            return body
        if product.status == "trash":
            message = "The product has already been deleted."
            raise ApiError(410, "woocommerce_rest_already_trashed", message)
        # The answer still shows the product as it was (measured).
        trash(state, product)
    call.hooks.trashed(product)
    return body


def trash(state: State, product: Product) -> None:
    """Move a product to the trash."""
    product.status_before_trash, product.status = product.status, "trash"
    product.slug = f"{product.slug}__trashed"
    state.touch(product)


def batch(call: Call) -> Reply:
    """POST /products/batch: 200 even where items fail; each failed item carries its error."""
    require(call.identity, "batch")
    body = call.body()
    parts = {name: _rows(body.get(name)) for name in ("create", "update", "delete")}
    if sum(len(rows) for rows in parts.values()) > BATCH_LIMIT:
        message = f"Unable to accept more than {BATCH_LIMIT} items for this request."
        raise ApiError(413, "woocommerce_rest_request_entity_too_large", message)
    steps: dict[str, Callable[[object], Json]] = {
        "create": lambda row: _shown(call, _create(call, _object(row))),
        "update": lambda row: _batch_update(call, _object(row)),
        "delete": lambda row: _delete(call, _in_batch(call, row), force=True),
    }
    done = {name: [_item(steps[name], row) for row in rows] for name, rows in parts.items()}
    return Reply({name: rows for name, rows in done.items() if rows})


def _rows(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _object(row: object) -> Json:
    return row if isinstance(row, dict) else {}


def _shown(call: Call, product: Product) -> Json:
    return render.product_json(call.state, product, edit=True)


def _in_batch(call: Call, row: object) -> Product:
    number = row.get("id") if isinstance(row, dict) else row
    # Inside a batch an unknown id is a 400, alone it is a 404 (recorded).
    return find(call.state, int(str(number or 0)), status=400)


def _batch_update(call: Call, row: Json) -> Json:
    return _shown(call, _update(call, _in_batch(call, row), row))


def _item(step: Callable[[object], Json], row: object) -> Json:
    try:
        return step(row)
    except ApiError as error:
        number = row.get("id", 0) if isinstance(row, dict) else row
        return {"id": number, "error": error.envelope()}
