"""A painter's machine without cut-out networks takes the cut-out that was made before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation import corrections
from generation.models import Cutout, Generation
from generation.preprocessing.cutout_names import current_model
from generation.preprocessing.prepare import prepare
from productviz.lib.queue import GPU
from tests.conftest import Serve
from tests.factories import make_generation, make_product, make_user
from tests.generation.test_corrected_outline import CORNER, strokes

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(photos: Serve) -> Generation:
    return make_generation(make_product(image_url=photos("mug.jpg")))


@pytest.fixture
def elsewhere(settings: Any, tmp_path: Path) -> Any:
    """Call it to be on a machine without networks, whose painter was handed the row."""

    def go(row: Generation) -> None:
        settings.MODEL_DIR = tmp_path
        row.queue = GPU

    return go


def test_it_is_taken_over_under_its_own_name(row: Generation, elsewhere: Any) -> None:
    made = prepare(row).cutout
    assert made.model == current_model()

    elsewhere(row)
    taken = prepare(row).cutout

    assert current_model() != made.model
    assert taken.model == made.model
    assert np.array_equal(taken.alpha, made.alpha)
    assert Cutout.objects.count() == 1


def test_it_is_what_was_used_last_and_not_what_was_found_once(
    row: Generation, elsewhere: Any
) -> None:
    made = prepare(row).cutout
    old = Cutout.objects.get()
    old.pk, old.model = None, "u2netp@4"
    old.save()
    old.pk, old.model, old.used_at = None, "isnet+u2netp@5", old.created_at.replace(year=2020)
    old.save()

    elsewhere(row)

    assert prepare(row).cutout.model == made.model


@pytest.mark.parametrize("is_late", [False, True])
def test_a_correction_is_of_what_was_found(row: Generation, elsewhere: Any, is_late: bool) -> None:
    made = prepare(row).cutout
    workspace = row.workspace
    edit = corrections.save(
        workspace, row.product.images.get(), strokes=strokes(), see_through=False,
        user=make_user(workspace),
    )  # fmt: skip
    if not is_late:
        prepare(row)

    elsewhere(row)
    taken = prepare(row).cutout

    assert taken.model == made.model + edit.suffix
    assert taken.alpha[CORNER].max() == 0


def test_a_machine_with_nothing_to_take_cuts_out_itself(row: Generation, elsewhere: Any) -> None:
    elsewhere(row)

    assert prepare(row).cutout.model == current_model()
