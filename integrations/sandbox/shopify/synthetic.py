"""A made-up catalog of any size, without a file for each picture.

Every picture has an address of its own and is drawn when it is fetched: a flat colour with its
number, always the same bytes.
"""

from __future__ import annotations

import colorsys
import io

from PIL import Image, ImageDraw

from .state import State
from .tables import Media, Option, Product, Shop, Variant

SIDE = 640
# Every drawn file is filled up to this size with zeros behind its end, which decoders ignore,
# so that its size is known before it is drawn.
BYTES = 16_384
_COLOURS = ("Red", "Blue")


def fill(state: State, shop: Shop, *, products: int, images: int = 3, variants: int = 2) -> None:
    """Add products with `images` pictures and `variants` variants each (at most 2)."""
    now = state.now()
    for number in range(1, products + 1):
        # One second apart, so that updated_at has an order.
        moment = now - products + number
        row = Product(
            id=state.new_id(),
            title=f"Synthetic product {number:05}",
            handle=f"synthetic-product-{number:05}",
            created=moment,
            updated=moment,
            description_html=f"<p>Product number {number} of a made-up catalog.</p>",
            vendor="Sandbox",
            product_type="Synthetic",
            tags=["synthetic"],
        )
        row.media = [_media(state, shop, number, place, moment) for place in range(images)]
        row.options = [Option(state.new_id(), "Color", 1, list(_COLOURS[:variants]))]
        for place in range(variants):
            _variant(state, shop, row, number, place)
        shop.products[row.id] = row


def _media(state: State, shop: Shop, number: int, place: int, moment: float) -> int:
    media = Media(
        state.new_id(),
        filename=f"synthetic-{number:05}-{place + 1}.jpg",
        alt=f"Synthetic product {number:05}, view {place + 1}",
        created=moment,
        updated=moment,
        mime_type="image/jpeg",
        width=SIDE,
        height=SIDE,
        size=BYTES,
    )
    media.drawn = media.id
    shop.media[media.id] = media
    return media.id


def _variant(state: State, shop: Shop, row: Product, number: int, place: int) -> None:
    colour = _COLOURS[place]
    variant = Variant(
        id=state.new_id(),
        product_id=row.id,
        title=colour,
        sku=f"SYN-{number:05}-{colour[0]}",
        price="19.00",
        position=place + 1,
        updated=row.updated,
        options=[("Color", colour)],
        media=row.media[place : place + 1],
    )
    shop.variants[variant.id] = variant
    row.variants.append(variant.id)


def draw(number: int) -> bytes:
    """Draw a synthetic picture: an sRGB JPEG of `SIDE` pixels a side and `BYTES` bytes."""
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618 % 1.0, 0.45, 0.85)
    image = Image.new("RGB", (SIDE, SIDE), (245, 245, 245))
    pen = ImageDraw.Draw(image)
    pen.ellipse((110, 110, 530, 530), fill=tuple(round(255 * c) for c in (red, green, blue)))
    pen.text((270, 300), str(number), fill=(40, 40, 40), font_size=32)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue().ljust(BYTES, b"\0")
