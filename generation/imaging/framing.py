"""Another frame around a finished picture: which part of the canvas a channel's file shows.

Geometry only. A window is in the canvas's own pixels, and may reach past it where the ground
can be continued; nothing here knows channels or files.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from .geometry import Box

# Free rim that a crop leaves around the product, as a share of the window's shorter side.
_LEAST_RIM = 0.02
# Keeps a fill inside its range when the window is rounded to whole pixels.
_FILL_SLACK = 0.004


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a window: ``aspect`` is width over height, ``fill`` the product's share.

    None leaves them as they are on the canvas. ``can_extend`` says that the ground goes on
    outside the canvas; ``stands`` keeps the product on its lower margin.
    """

    aspect: float | None
    fill: tuple[float, float] | None
    can_extend: bool
    stands: bool = False


def fill_of(product: Box, window: Box) -> float:
    """Give the share of the window that the product's longer side takes, as channels count it."""
    return max(product.width / window.width, product.height / window.height)


def window_for(product: Box, canvas: tuple[int, int], wish: Wish) -> Box | None:
    """Give the window with the wished shape and fill that still shows the whole product.

    ``canvas`` is (width, height). None where no crop of the canvas can. A fill that only pixels
    outside the canvas could bring is left as near as the canvas allows.
    """
    whole = Box(0.0, 0.0, float(canvas[0]), float(canvas[1]))
    aspect = wish.aspect or whole.width / whole.height
    has_shape = abs(aspect * whole.height - whole.width) < 1
    if has_shape and _fits(fill_of(product, whole), wish.fill):
        return whole
    size = _open_size(product, whole, aspect) if wish.can_extend else _crop_size(whole, aspect)
    size = _with_fill(size, product, wish.fill)
    if wish.can_extend:
        return _around(product, whole, size, stands=wish.stands)
    largest = _crop_size(whole, aspect)
    return _inside(product, whole, min(size, largest))


def draw(canvas: Image.Image, window: Box, size: tuple[int, int]) -> Image.Image:
    """Draw the window's part of an RGB or RGBA canvas at ``size``, in at most one resampling.

    Outside the canvas the colour of its top-left corner goes on, exactly.
    """
    if size == canvas.size and (window.left, window.top) == (0, 0) and window.width == size[0]:
        return canvas
    left, top = min(0, int(window.left) - 1), min(0, int(window.top) - 1)
    right = max(canvas.width, int(window.right) + 1)
    bottom = max(canvas.height, int(window.bottom) + 1)
    if (right - left, bottom - top) != canvas.size:
        open_ground = Image.new(canvas.mode, (right - left, bottom - top), canvas.getpixel((0, 0)))
        open_ground.paste(canvas, (-left, -top))
        canvas = open_ground
    box = (window.left - left, window.top - top, window.right - left, window.bottom - top)
    # Bicubic for the reason given in geometry: no ring around the product.
    return canvas.resize(size, Image.Resampling.BICUBIC, box=box)


def size_within(window: Box, limit: tuple[int, int]) -> tuple[int, int]:
    """Give the size of the window's file: within ``limit`` (width, height), never enlarged."""
    factor = min(1.0, limit[0] / window.width, limit[1] / window.height)
    return max(1, round(window.width * factor)), max(1, round(window.height * factor))


def _fits(fill: float, wanted: tuple[float, float] | None) -> bool:
    return wanted is None or wanted[0] <= fill <= wanted[1]


def _open_size(product: Box, whole: Box, aspect: float) -> tuple[float, float]:
    """The smallest window that leaves the canvas's own margin around the product."""
    margin = min(whole.width - product.width, whole.height - product.height) / 2
    share = max(0.0, margin / min(whole.width, whole.height))
    if aspect <= 1:
        width = max(product.width / (1 - 2 * share), product.height / (1 / aspect - 2 * share))
        return width, width / aspect
    height = max(product.height / (1 - 2 * share), product.width / (aspect - 2 * share))
    return height * aspect, height


def _crop_size(whole: Box, aspect: float) -> tuple[float, float]:
    width = min(whole.width, whole.height * aspect)
    return width, width / aspect


def _with_fill(
    size: tuple[float, float], product: Box, wanted: tuple[float, float] | None
) -> tuple[float, float]:
    fill = max(product.width / size[0], product.height / size[1])
    if wanted is None:
        return size
    inside = min(max(fill, wanted[0] + _FILL_SLACK), wanted[1] - _FILL_SLACK)
    return size[0] * fill / inside, size[1] * fill / inside


def _around(product: Box, whole: Box, size: tuple[float, float], *, stands: bool) -> Box:
    """Centre the product, in whole pixels, so that a window of its own size is an exact crop."""
    width, height = round(size[0]), round(size[1])
    left = round((product.left + product.right - width) / 2)
    top = round((product.top + product.bottom - height) / 2)
    if stands:
        share = (whole.bottom - product.bottom) / min(whole.width, whole.height)
        top = round(product.bottom + share * min(width, height) - height)
    return Box(float(left), float(top), float(left + width), float(top + height))


def _inside(product: Box, whole: Box, size: tuple[float, float]) -> Box | None:
    """Crop so that the product keeps its place in the picture as far as the canvas allows."""
    width, height = int(size[0]), int(size[1])
    rim = _LEAST_RIM * min(width, height)
    if product.width + 2 * rim > width or product.height + 2 * rim > height:
        return None
    left = _place(product.left, product.right, width, whole.width, rim)
    top = _place(product.top, product.bottom, height, whole.height, rim)
    return Box(left, top, left + width, top + height)


def _place(low: float, high: float, length: int, whole: float, rim: float) -> float:
    middle = (low + high) / 2
    start = middle - length * middle / whole
    start = min(max(start, high + rim - length), low - rim)
    return float(round(min(max(start, 0.0), whole - length)))
