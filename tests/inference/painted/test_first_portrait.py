"""The first delivered picture of a person is what every later one refers to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from generation import pipeline, review
from generation.inference.engines.diffusion.ask import Answer, Ask
from generation.inference.engines.diffusion.engine import DiffusionEngine
from generation.keys import original_key
from generation.line import waiting
from generation.models import Generation, Person
from generation.stages import REAL
from integrations.models import Product
from productviz.lib import files
from productviz.lib.files import StorageFailed
from productviz.lib.lease import claim, new_owner
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_user
from tests.inference.painted.painter import worn

pytestmark = pytest.mark.django_db
_SMALL = [{"name": "main", "width": 400, "height": 480}]
_STAGES = replace(REAL, compatibility=lambda spec: "")

Wear = Callable[..., Generation]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Ask]:
    """What the painter of these tests was asked for."""
    asks: list[Ask] = []

    def paint(ask: Ask) -> Answer:
        asks.append(ask)
        return worn(ask)

    engine = DiffusionEngine(paint)
    monkeypatch.setattr("generation.inference.render.engine_for", lambda kind: engine)
    return asks


@pytest.fixture
def product(photos: Serve) -> Product:
    return make_product(image_url=photos("tote.jpg"))


@pytest.fixture
def wear(product: Product, asked: list[Ask]) -> Wear:
    """A function that asks for a garment on a person, and runs it to its review."""

    def worn_by(person: Person, *, is_test: bool = False) -> Generation:
        preset = make_preset(
            person.workspace,
            kind="virtual_model",
            painting={"person": person.public_id},
            outputs=_SMALL,
        )
        row = make_generation(product, preset=preset)
        Generation.objects.filter(pk=row.pk).update(is_test=is_test)
        return _advanced(row)

    return worn_by


@pytest.fixture
def person(product: Product) -> Person:
    workspace = product.store.workspace
    return Person.objects.create(workspace=workspace, name="Ada", description="a woman of 34")


def _advanced(row: Generation) -> Generation:
    owner = new_owner()
    (mine,) = claim(waiting(), owner=owner, limit=1)
    pipeline.advance(mine, owner, _STAGES)
    row.refresh_from_db()
    return row


def _approved(row: Generation) -> Generation:
    assert row.status == "awaiting_review", (row.error_code, row.error_message)
    review.approve(row, make_user())
    return _advanced(row)


def test_the_first_approved_picture_is_the_portrait_of_the_next(
    wear: Wear, person: Person, product: Product, asked: list[Ask]
) -> None:
    row = wear(person)
    person.refresh_from_db()
    waited = person.portrait
    first = _approved(row)
    person.refresh_from_db()
    assert first.asset is not None
    kept = original_key(person.workspace_id, person.portrait)
    product.title = "Another one"  # the same request would be free
    product.save(update_fields=["title"])
    second = _approved(wear(person))

    assert waited == ""
    assert (first.status, second.status) == ("succeeded", "succeeded")
    assert person.portrait == first.asset.main.sha256
    assert person.version == 2
    assert files.get("originals", kept) == files.get("assets", first.asset.main.key)
    assert [len(one.references) for one in asked] == [1, 2]
    assert second.asset is not None
    assert second.asset.manifest["facts"]["references"] == [person.portrait]
    person.refresh_from_db()
    assert person.portrait == first.asset.main.sha256


def test_a_portrait_that_was_chosen_meanwhile_stays(wear: Wear, person: Person) -> None:
    row = wear(person)
    Person.objects.filter(pk=person.pk).update(portrait="ab" * 32)

    _approved(row)

    person.refresh_from_db()
    assert person.portrait == "ab" * 32


def test_a_rejected_picture_and_a_tests_are_no_portrait(wear: Wear, person: Person) -> None:
    review.reject(wear(person), make_user())
    row = wear(person, is_test=True)
    if row.status == "awaiting_review":
        _approved(row)

    person.refresh_from_db()
    assert Generation.objects.get(pk=row.pk).status == "succeeded"
    assert person.portrait == ""


def test_storage_that_is_away_does_not_undo_the_delivery(
    wear: Wear, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = wear(person)

    def fail(*args: object) -> str:
        raise StorageFailed("the bucket is away")

    monkeypatch.setattr("generation.people.keep_asset", fail)
    done = _approved(row)

    person.refresh_from_db()
    assert (done.status, person.portrait) == ("succeeded", "")
