"""An equal request has the fingerprint of the first; one that makes another picture never has."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from generation.intake.fingerprint import fingerprint
from generation.preprocessing.goods import lies_flat
from generation.preprocessing.prepare import prepare
from generation.spec import parse_spec
from integrations.models import Product
from tests.conftest import Serve
from tests.factories import make_generation, make_product

SCENE = {"kind": "scene", "scene": {"plate": "podium"}}
SCENE_FROM_THE_FRONT = {"kind": "scene", "scene": {"plate": "podium", "view": "front"}}


@pytest.mark.parametrize(
    ("spec", "name", "is_the_same"),
    [
        (SCENE, "Blue mug", True),
        (SCENE, "Blue tote bag", False),
        (SCENE_FROM_THE_FRONT, "Blue tote bag", True),
        ({}, "Blue tote bag", True),
    ],
)
@pytest.mark.django_db
def test_a_rename_counts_where_the_picture_depends_on_it(
    photos: Serve, spec: dict[str, Any], name: str, is_the_same: bool
) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")))

    def key() -> str:
        return fingerprint(
            prepared=prepare(row),
            spec=parse_spec(spec),
            engine="studio@0",
            seed=0,
            today=date(2026, 11, 29),
        )

    before = key()
    Product.objects.filter(pk=row.product_id).update(title=name)

    assert (key() == before) is is_the_same


@pytest.mark.parametrize(
    ("title", "lies"),
    [
        ("Tote Bag, navy", True),
        ("Crew T-Shirts (3 pack)", True),
        ("Écharpe en laine", True),
        ("Stoneware mug", False),
        ("Towel rack", False),
        ("Robot vacuum", False),
    ],
)
def test_a_name_tells_what_lies_flat(title: str, lies: bool) -> None:
    assert lies_flat(title) is lies
