"""A channel's own file: the verified canvas in the channel's frame, or the rule that forbids it.

Everything is made from the rendered canvas by one resampling; nothing is rendered again and
nothing is enlarged. What the encoded file really is, `quality.channels` measures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from generation.channels import ChannelRule, Part, is_ai
from generation.imaging.framing import Wish, draw, size_within, window_for
from generation.imaging.geometry import Box, product_box
from generation.imaging.metrics import dilated
from generation.spec import PresetSpec
from generation.types import Pixels, Refusal

_WHITE = (255, 255, 255)
# An antialiased edge reaches this far past the product's alpha.
_EDGE = 2


@dataclass(frozen=True, slots=True)
class Master:
    """The verified picture: an RGB or RGBA canvas, the products' alpha (uint8 H x W) on it.

    ``source_type`` is the picture's IPTC digital source type.
    """

    canvas: Image.Image
    product: Pixels
    spec: PresetSpec
    source_type: str


@dataclass(frozen=True, slots=True)
class Framed:
    """A channel's picture before encoding, and the part of the canvas that it shows."""

    image: Image.Image
    window: Box


def channel_rendition(master: Master, channel: str, rule: ChannelRule) -> Framed | Refusal:
    """Frame the master as the channel asks, or say with the rule's own sentence why it cannot go.

    Raises `ImageRejected` for a master without a product.
    """

    def refused(part: Part, message: str) -> Refusal:
        return Refusal(channel, part, message, rule.sources[0].at)

    if is_ai(master.source_type) and not rule.ai.allowed:
        return refused("ai", rule.ai.sentence)
    canvas = _on_ground(master.canvas, rule)
    fault = _ground_fault(canvas, master, rule)
    if fault is not None:
        return refused("ground", fault)
    window = _window(canvas, master, rule)
    if window is None:
        return refused("aspect", _no_shape(rule))
    size = size_within(window, rule.recommended)
    if not rule.smallest.has(*size) and rule.severity_of("smallest") == "reject":
        return refused("smallest", _too_small(rule, size))
    return Framed(draw(canvas, window, size), window)


def _on_ground(canvas: Image.Image, rule: ChannelRule) -> Image.Image:
    """A transparent picture goes onto exact white where the channel would not show it as it is."""
    if canvas.mode != "RGBA" or rule.transparency == "kept":
        return canvas
    ground = Image.new("RGB", canvas.size, _WHITE)
    ground.paste(canvas, mask=canvas.getchannel("A"))
    return ground


def _ground_fault(canvas: Image.Image, master: Master, rule: ChannelRule) -> str | None:
    if rule.ground != "white" or rule.severity_of("ground") != "reject":
        return None
    around = ~dilated(master.product > 0, _EDGE)
    if np.all(np.asarray(canvas)[around] == 255):
        return None
    spec = master.spec
    if spec.has_plain_ground and (spec.is_transparent or spec.background.rgb == _WHITE):
        return (
            f"{rule.title} asks for pure white all around the product, and the shadow is not white."
            " Use a preset without a shadow for it."
        )
    return (
        f"{rule.title} asks for a pure white background. Use a preset with a white background and"
        " no shadow for it."
    )


def _window(canvas: Image.Image, master: Master, rule: ChannelRule) -> Box | None:
    product = product_box(master.product)
    size = canvas.size
    wish = Wish(
        aspect=rule.aspect,
        fill=rule.fill,
        can_extend=_goes_on(canvas),
        stands=master.spec.has_plain_ground and master.spec.composition.anchor == "bottom",
    )
    window = window_for(product, size, wish)
    if window is not None and rule.smallest.has(*size_within(window, rule.recommended)):
        return window
    wants_fill = rule.fill is not None and rule.severity_of("fill") == "reject"
    if rule.required_aspect is not None or wants_fill:
        return window
    # The shape is advice, the size is not: rather the whole picture in its own shape.
    return Box(0.0, 0.0, float(size[0]), float(size[1]))


def _goes_on(canvas: Image.Image) -> bool:
    """Whether the whole border is one colour, so that the ground can be continued unseen."""
    pixels = np.asarray(canvas)
    sides = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    return all(bool(np.all(side == pixels[0, 0])) for side in sides)


def _no_shape(rule: ChannelRule) -> str:
    return (
        f"{rule.title} takes square pictures only, and no square part of this one shows the whole"
        " product. Use a preset with a square main file for it."
    )


def _too_small(rule: ChannelRule, size: tuple[int, int]) -> str:
    return (
        f"{rule.title} asks for at least {rule.smallest}, and this picture gives {size[0]} x"
        f" {size[1]}. Use a larger photo; enlarging this one would only blur it."
    )
