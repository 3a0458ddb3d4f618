"""Pictures for tests, made in code; needs no Django."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw


def photo(size: int = 600, *, seed: int = 0, image_format: str = "JPEG") -> bytes:
    """A believable product photograph: a textured dark mug on plain light paper."""
    noise = np.random.default_rng(seed)
    picture = Image.new("RGB", (size, size), (236, 234, 230))
    draw = ImageDraw.Draw(picture)
    body = (size * 0.3, size * 0.3, size * 0.7, size * 0.8)
    draw.rounded_rectangle(body, radius=size // 20, fill=(40, 80, 120 + seed % 60))
    for step in range(8):
        y = size * (0.34 + step * 0.055)
        draw.line((size * 0.34, y, size * 0.66, y), fill=(220, 200, 160), width=max(size // 150, 2))
    across, down = np.meshgrid(*[np.linspace(-1, 1, size)] * 2)
    round_body = 1 - 0.9 * across**2  # a cylinder's falling light, and a lamp's on the paper
    light = np.where(
        (np.abs(across) < 0.4) & (down > -0.4) & (down < 0.6), round_body, 1 - 0.05 * down
    )
    grain = noise.normal(0, 2.5, (size, size, 3))
    pixels = np.clip(np.asarray(picture) * light[..., None] + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, image_format, quality=95)
    return out.getvalue()


def cut_out_photo(size: int = 600, *, seed: int = 0) -> bytes:
    """The same mug on nothing (PNG): a photograph that comes cut out needs no network."""
    mug = Image.open(io.BytesIO(photo(size, seed=seed)))
    alpha = Image.new("L", mug.size, 0)
    body = (size * 0.3, size * 0.3, size * 0.7, size * 0.8)
    ImageDraw.Draw(alpha).rounded_rectangle(body, radius=size // 20, fill=255)
    mug.putalpha(alpha)
    out = io.BytesIO()
    mug.save(out, "PNG", compress_level=1)
    return out.getvalue()
