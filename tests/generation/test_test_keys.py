"""What a test key starts is marked all over, and never answers for a real picture."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from generation.delivery import storefront
from generation.intake.wishes import Wishes
from generation.models import Asset, Generation
from productviz.lib import files
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product

pytestmark = pytest.mark.django_db(transaction=True)
Drain = Callable[[], int]


def pixels(row: Generation) -> np.ndarray:
    """The main file, as numbers."""
    assert row.asset is not None
    data = files.get("assets", row.asset.main.key)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.int16)


@pytest.mark.parametrize(
    "spec",
    [{}, {"background": {"type": "transparent"}, "shadow": {"type": "none"}}],
    ids=["opaque", "transparent"],
)
def test_it_writes_the_word_over_every_file_and_keeps_it_apart(
    photos: Serve, drain: Drain, spec: dict[str, object]
) -> None:
    kind = "png" if spec else "jpeg"
    sizes = {"main": 400, "thumbnail": 200}
    outputs = [
        {"name": name, "width": side, "height": side, "format": kind}
        for name, side in sizes.items()
    ]
    product = make_product(image_url=photos("mug.jpg"))
    preset = make_preset(product.store.workspace, outputs=outputs, **spec)
    real = make_generation(product, preset=preset)
    test = make_generation(product, preset=preset, wishes=Wishes(is_test=True))

    drain()

    real.refresh_from_db()
    test.refresh_from_db()
    assert (real.status, test.status) == ("succeeded", "succeeded"), test.error_message
    assert Asset.objects.count() == 2
    assert not test.reused
    assert test.asset is not None
    assert test.asset.manifest["test"] is True
    changed = np.abs(pixels(real) - pixels(test)).max(axis=2) > 60
    assert 0.03 < changed.mean() < 0.4
    corners = [changed[:200, 200:].any(), changed[200:, :200].any(), changed[180:220].any()]
    assert corners == [True, True, True], "the word runs from corner to corner"
    assert {one.name for one in test.asset.renditions.all()} == set(sizes)


def test_it_is_never_published(photos: Serve, drain: Drain) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")), wishes=Wishes(is_test=True))
    drain()

    with pytest.raises(storefront.NotPublishable, match="test key"):
        storefront.publish(row, None)
