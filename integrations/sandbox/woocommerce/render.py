"""Rows to API bodies: products, variations, images, with the keys of WooCommerce 11.0.1.

Read-only. `edit` is the context of an answer to a write: raw texts and two more keys.
"""

from __future__ import annotations

import html

from .markup import autop, slug
from .state import State
from .tables import Attachment, Category, Json, Product

ALL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
SYMBOLS = {"GBP": "&pound;", "EUR": "&euro;", "USD": "&#36;"}

# Columns that are only kept and shown; both tables are in the order of the recorded bodies.
PRODUCT_COLUMNS: Json = {
    "featured": False, "catalog_visibility": "visible", "description": "",
    "short_description": "", "sku": "", "price": "", "regular_price": "", "sale_price": "",
    "date_on_sale_from": None, "date_on_sale_from_gmt": None, "date_on_sale_to": None,
    "date_on_sale_to_gmt": None, "on_sale": False, "purchasable": True, "total_sales": 0,
    "virtual": False, "downloadable": False, "downloads": [], "download_limit": -1,
    "download_expiry": -1, "external_url": "", "button_text": "", "tax_status": "taxable",
    "tax_class": "", "manage_stock": False, "stock_quantity": None, "backorders": "no",
    "backorders_allowed": False, "backordered": False, "low_stock_amount": None,
    "sold_individually": False, "weight": "",
    "dimensions": {"length": "", "width": "", "height": ""}, "shipping_required": True,
    "shipping_taxable": True, "shipping_class": "", "shipping_class_id": 0,
    "reviews_allowed": True, "average_rating": "0.00", "rating_count": 0, "upsell_ids": [],
    "cross_sell_ids": [], "parent_id": 0, "purchase_note": "", "categories": [], "brands": [],
    "tags": [], "images": [], "attributes": [], "default_attributes": [], "variations": [],
    "grouped_products": [], "menu_order": 0, "price_html": "", "related_ids": [],
    "meta_data": [], "stock_status": "instock", "has_options": False, "post_password": "",
    "global_unique_id": "",
}  # fmt: skip
VARIATION_COLUMNS: Json = {
    "description": "", "permalink": "", "sku": "", "global_unique_id": "", "price": "",
    "regular_price": "", "sale_price": "", "date_on_sale_from": None,
    "date_on_sale_from_gmt": None, "date_on_sale_to": None, "date_on_sale_to_gmt": None,
    "on_sale": False, "status": "publish", "purchasable": True, "virtual": False,
    "downloadable": False, "downloads": [], "download_limit": -1, "download_expiry": -1,
    "tax_status": "taxable", "tax_class": "", "manage_stock": False, "stock_quantity": None,
    "stock_status": "instock", "backorders": "no", "backorders_allowed": False,
    "backordered": False, "low_stock_amount": None, "weight": "",
    "dimensions": {"length": "", "width": "", "height": ""}, "shipping_class": "",
    "shipping_class_id": 0, "image": None, "gallery_image_ids": [], "attributes": [],
    "menu_order": 0, "meta_data": [], "name": "", "parent_id": 0,
}  # fmt: skip


def upload_url(state: State, file: str) -> str:
    """Return the public address of a file below the uploads folder."""
    return f"{state.home}/wp-content/uploads/{file}"


def _beside(state: State, row: Attachment, name: str) -> str:
    return upload_url(state, f"{row.file.rpartition('/')[0]}/{name}")


def image_json(state: State, row: Attachment, *, size: str = "full", rich: bool = True) -> Json:
    """Return a product's image object; `rich` adds srcset, sizes and thumbnail."""
    chosen = row.sizes.get(size)
    src = _beside(state, row, chosen.file) if chosen else upload_url(state, row.file)
    body: Json = {
        "id": row.id,
        "date_created": state.local(row.created_gmt),
        "date_created_gmt": row.created_gmt,
        "date_modified": state.local(row.modified_gmt),
        "date_modified_gmt": row.modified_gmt,
        "src": src,
        "name": row.title,
        "alt": row.alt,
    }
    if not rich:
        return body
    width, height = (chosen.width, chosen.height) if chosen else (row.width, row.height)
    thumb = row.sizes.get("woocommerce_thumbnail")
    body["srcset"] = srcset(state, row, src, (width, height))
    body["sizes"] = f"(max-width: {width}px) 100vw, {width}px"
    body["thumbnail"] = _beside(state, row, thumb.file) if thumb else upload_url(state, row.file)
    return body


def srcset(state: State, row: Attachment, src: str, size: tuple[int, int]) -> str:
    """List the files of the same shape, the asked one first (wp_calculate_image_srcset)."""
    width, height = size
    found = {src: width}
    for other in row.sizes.values():
        if width and height and _same_shape(size, (other.width, other.height)):
            found.setdefault(_beside(state, row, other.file), other.width)
    if width and _same_shape(size, (row.width, row.height)):
        found.setdefault(upload_url(state, row.file), row.width)
    if len(found) < 2:
        return ""
    return ", ".join(f"{url} {wide}w" for url, wide in found.items())


def _same_shape(one: tuple[int, int], two: tuple[int, int]) -> bool:
    large, small = (one, two) if one[0] > two[0] else (two, one)
    return abs(round(large[1] * small[0] / large[0]) - small[1]) <= 1 if large[0] else False


def live_images(state: State, product: Product) -> list[Attachment]:
    """Return the product's attachments that still exist, in order."""
    library = state.tables.attachments
    return [library[number] for number in product.image_ids if number in library]


def permalink(state: State, product: Product) -> str:
    """Return the shop address; drafts and trash have only the id form."""
    if product.type == "variation":
        return _variation_link(state, product)
    if product.status in ("draft", "trash", "pending") or not product.slug:
        return f"{state.home}/?post_type=product&p={product.id}"
    return f"{state.home}/product/{product.slug}/"


def _variation_link(state: State, product: Product) -> str:
    parent = state.tables.products.get(product.parent_id)
    query = "&".join(
        f"attribute_{a['slug']}={_option(a)}" for a in product.attributes if a.get("option")
    )
    page = f"{state.home}/product/{parent.slug if parent else ''}/"
    return f"{page}?{query}" if query else page


def _option(attribute: Json) -> str:
    value = str(attribute["option"])
    return slug(value) if str(attribute["slug"]).startswith("pa_") else value.replace(" ", "+")


def price(product: Product) -> str:
    """Return what the shop asks now: the sale price, else the regular one."""
    return str(product.fields.get("sale_price") or product.fields.get("regular_price") or "")


def prices(state: State, product: Product) -> list[str]:
    """Return the prices a shopper can meet, lowest first."""
    rows = state.variations(product) if product.type == "variable" else [product]
    return sorted((p for p in map(price, rows) if p), key=float)


def price_html(state: State, product: Product) -> str:
    """Return the price as the theme prints it."""
    found = prices(state, product)
    if not found:
        return ""
    sign = SYMBOLS.get(state.tables.currency, state.tables.currency)
    shown = [
        '<span class="woocommerce-Price-amount amount"><bdi>'
        '<span class="woocommerce-Price-currencySymbol" translate="no">'
        f"{sign}</span>{float(value):.2f}</bdi></span>"
        for value in dict.fromkeys((found[0], found[-1]))
    ]
    return ' <span aria-hidden="true">&ndash;</span> '.join(shown)


def product_json(state: State, product: Product, *, edit: bool = False, size: str = "full") -> Json:
    """Return the full product object of GET /products/{id}."""
    columns = {**PRODUCT_COLUMNS, **product.fields}
    texts = ("description", "short_description")
    columns.update({name: _text(columns[name], edit=edit) for name in texts})
    columns.update(_computed(state, product, size=size))
    body: Json = {"id": product.id, **_heading(state, product), **columns}
    if product.type == "variation":
        # PHP reads a variation's count as text (measured).
        body["total_sales"] = str(body["total_sales"])
    if edit:
        home = state.home
        body["permalink_template"] = f"{home}/product/%product%/"
        body["generated_slug"] = product.slug or slug(product.name)
        body["average_rating"] = "0"
    body["_links"] = _links(state, product)
    return body


def _text(value: object, *, edit: bool) -> str:
    return str(value) if edit else autop(str(value))


def _heading(state: State, product: Product) -> Json:
    return {
        "name": product.name,
        "slug": product.slug,
        "permalink": permalink(state, product),
        **_dates(state, product),
        "type": product.type,
        "status": product.status,
    }


def _dates(state: State, product: Product) -> Json:
    return {
        "date_created": state.local(product.created_gmt),
        "date_created_gmt": product.created_gmt,
        "date_modified": state.local(product.modified_gmt),
        "date_modified_gmt": product.modified_gmt,
    }


def _computed(state: State, product: Product, *, size: str) -> Json:
    found = prices(state, product)
    images = live_images(state, product)
    if product.type == "variation":
        library = state.tables.attachments
        images += [library[n] for n in product.variation_gallery_ids if n in library]
    return {
        "price": found[0] if found else "",
        "on_sale": bool(product.fields.get("sale_price")),
        "purchasable": bool(found),
        "parent_id": product.parent_id,
        "categories": [category_json(state.tables.categories[n]) for n in product.category_ids],
        "images": [image_json(state, row, size=size) for row in images],
        "attributes": product.attributes,
        "variations": [row.id for row in state.variations(product)],
        "price_html": price_html(state, product),
        "meta_data": [{"id": m.id, "key": m.key, "value": m.value} for m in product.meta],
        "has_options": product.type == "variable",
    }


def _links(state: State, product: Product) -> Json:
    root = f"{state.home}/wp-json/wc/v3/products"
    links: Json = {
        "self": [{"href": f"{root}/{product.id}", "targetHints": {"allow": ALL_METHODS}}],
        "collection": [{"href": root}],
    }
    if product.parent_id:
        links["up"] = [{"href": f"{root}/{product.parent_id}"}]
    return links


def category_json(row: Category) -> Json:
    """Return a category as it stands in a product."""
    return {"id": row.id, "name": row.name, "slug": row.slug}


def variation_json(
    state: State, product: Product, *, edit: bool = False, flat: bool = False, hints: bool = True
) -> Json:
    """Return the object of GET /products/{p}/variations/{v}; `flat` that of GET /variations.

    `hints` off leaves out the methods that are still allowed: nothing is, on a deleted one.
    """
    parent = state.tables.products[product.parent_id]
    inherited: Json = {k: parent.fields[k] for k in ("sku", "weight") if k in parent.fields}
    own: Json = {key: value for key, value in product.fields.items() if value != ""}
    columns: Json = {**VARIATION_COLUMNS, **inherited, **own}
    image = next(iter(live_images(state, product)), None)
    found = prices(state, product)
    columns.update(
        description=_text(columns["description"], edit=edit),
        permalink=permalink(state, product),
        price=found[0] if found else "",
        on_sale=bool(product.fields.get("sale_price")),
        status=product.status,
        image=image_json(state, image, rich=False) if image else None,
        gallery_image_ids=list(product.variation_gallery_ids),
        attributes=product.attributes,
        meta_data=[{"id": m.id, "key": m.key, "value": m.value} for m in product.meta],
        name=html.unescape(", ".join(str(a["option"]) for a in product.attributes)),
        parent_id=product.parent_id,
    )
    return {
        "id": product.id,
        "type": "variation",
        **_dates(state, product),
        **columns,
        "_links": _variation_links(state, product, flat=flat, hints=hints and not flat),
    }


def _variation_links(state: State, product: Product, *, flat: bool, hints: bool) -> Json:
    up = f"{state.home}/wp-json/wc/v3/products/{product.parent_id}"
    root = f"{state.home}/wp-json/wc/v3/variations" if flat else f"{up}/variations"
    own: Json = {"href": f"{root}/{product.id}"}
    if hints:
        own["targetHints"] = {"allow": ALL_METHODS}
    return {"self": [own], "collection": [{"href": root}], "up": [{"href": up}]}
