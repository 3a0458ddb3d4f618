from __future__ import annotations

import numpy as np
import pytest

from generation.imaging.compose import Layer, Shade, bleed, darkened, on_ground, on_nothing
from generation.imaging.geometry import Region
from generation.imaging.grounds import plain
from generation.types import Pixels

_REGION = Region(2, 2, 18, 10)


def _layer(alpha: Pixels) -> Layer:
    color = np.full((8, 16, 3), (200, 40, 10), np.uint8)
    return Layer(color=color, alpha=alpha, region=_REGION)


def _ramp() -> Pixels:
    return np.tile(np.linspace(0, 255, 16).astype(np.uint8), (8, 1))


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (18, 120, 233)])
def test_every_alpha_blends_to_the_nearest_byte(ground: tuple[int, int, int]) -> None:
    alpha = np.arange(128, dtype=np.uint8).reshape(8, 16) * 2 + 1

    canvas = on_ground((_layer(alpha),), plain(ground, width=20, height=12))

    weight = alpha[..., None] / 255.0
    exact = np.array((200, 40, 10)) * weight + np.array(ground) * (1 - weight)
    assert np.abs(canvas[_REGION.slices][..., :3] - exact).max() <= 0.51


def test_opaque_pixels_and_bare_ground_keep_their_bytes() -> None:
    alpha = np.where(np.arange(16) < 8, 0, 255).astype(np.uint8) * np.ones((8, 1), np.uint8)

    canvas = on_ground((_layer(alpha),), plain((250, 245, 255), width=20, height=12))

    assert np.all(canvas[2:10, 10:18] == (200, 40, 10, 255))
    canvas[2:10, 10:18] = (250, 245, 255, 255)
    assert np.all(canvas == (250, 245, 255, 255))


def test_a_shadow_darkens_the_ground_and_leaves_the_product() -> None:
    alpha = np.zeros((8, 16), np.uint8)
    alpha[:, 8:] = 255
    shade = Shade(np.full((12, 20), 51, np.uint8), Region(0, 0, 20, 12))

    canvas = on_ground(
        (_layer(alpha),), darkened(plain((200, 100, 50), width=20, height=12), shade)
    )

    assert tuple(canvas[0, 0]) == (160, 80, 40, 255)
    assert tuple(canvas[5, 15]) == (200, 40, 10, 255)


@pytest.mark.parametrize("ground", [(255, 255, 255), (30, 60, 90)])
def test_a_transparent_picture_shown_on_a_ground_is_the_opaque_one(
    ground: tuple[int, int, int],
) -> None:
    layer = _layer(_ramp())
    shade = Shade(np.full((12, 20), 40, np.uint8), Region(0, 0, 20, 12))

    clear = on_nothing((layer,), shade, width=20, height=12).astype(float)
    opaque = on_ground((layer,), darkened(plain(ground, width=20, height=12), shade))[..., :3]

    weight = clear[..., 3:] / 255
    shown = clear[..., :3] * weight + np.array(ground) * (1 - weight)
    assert np.abs(shown - opaque).max() <= 2.0


def test_a_transparent_picture_hides_no_colour_where_nothing_is() -> None:
    alpha = np.zeros((8, 16), np.uint8)

    assert not on_nothing((_layer(alpha),), None, width=20, height=12).any()


def test_bleeding_replaces_the_old_ground_near_the_edge_and_nothing_else() -> None:
    color = np.full((600, 40, 3), (0, 255, 0), np.uint8)
    alpha = np.zeros((600, 40), np.uint8)
    color[:, 20:], alpha[:, 20:] = (180, 20, 60), 255
    alpha[:, 19] = 100
    color[:, 19] = (180, 20, 60)

    bled = bleed(color, alpha, 4)

    assert np.all(np.abs(bled[:, 16:19].astype(int) - (180, 20, 60)) <= 1)
    assert np.all(bled[:, 19:] == color[:, 19:])
    assert np.all(bled[:, :14] == (0, 255, 0))
    assert np.all(color[:, :19] == (0, 255, 0))
