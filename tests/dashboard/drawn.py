"""Drawn products: a photo as a small shop takes it, and the same product on a preset's ground.

Both come from one drawing, so the transform between them is known exactly.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

PHOTO = (900, 720)
CANVAS = 800
BOX = (330, 150, 570, 590)  # where the product stands in the photo
GROUNDS = {"white": (255, 255, 255), "sand": (242, 239, 233)}


@dataclass(frozen=True, slots=True)
class Look:
    """A product's shape and colours."""

    shape: str
    body: tuple[int, int, int]
    band: tuple[int, int, int]


LOOKS = (
    Look("mug", (52, 92, 128), (226, 206, 170)),
    Look("bottle", (46, 92, 70), (238, 232, 214)),
    Look("bowl", (196, 120, 84), (120, 62, 40)),
    Look("vase", (224, 214, 196), (150, 110, 80)),
    Look("mug", (178, 74, 62), (250, 240, 226)),
    Look("bottle", (120, 84, 48), (244, 226, 190)),
    Look("bowl", (70, 74, 82), (190, 194, 200)),
    Look("vase", (96, 120, 96), (60, 80, 62)),
)


@cache
def product(look: Look) -> Image.Image:
    """The product alone, RGBA, at the photo's size."""
    big = (PHOTO[0] * 2, PHOTO[1] * 2)
    mask = Image.new("L", big, 0)
    draw = ImageDraw.Draw(mask)
    x0, y0, x1, y1 = (2 * side for side in BOX)
    if look.shape == "mug":
        draw.ellipse((x1 - 90, y0 + 330, x1 + 150, y0 + 640), outline=255, width=46)
        draw.rounded_rectangle((x0, y0 + 230, x1, y1), radius=70, fill=255)
    elif look.shape == "bottle":
        draw.rounded_rectangle((x0 + 60, y0 + 240, x1 - 60, y1), radius=90, fill=255)
        draw.rounded_rectangle((x0 + 170, y0, x1 - 170, y0 + 330), radius=30, fill=255)
    elif look.shape == "bowl":
        draw.pieslice((x0 - 90, y0 + 80, x1 + 90, y1 + 20), 0, 180, fill=255)
        draw.rectangle((x0 + 140, y1 - 30, x1 - 140, y1), fill=255)
    else:
        draw.ellipse((x0 - 10, y0 + 250, x1 + 10, y1), fill=255)
        draw.rounded_rectangle((x0 + 150, y0, x1 - 150, y0 + 420), radius=40, fill=255)
        draw.rectangle((x0 + 130, y1 - 50, x1 - 130, y1), fill=255)
    colours = Image.new("RGB", big, look.body)
    ImageDraw.Draw(colours).rectangle((0, y0 + 520, big[0], y0 + 590), fill=look.band)
    light = Image.linear_gradient("L").rotate(90).resize((x1 - x0 + 240, big[1]))
    shade = Image.new("L", big, 60)
    shade.paste(light, (x0 - 120, 0))
    dark = ImageChops.multiply(colours, Image.new("RGB", big, (150, 150, 156)))
    shaded = Image.composite(colours, dark, shade)
    shaded.putalpha(mask)
    return shaded.resize(PHOTO, Image.Resampling.LANCZOS)


def _shadow(picture: Image.Image, box: tuple[int, int, int, int], strength: int) -> None:
    dark = Image.new("L", picture.size, 0)
    ImageDraw.Draw(dark).ellipse(box, fill=strength)
    picture.paste((40, 36, 32), mask=dark.filter(ImageFilter.GaussianBlur((box[3] - box[1]) / 3)))


def photo(look: Look) -> Image.Image:
    """The product on a table, as a phone sees it."""
    picture = Image.new("RGB", PHOTO, (203, 196, 186))
    ImageDraw.Draw(picture).rectangle((0, 470, *PHOTO), fill=(172, 150, 124))
    picture = picture.filter(ImageFilter.GaussianBlur(9))
    _shadow(picture, (BOX[0] - 20, BOX[3] - 34, BOX[2] + 190, BOX[3] + 26), 150)
    picture.paste(product(look), mask=product(look))
    return picture


def transform() -> dict[str, float]:
    """Output = scale x source + (dx, dy), in pixels of the canvas."""
    scale = 0.84 * CANVAS / (BOX[3] - BOX[1])
    middle_x, middle_y = (BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2
    return {
        "scale": scale,
        "dx": CANVAS / 2 - middle_x * scale,
        "dy": CANVAS / 2 - middle_y * scale,
    }


def result(look: Look, ground: str) -> Image.Image:
    """The product on a preset's ground; "transparent" has none."""
    moved = transform()
    size = (round(PHOTO[0] * moved["scale"]), round(PHOTO[1] * moved["scale"]))
    place = (round(moved["dx"]), round(moved["dy"]))
    cut = product(look).resize(size, Image.Resampling.LANCZOS)
    if ground == "transparent":
        clear = Image.new("RGBA", (CANVAS, CANVAS), (0, 0, 0, 0))
        clear.paste(cut, place, cut)
        return clear
    picture = Image.new("RGB", (CANVAS, CANVAS), GROUNDS[ground])
    foot = round(CANVAS / 2 + 0.42 * CANVAS)
    _shadow(picture, (230, foot - 22, CANVAS - 230, foot + 14), 120)
    picture.paste(cut, place, cut)
    return picture


def encoded(picture: Image.Image, image_format: str, side: int | None = None) -> bytes:
    """The picture as a file, made smaller to ``side`` if given."""
    copy = picture.copy()
    if side:
        copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    copy.save(out, image_format.upper(), quality=85)
    return out.getvalue()
