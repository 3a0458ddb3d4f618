"""What a shopper sees: the product grid and the product page with its gallery.

Plain HTML and one style sheet in the manner of a small shop's theme. The gallery switches
with radio buttons, so it works without scripts.
"""

from __future__ import annotations

from collections import Counter
from html import escape

from werkzeug.wrappers import Response

from . import render
from .markup import autop, plain
from .shop_style import STYLE
from .state import State
from .tables import Attachment, Category, Product

MENU = 6
_NO_IMAGE = "<div class='noimage'>No picture yet</div>"


def handle(state: State, path: str) -> Response:
    """Answer `/`, `/shop/`, category, product and account pages, else 404."""
    parts = path.strip("/").split("/")
    if parts in ([""], ["shop"]):
        return _shell(state, state.tables.name, _front(state))
    if len(parts) == 2 and parts[0] == "product-category":
        return _category(state, parts[1])
    if len(parts) == 2 and parts[0] == "product":
        return _product(state, parts[1])
    if parts == ["my-account"]:
        return _shell(state, "My account", "<div class='wrap narrow'><h1>My account</h1></div>")
    return missing(state)


def missing(state: State) -> Response:
    """Return the theme's page for an address that does not exist."""
    body = "<h1>Page not found</h1><p><a href='/'>Back to the shop</a></p>"
    return _shell(state, "Page not found", f"<div class='wrap narrow'>{body}</div>", status=404)


def _shell(state: State, title: str, body: str, *, status: int = 200) -> Response:
    name = escape(state.tables.name)
    links = "".join(
        f"<a href='/product-category/{row.slug}/'>{row.name}</a>" for row in _menu(state)
    )
    text = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        "<div class='notice'>Free delivery on orders over 60</div>"
        f"<header><div class='wrap bar'><a class='brand' href='/'>{name}</a>"
        f"<nav><a href='/shop/'>Shop all</a>{links}</nav></div></header>"
        f"{body}<footer><div class='wrap'><strong>{name}</strong>"
        "<span>Small batches, sent with care.</span>"
        "<span class='quiet'>A sandbox store: nothing here is for sale.</span></div></footer>"
        "</body></html>"
    )
    return Response(text, status, content_type="text/html; charset=UTF-8")


def _menu(state: State) -> list[Category]:
    """The fullest categories; the theme's header has room for a handful."""
    used = Counter(number for row in _visible(state) for number in row.category_ids)
    rows = [state.tables.categories[number] for number, _ in used.most_common()]
    return [row for row in rows if row.slug != "uncategorized"][:MENU]


def _visible(state: State) -> list[Product]:
    hidden = ("hidden", "search")
    return sorted(
        (
            row
            for row in state.tables.products.values()
            if row.type != "variation"
            and row.status == "publish"
            and row.fields.get("catalog_visibility") not in hidden
        ),
        key=lambda row: row.id,
    )


def _front(state: State) -> str:
    rows = _visible(state)
    return (
        "<section class='hero'><div class='wrap'><h1>Good things for every day</h1>"
        "<p>Made to be used, chosen to last.</p></div></section>"
        f"<div class='wrap'>{_grid(state, rows)}</div>"
    )


def _category(state: State, slug: str) -> Response:
    row = next((c for c in state.tables.categories.values() if c.slug == slug), None)
    if row is None:
        return missing(state)
    rows = [product for product in _visible(state) if row.id in product.category_ids]
    body = f"<div class='wrap'><h1 class='title'>{row.name}</h1>{_grid(state, rows)}</div>"
    return _shell(state, f"{plain(row.name)} – {state.tables.name}", body)


def _grid(state: State, rows: list[Product]) -> str:
    cards = "".join(_card(state, row) for row in rows)
    return (
        f"<p class='count'>{len(rows)} product{'' if len(rows) == 1 else 's'}</p>"
        f"<ul class='grid'>{cards}</ul>"
    )


def _card(state: State, row: Product) -> str:
    images = render.live_images(state, row)
    picture = _picture(state, images[0], size="woocommerce_single") if images else _NO_IMAGE
    label = state.tables.categories[row.category_ids[0]].name if row.category_ids else ""
    kind = "" if label == "Uncategorized" else f"<span class='kind'>{label}</span>"
    return (
        f"<li><a href='/product/{row.slug}/'><div class='frame'>{picture}</div>{kind}"
        f"<span class='name'>{row.name}</span>"
        f"<span class='price'>{render.price_html(state, row)}</span></a></li>"
    )


def _picture(state: State, row: Attachment, *, size: str) -> str:
    body = render.image_json(state, row, size=size)
    src, files = escape(str(body["src"])), escape(str(body["srcset"]))
    many = f" srcset='{files}' sizes='(max-width: 700px) 92vw, 420px'" if files else ""
    return f"<img src='{src}'{many} alt='{escape(row.alt)}' loading='lazy'>"


def _product(state: State, slug: str) -> Response:
    found = [row for row in state.tables.products.values() if row.slug == slug]
    product = next((row for row in found if row.type != "variation"), None)
    if product is None or product.status != "publish":
        return missing(state)
    category = state.tables.categories[product.category_ids[0]]
    short = autop(str(product.fields.get("short_description", "")))
    text = autop(str(product.fields.get("description", "")))
    sku = escape(str(product.fields.get("sku", "")))
    body = (
        f"<div class='wrap'><p class='crumbs'><a href='/'>Home</a> / "
        f"<a href='/product-category/{category.slug}/'>{category.name}</a> / {product.name}</p>"
        f"<div class='product'>{_gallery(state, product)}<div class='summary'>"
        f"<h1>{product.name}</h1><p class='price'>{render.price_html(state, product)}</p>"
        f"<div class='text'>{short}{text}</div>{_choices(state, product)}"
        "<button class='buy' type='button'>Add to basket</button>"
        f"<p class='meta'>{f'SKU: {sku}' if sku else ''}</p></div></div></div>"
    )
    return _shell(state, f"{plain(product.name)} – {state.tables.name}", body)


def _gallery(state: State, product: Product) -> str:
    images = render.live_images(state, product)
    if not images:
        return f"<div class='gallery'>{_NO_IMAGE}</div>"
    dots, mains, thumbs = [], [], []
    for number, row in enumerate(images):
        checked = " checked" if number == 0 else ""
        dots.append(f"<input type='radio' name='g' id='g{number}'{checked}>")
        mains.append(f"<div class='main'>{_picture(state, row, size='full')}</div>")
        small = _picture(state, row, size="woocommerce_gallery_thumbnail")
        thumbs.append(f"<label for='g{number}'>{small}</label>")
    rules = "".join(
        f"#g{n}:checked~.mains .main:nth-child({n + 1}){{display:block}}"
        f"#g{n}:checked~.thumbs label:nth-child({n + 1}){{border-color:#2f3e36}}"
        for n in range(len(images))
    )
    strip = f"<div class='thumbs'>{''.join(thumbs)}</div>" if len(images) > 1 else ""
    return (
        f"<div class='gallery'><style>{rules}</style>{''.join(dots)}"
        f"<div class='mains'>{''.join(mains)}</div>{strip}</div>"
    )


def _choices(state: State, product: Product) -> str:
    if product.type != "variable":
        return ""
    groups = []
    for attribute in product.attributes:
        options = attribute["options"]
        chips = "".join(
            f"<span>{escape(str(option))}</span>"
            for option in (options if isinstance(options, list) else [])
        )
        groups.append(f"<p class='choice'><b>{escape(str(attribute['name']))}</b>{chips}</p>")
    return "".join(groups)
