"""A person's strokes in preprocessing: another cut-out, kept beside the one that was found."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from generation import corrections
from generation.errors import Permanent
from generation.imaging.pixels import ImageRejected
from generation.models import Cutout, CutoutEdit
from generation.preprocessing import cutout
from generation.preprocessing.prepare import prepare
from tests.conftest import Serve
from tests.factories import make_generation, make_product, make_user

pytestmark = pytest.mark.django_db
SIDE = 600  # the served photograph's
CORNER = (slice(200, 300), slice(200, 260))  # of the mug: rows, columns


def strokes(label: int = CutoutEdit.REMOVE) -> bytes:
    """A PNG with a label on the mug's upper left corner."""
    labels = np.zeros((SIDE, SIDE), dtype=np.uint8)
    labels[CORNER] = label
    out = io.BytesIO()
    Image.fromarray(labels).save(out, "PNG")
    return out.getvalue()


def test_it_cuts_out_by_the_strokes_until_they_are_forgotten(photos: Serve) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    generation, workspace = make_generation(product), product.store.workspace
    found = prepare(generation).cutout
    image = product.images.get()

    edit = corrections.save(
        workspace, image, strokes=strokes(), see_through=False, user=make_user(workspace)
    )
    corrected, kept = prepare(generation).cutout, prepare(generation).cutout
    shown = corrections.outline(workspace, image)
    corrections.forget(workspace, image)
    back = prepare(generation).cutout

    assert found.alpha[CORNER].mean() > 200
    assert corrected.alpha[CORNER].max() == 0
    assert np.array_equal(kept.alpha, corrected.alpha)
    assert (found.model, corrected.model) == (back.model, found.model + edit.suffix)
    assert Cutout.objects.filter(workspace=workspace).count() == 2
    assert shown is not None
    assert edit.digest[:8] in shown
    assert np.array_equal(back.alpha, found.alpha)


def test_it_says_when_the_strokes_are_gone(photos: Serve) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    generation, workspace = make_generation(product), product.store.workspace
    prepare(generation)
    CutoutEdit.objects.create(
        workspace=workspace, source_sha256=product.images.get().sha256, strokes_key="gone.png"
    )

    with pytest.raises(Permanent, match="Paint them again"):
        prepare(generation)


@pytest.fixture
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network and no ground colour makes anything out."""
    monkeypatch.setattr(cutout, "segment", lambda *args, **options: None)


@pytest.mark.usefixtures("nothing_seen")
def test_strokes_can_start_where_nothing_was_found(photos: Serve) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    generation, workspace = make_generation(product), product.store.workspace
    with pytest.raises(ImageRejected, match="Correct the outline"):
        prepare(generation)
    image = product.images.get()
    assert corrections.is_ready(image)

    corrections.save(
        workspace,
        image,
        strokes=strokes(CutoutEdit.KEEP),
        see_through=False,
        user=make_user(workspace),
    )
    painted = prepare(generation).cutout

    assert painted.alpha[CORNER].min() == 255
    assert painted.alpha[:40].max() == 0
    assert not painted.needs_review
    assert corrections.outline(workspace, image) is not None


@pytest.mark.usefixtures("nothing_seen")
def test_strokes_that_keep_nothing_are_no_outline(photos: Serve) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    generation, workspace = make_generation(product), product.store.workspace
    with pytest.raises(ImageRejected):
        prepare(generation)
    image, user = product.images.get(), make_user(workspace)
    corrections.save(workspace, image, strokes=strokes(), see_through=False, user=user)

    with pytest.raises(ImageRejected, match="paint over the product with Keep"):
        prepare(generation)
