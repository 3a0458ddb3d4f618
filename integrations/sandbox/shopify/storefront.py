"""What a shopper sees: a grid of products, and a page for each with its gallery and variants."""

from __future__ import annotations

from html import escape

from werkzeug.wrappers import Response

from .changes import origin
from .file_reads import image_url
from .state import State
from .tables import Media, Product, Shop

_SHOWN = 60
_STYLE = """
*{box-sizing:border-box}body{margin:0;color:#1f1f1f;background:#fff;
font:16px/1.55 "Helvetica Neue",Arial,sans-serif}a{color:inherit;text-decoration:none}
header{border-bottom:1px solid #e7e7e7;padding:22px 0;margin-bottom:36px}
.wrap{max-width:68rem;margin:0 auto;padding:0 24px}.brand{font-size:22px;font-weight:600}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:32px 24px;
list-style:none;padding:0}.frame{aspect-ratio:1;background:#f4f4f4;display:grid;place-items:center;
overflow:hidden;color:#767676;font-size:14px}.frame img{width:100%;height:100%;object-fit:contain}
.name{display:block;margin-top:10px;font-weight:500}.price{color:#595959}
.product{display:grid;grid-template-columns:minmax(0,1.2fr) minmax(0,1fr);gap:48px;
margin-bottom:64px}
.more{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin-top:10px}
h1{font-weight:500;margin:0 0 8px}.choice{display:flex;align-items:center;gap:10px;margin:6px 0}
.choice img{width:44px;height:44px;object-fit:contain;background:#f4f4f4}
footer{border-top:1px solid #e7e7e7;color:#767676;padding:24px 0;font-size:14px}
@media(max-width:760px){.product{grid-template-columns:1fr}}
"""


def handle(state: State, shop: Shop, path: str) -> Response:
    """Answer the front page and product pages; 404 for drafts and anything else."""
    base = origin(state, shop)
    if not path:
        return _page(shop, base, shop.name, _front(shop, base))
    handle_name = path.removeprefix("products/").strip("/")
    product = next((row for row in shop.products.values() if row.handle == handle_name), None)
    if not path.startswith("products/") or product is None or product.status != "ACTIVE":
        return _page(shop, base, "Page not found", "<h1>Page not found</h1>", status=404)
    return _page(shop, base, product.title, _product(shop, base, product))


def _page(shop: Shop, base: str, title: str, body: str, *, status: int = 200) -> Response:
    text = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<header><div class='wrap'><a class='brand' href='{base}/'>{escape(shop.name)}</a></div>"
        f"</header><div class='wrap'>{body}</div><footer><div class='wrap'>"
        "A sandbox shop: nothing here is for sale.</div></footer></body></html>"
    )
    return Response(text, status, content_type="text/html; charset=utf-8")


def _ready(shop: Shop, row: Product) -> list[Media]:
    media = [shop.media[number] for number in row.media]
    return [one for one in media if one.file or one.drawn]


def _picture(base: str, media: Media, width: int) -> str:
    url = escape(f"{image_url(base, media)}&width={width}")
    return f"<img src='{url}' alt='{escape(media.alt)}' loading='lazy'>"


def _front(shop: Shop, base: str) -> str:
    rows = [row for row in shop.products.values() if row.status == "ACTIVE"]
    cards = "".join(_card(shop, base, row) for row in rows[:_SHOWN])
    return f"<ul class='grid'>{cards}</ul>"


def _card(shop: Shop, base: str, row: Product) -> str:
    media = _ready(shop, row)
    inside = _picture(base, media[0], 400) if media else "No picture yet"
    return (
        f"<li><a href='{base}/products/{escape(row.handle)}'><span class='frame'>{inside}</span>"
        f"<span class='name'>{escape(row.title)}</span>"
        f"<span class='price'>{_price(shop, row)}</span></a></li>"
    )


def _price(shop: Shop, row: Product) -> str:
    first = shop.variants[row.variants[0]] if row.variants else None
    return f"{escape(first.price)} {escape(shop.currency)}" if first else ""


def _product(shop: Shop, base: str, row: Product) -> str:
    media = _ready(shop, row)
    first = _picture(base, media[0], 900) if media else "No picture yet"
    rest = "".join(f"<div class='frame'>{_picture(base, m, 240)}</div>" for m in media[1:])
    choices = "".join(_choice(shop, base, number) for number in row.variants)
    return (
        f"<div class='product'><div class='gallery'><div class='frame'>{first}</div>"
        f"<div class='more'>{rest}</div></div><div><h1>{escape(row.title)}</h1>"
        f"<p class='price'>{_price(shop, row)}</p>{choices}{row.description_html}</div></div>"
    )


def _choice(shop: Shop, base: str, number: int) -> str:
    variant = shop.variants[number]
    if variant.title == "Default Title":
        return ""
    pictures = [shop.media[one] for one in variant.media]
    shown = _picture(base, pictures[0], 90) if pictures else ""
    return f"<div class='choice'>{shown}<span>{escape(variant.title)}</span></div>"
