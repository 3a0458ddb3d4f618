"""A painter made of arithmetic: it paints a room, lit from one side, around a product."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from generation.inference.engines.diffusion.ask import Answer, Ask, Painted
from generation.types import Pixels

FACTS: dict[str, object] = {
    "model": "arithmetic",
    "revision": "1",
    "licence": "none",
    "image_check": "arithmetic-checker",
}


@dataclass(slots=True)
class RoomPainter:
    """Paints where the mask allows; ``side`` is where the window is: -1 left, 1 right, 0 none.

    ``asked`` is what it was asked for.
    """

    side: float = -1.0
    shadow: bool = False
    asked: list[Ask] = field(default_factory=list)

    def __call__(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        assert ask.image is not None
        assert ask.mask is not None
        room = painted_room(ask.width, ask.height, side=self.side, seed=ask.seed)
        free = cv2.GaussianBlur(ask.mask, (0, 0), 1.0).astype(np.float32)[..., None] / 255.0
        if self.shadow:
            room = _with_shadow(room, ask.mask)
        mixed = room * free + ask.image.astype(np.float32) * (1.0 - free)
        return Painted(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), FACTS)


def painted_room(width: int, height: int, *, side: float, seed: int) -> np.ndarray:
    """A wall, a wooden floor, and a light that falls off from a window: float32 h x w x 3."""
    noise = np.random.default_rng(seed)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    floor = np.clip((rows - 0.66) / 0.01, 0, 1)[..., None]
    wall = np.array([158, 152, 142], np.float32) * (1.0 - 0.08 * rows[..., None])
    grain = cv2.GaussianBlur(
        noise.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 9, None, 1.2
    )
    wood = np.array([132, 104, 78], np.float32) * (1.0 + 0.3 * grain[..., None])
    fall = np.exp(0.38 * side * columns)[..., None]
    return np.asarray((wall * (1 - floor) + wood * floor) * fall, np.float32)


def _with_shadow(room: np.ndarray, mask: Pixels) -> np.ndarray:
    """A soft dark spot under the product, as a good model paints it."""
    product = (255 - mask).astype(np.float32) / 255.0
    bottom = int(np.flatnonzero(product.max(axis=1) > 0.5).max())
    spot = np.zeros_like(product)
    columns = np.flatnonzero(product[max(0, bottom - 6)] > 0.5)
    spot[bottom - 4 : bottom + 5, columns.min() : columns.max() + 1] = 1.0
    soft = cv2.GaussianBlur(spot, (0, 0), 9, None, 4)
    return np.asarray(room * (1.0 - 0.75 * np.clip(soft, 0, 1))[..., None], np.float32)


def soft(rgb: Pixels) -> Pixels:
    """As a model's decoder gives it back: a little blurred, a little off in colour."""
    blurred = cv2.GaussianBlur(rgb, (0, 0), 0.8).astype(np.float32)
    return np.clip(np.rint(blurred * [1.01, 1.0, 0.985] + 0.6), 0, 255).astype(np.uint8)


def edited(ask: Ask) -> Answer:
    """Paints the upper right corner red, and gives the rest back softly."""
    assert ask.image is not None
    rgb = soft(ask.image)
    rgb[: ask.height // 4, ask.width * 3 // 4 :] = (190, 30, 40)
    return Painted(rgb, FACTS)


def relit_from_the_left(ask: Ask) -> Answer:
    """Lights the left, darkens the right, tints everything warm and smears all detail."""
    assert ask.image is not None
    across = np.linspace(1.35, 0.55, ask.width, dtype=np.float32)[None, :, None]
    smeared = cv2.GaussianBlur(ask.image, (0, 0), 3).astype(np.float32)
    lit = smeared * across * np.array([1.06, 1.0, 0.88], np.float32)
    return Painted(np.clip(lit, 0, 255).astype(np.uint8), FACTS)


def enlarged_crisply(ask: Ask) -> Answer:
    """Enlarges and sharpens, colours a little off, as an upscaler does."""
    assert ask.image is not None
    size = (ask.width * ask.factor, ask.height * ask.factor)
    large = cv2.resize(ask.image, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    crisp = large + 0.8 * (large - cv2.GaussianBlur(large, (0, 0), 2.0))
    return Painted(np.clip(np.rint(crisp * 1.02), 0, 255).astype(np.uint8), FACTS)


def worn(ask: Ask) -> Answer:
    """Puts the last reference, the garment, in the middle of a room, where a body would be."""
    room = painted_room(ask.width, ask.height, side=-0.5, seed=ask.seed)
    picture = np.clip(np.rint(room), 0, 255).astype(np.uint8)
    garment = ask.references[-1]
    scale = min(0.6 * ask.width / garment.shape[1], 0.6 * ask.height / garment.shape[0])
    small = cv2.resize(garment, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (ask.height - small.shape[0]) // 2, (ask.width - small.shape[1]) // 2
    picture[top : top + small.shape[0], left : left + small.shape[1]] = small
    return Painted(picture, FACTS)
