"""Demo photographs with their true masks, prepared as stage 2 does; cut out once a test run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import integrations.sandbox
from generation.imaging.foreground import estimate_colors, transfer_foreground
from generation.imaging.pixels import Upright
from generation.types import CutoutResult, Item, Prepared, Told

_PHOTOS = Path(integrations.sandbox.__file__).parent / "catalog" / "photos"
_MASKS = Path(__file__).parents[2] / "data" / "demo_masks"
TITLE = "Stoneware thing"


@cache
def demo_photo(name: str, longest: int = 900) -> Prepared:
    """A photograph of the demo catalog, its longer side ``longest`` pixels."""
    photo = Image.open(_PHOTOS / f"{name}.jpg").convert("RGB")
    photo.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    mask = Image.open(_MASKS / f"{name}.png").convert("L").resize(photo.size)
    rgb, alpha = np.asarray(photo), np.asarray(mask)
    front, back = estimate_colors(rgb, alpha.astype(np.float32) / np.float32(255))
    cutout = CutoutResult(
        alpha=alpha,
        foreground=transfer_foreground(rgb, alpha, front, back),
        model="truth@1",
        confidence=0.97,
        agreement=0.98,
        coverage=float((alpha > 127).mean()),
        needs_review=False,
        reasons=(),
    )
    item = Item(name.encode().hex().ljust(64, "0"), Upright(rgb, None, "jpeg"), cutout)
    return Prepared((item,), told=Told(title=TITLE, category="Home > Kitchen"))


def shrunk(rgb: np.ndarray, side: int) -> np.ndarray:
    """A picture at ``side`` x ``side``, for comparing at a glance."""
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA))
