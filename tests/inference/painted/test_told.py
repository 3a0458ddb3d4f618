"""What a painter is told and shown: of its own workspace alone."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from generation.errors import Permanent
from generation.imaging.pixels import ImageRejected
from generation.intake.fingerprint import fingerprint
from generation.keys import asset_key, original_key
from generation.models import Asset, Generation, Person, Rendition
from generation.preprocessing.looks import looks_of
from generation.preprocessing.prepare import prepare
from generation.preprocessing.told import told_of
from generation.spec import PresetSpec, parse_spec
from generation.types import Persona, Told
from integrations.models import Product
from productviz.accounts.models import Workspace
from productviz.lib import files
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_workspace
from tests.pictures import photo

pytestmark = pytest.mark.django_db


def _kept(workspace: Workspace, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    files.put("originals", original_key(workspace.pk, sha256), data)
    return sha256


def _row(**painting: object) -> tuple[Generation, PresetSpec]:
    product = make_product()
    kind = "virtual_model" if "person" in painting else "ai_scene"
    preset = make_preset(product.store.workspace, kind=kind, painting=painting)
    row = make_generation(product, preset=preset)
    return row, row.recipe()


def _person(workspace: Workspace, **fields: object) -> Person:
    words = {"name": "Ada", "description": "a woman of 34 with short dark hair", "seed": 11}
    return Person.objects.create(workspace=workspace, **{**words, **fields})


def test_kinds_that_are_not_painted_are_told_nothing() -> None:
    row = make_generation(make_product())

    assert told_of(row, row.recipe()) is None
    assert looks_of(row, row.recipe(), None) == ()


def test_it_tells_the_products_name_and_shows_the_reference() -> None:
    row, _ = _row(prompt="a beach")
    sha256 = _kept(row.workspace, photo(300, seed=3))
    spec = parse_spec({"kind": "ai_scene", "painting": {"prompt": "x", "reference": sha256}})

    told = told_of(row, spec)
    (look,) = looks_of(row, spec, told)

    assert told is not None
    assert told.title == row.product.title
    assert (look.role, look.sha256, look.rgb.shape) == ("style", sha256, (300, 300, 3))


def test_a_finished_picture_may_be_the_reference() -> None:
    row, _ = _row(prompt="a beach")
    data = photo(300, seed=4)
    sha256 = hashlib.sha256(data).hexdigest()
    asset = Asset.objects.create(
        workspace=row.workspace, product=row.product, fingerprint="ab" * 32, manifest={}, score=100
    )
    key = asset_key(row.workspace_id, sha256, "jpg")
    files.put("assets", key, data)
    Rendition.objects.create(
        asset=asset,
        name="main",
        format="jpeg",
        width=64,
        height=64,
        bytes=1,
        sha256=sha256,
        key=key,
    )
    spec = parse_spec({"kind": "ai_scene", "painting": {"reference": sha256}})

    assert [look.sha256 for look in looks_of(row, spec, None)] == [sha256]


def test_a_reference_of_another_workspace_is_not_found() -> None:
    row, _ = _row(prompt="a beach")
    sha256 = _kept(make_workspace(), photo(300, seed=5))
    spec = parse_spec({"kind": "ai_scene", "painting": {"reference": sha256}})

    with pytest.raises(Permanent, match="is not among this workspace's photographs") as refusal:
        looks_of(row, spec, None)
    assert refusal.value.code == "reference_not_found"


def test_a_broken_reference_is_not_taken_for_the_products_photograph() -> None:
    row, _ = _row(prompt="a beach")
    workspace, torn = row.workspace, photo(300, seed=5)[:2000]
    spec = parse_spec({"kind": "ai_scene", "painting": {"reference": _kept(workspace, torn)}})
    told = Told(persona=Persona("a woman of 34", 11, _kept(workspace, b"no picture")))

    with pytest.raises(ImageRejected, match="The reference picture of this preset: This"):
        looks_of(row, spec, None)
    with pytest.raises(ImageRejected, match="The portrait of this preset's person: This is"):
        looks_of(row, row.recipe(), told)


def test_a_person_brings_description_seed_and_portrait() -> None:
    product = make_product()
    workspace = product.store.workspace
    portrait = _kept(workspace, photo(320, seed=6))
    person = _person(workspace, portrait=portrait)
    painting = {"person": person.public_id}
    row = make_generation(
        product, preset=make_preset(workspace, kind="virtual_model", painting=painting)
    )

    told = told_of(row, row.recipe())
    (look,) = looks_of(row, row.recipe(), told)

    assert told is not None
    assert told.persona is not None
    assert (told.persona.description, told.persona.seed) == (person.description, 11)
    assert (look.role, look.sha256) == ("person", portrait)


def test_a_person_of_another_workspace_is_not_found() -> None:
    stranger = _person(make_workspace())
    row, _ = _row(prompt="a beach")
    painting = {"person": stranger.public_id}
    spec = parse_spec({"kind": "virtual_model", "painting": painting})

    with pytest.raises(Permanent, match="virtual model is not one of this workspace") as refusal:
        told_of(row, spec)
    assert refusal.value.code == "person_not_found"


def test_a_new_portrait_and_a_rename_are_other_requests(photos: Serve) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    person = _person(product.store.workspace)
    row = make_generation(
        product,
        preset=make_preset(
            product.store.workspace, kind="virtual_model", painting={"person": person.public_id}
        ),
    )

    def key() -> str:
        fresh = Generation.objects.get(pk=row.pk)
        return fingerprint(
            prepared=prepare(fresh),
            spec=fresh.recipe(),
            engine="diffusion@1",
            seed=0,
            today=date(2026, 11, 29),
        )

    first = key()
    assert key() == first
    Person.objects.update(portrait=_kept(product.store.workspace, photo(320, seed=7)))
    second = key()
    assert second != first
    Product.objects.update(title="Another name")
    assert key() not in (first, second)
