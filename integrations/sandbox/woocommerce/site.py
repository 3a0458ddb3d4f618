"""The store's descriptions of itself: REST index, system status, settings, categories, orders.

Light versions with the keys an integration reads.
"""

from __future__ import annotations

from . import render
from .auth import app_passwords_available, require
from .call import Call
from .markup import term_name
from .products import find
from .replies import ApiError, Reply
from .tables import Category, Json

NAMESPACES = ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wp/v2"]


def index(call: Call) -> Reply:
    """GET /wp-json/: public; how an integration recognises a store."""
    state = call.state
    methods: Json = {}
    if app_passwords_available(state, call.request):
        authorize = f"{state.home}/wp-admin/authorize-application.php"
        methods = {"application-passwords": {"endpoints": {"authorization": authorize}}}
    body: Json = {
        "name": state.tables.name,
        "description": "",
        "url": state.home,
        "home": state.home,
        "gmt_offset": "0",
        "timezone_string": state.tables.timezone,
        "namespaces": NAMESPACES,
        # PHP writes an empty map as a list.
        "authentication": methods or [],
        "routes": {f"/{name}": {"namespace": name, "methods": ["GET"]} for name in NAMESPACES},
    }
    return Reply(body)


def system_status(call: Call) -> Reply:
    """GET /system_status."""
    require(call.identity, "list")
    state = call.state
    environment: Json = {
        "home_url": state.home,
        "site_url": state.home,
        "version": "11.0.1",
        "wp_version": "6.9",
        "wp_multisite": False,
        "wp_environment_type": state.policy.environment_type,
        "language": "en_US",
        "php_version": "8.2.36",
        "php_post_max_size": 64 * 1024 * 1024,
        "php_max_execution_time": 300,
        "max_upload_size": 64 * 1024 * 1024,
        "default_timezone": "UTC",
    }
    settings: Json = {"currency": state.tables.currency, "currency_symbol": "&pound;"}
    return Reply({"environment": environment, "settings": settings})


def currency(call: Call) -> Reply:
    """GET /data/currencies/current."""
    require(call.identity, "list")
    code = call.state.tables.currency
    symbol = render.SYMBOLS.get(code, code)
    root = f"{call.state.home}/wp-json/wc/v3/data/currencies"
    own: Json = {"href": f"{root}/{code}", "targetHints": {"allow": ["GET"]}}
    links: Json = {"self": [own], "collection": [{"href": root}]}
    return Reply({"code": code, "name": code, "symbol": symbol, "_links": links})


def categories(call: Call) -> Reply:
    """GET /products/categories."""
    require(call.identity, "list")
    rows = sorted(call.state.tables.categories.values(), key=lambda row: row.name)
    size = int(str(call.query.get("per_page", 10)))
    body = [_category(call, row) for row in rows[:size]]
    return Reply(body, page=(1, -(-len(rows) // size), len(rows)))


def rename_category(call: Call, number: int) -> Reply:
    """PUT /products/categories/{id}: no webhook, no changed date (measured)."""
    require(call.identity, "edit")
    row = call.state.tables.categories.get(number)
    if row is None:
        raise ApiError(404, "woocommerce_rest_term_invalid", "Resource does not exist.")
    row.name = term_name(str(call.body().get("name", row.name)))
    return Reply(_category(call, row))


def _category(call: Call, row: Category) -> Json:
    count = sum(row.id in product.category_ids for product in call.state.tables.products.values())
    root = f"{call.state.home}/wp-json/wc/v3/products/categories"
    allow = {"allow": render.ALL_METHODS}
    links: Json = {
        "self": [{"href": f"{root}/{row.id}", "targetHints": allow}],
        "collection": [{"href": root}],
    }
    if row.parent:
        links["up"] = [{"href": f"{root}/{row.parent}"}]
    return {
        "id": row.id,
        "name": row.name,
        "slug": row.slug,
        "parent": row.parent,
        "description": "",
        "display": "default",
        "image": None,
        "menu_order": 0,
        "count": count,
        "_links": links,
    }


def order(call: Call) -> Reply:
    """POST /orders, only for its side effect: stock moves and product.updated fires."""
    require(call.identity, "create")
    lines = call.body().get("line_items")
    for line in lines if isinstance(lines, list) else []:
        product = find(call.state, int(str(line.get("product_id", 0))), status=400)
        left = int(str(product.fields.get("stock_quantity") or 0))
        with call.state.lock:
            if product.fields.get("manage_stock"):
                product.fields["stock_quantity"] = left - int(str(line.get("quantity", 1)))
            call.state.touch(product)
        call.hooks.updated(product, product.status)
    number = call.state.new_post_id()
    return Reply({"id": number, "status": "processing", "line_items": lines}, 201)
