"""A request that was answered before is answered at once, and one that was not never is."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from generation import review
from generation.inference.render import engine_version
from generation.inference.versions import version_of
from generation.models import Asset, Generation, PublishMode
from generation.preprocessing import cutout_names
from generation.spec import BUILT_IN, parse_spec
from integrations.models import Product, Publication, SourceImage
from productviz.lib import files
from productviz.outbox.models import Event
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_user, make_workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
Drain = Callable[[], int]


def cut_out_png() -> bytes:
    """A photograph that brings its own transparency."""
    picture = Image.new("RGBA", (400, 400), (255, 255, 255, 0))
    picture.paste((180, 40, 40, 255), (120, 100, 280, 320))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def made(photos: Serve, drain: Drain, data: bytes | None = None, **spec: Any) -> Generation:
    """A finished image of a product."""
    product = make_product(image_url=photos("mug.jpg", data))
    row = make_generation(product, preset=make_preset(product.store.workspace, **spec))
    drain()
    row.refresh_from_db()
    if row.status == "awaiting_review":
        review.approve(row, make_user())
        drain()
        row.refresh_from_db()
    assert row.status == "succeeded"
    return row


def again(row: Generation, **fields: Any) -> Generation:
    return make_generation(
        Product.objects.get(pk=row.product_id), preset=row.preset_version.preset, **fields
    )


@pytest.mark.parametrize("data", [None, cut_out_png()], ids=["opaque", "with its own alpha"])
def test_it_answers_an_equal_request_in_the_request_itself(
    photos: Serve, drain: Drain, data: bytes | None
) -> None:
    first = made(photos, drain, data)

    second = again(first)

    second.refresh_from_db()
    assert (second.status, second.reused, second.asset) == ("succeeded", True, first.asset)
    assert second.fingerprint == first.fingerprint
    assert drain() == 0
    told = Event.objects.filter(object_id=second.pk).order_by("sequence")
    assert [event.type for event in told] == ["generation.accepted", "generation.completed"]
    assert told[1].data["object"]["status"] == "succeeded"
    assert Asset.objects.get().hits == 1


def test_it_publishes_what_it_answers_at_once_as_asked(photos: Serve, drain: Drain) -> None:
    first = made(photos, drain)

    second = again(first, publish=PublishMode.APPROVAL)

    second.refresh_from_db()
    assert second.publication is not None
    assert second.publication.state == Publication.State.PENDING_APPROVAL


def test_it_queues_what_was_never_made(photos: Serve, drain: Drain) -> None:
    first = made(photos, drain)
    other = make_preset(first.workspace, shadow={"type": "none"})

    row = make_generation(Product.objects.get(pk=first.product_id), preset=other)

    assert (row.status, row.reused) == ("queued", False)


def test_it_never_answers_with_another_workspaces_image(photos: Serve, drain: Drain) -> None:
    first = made(photos, drain)
    theirs = make_product(make_product().store, image_url=photos("mug.jpg"))
    SourceImage.objects.filter(product=theirs).update(
        sha256=SourceImage.objects.get(product=first.product_id).sha256
    )

    row = make_generation(theirs, preset=make_preset(theirs.store.workspace))

    assert theirs.store.workspace_id != first.workspace_id
    assert row.status == "queued"


LATER = [
    pytest.param("generation.inference.versions.STUDIO", "studio@99", id="another engine"),
    pytest.param("generation.preprocessing.cutout_names.VERSION", 99, id="another cut-out"),
]


@pytest.mark.parametrize(("name", "value"), LATER)
def test_it_queues_what_would_come_out_otherwise_now(
    photos: Serve, drain: Drain, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    first = made(photos, drain)
    monkeypatch.setattr(name, value)

    assert again(first).status == "queued"


def test_it_leaves_it_to_the_workers_where_no_network_is_known(
    photos: Serve, drain: Drain, settings: Any, tmp_path: Any
) -> None:
    first = made(photos, drain)
    settings.MODEL_DIR = tmp_path

    assert cutout_names.best_method() == ()
    assert again(first).status == "queued"


def test_it_makes_an_image_again_whose_file_is_gone(photos: Serve, drain: Drain) -> None:
    first = made(photos, drain)
    assert first.asset is not None
    files.delete("assets", first.asset.main.key)

    second = again(first)
    assert second.status == "queued"
    drain()

    second.refresh_from_db()
    assert (second.status, second.asset) == ("succeeded", first.asset)
    assert files.exists("assets", first.asset.main.key)


def test_it_makes_an_image_again_that_somebody_deleted(photos: Serve, drain: Drain) -> None:
    first = made(photos, drain)
    Asset.objects.update(deleted_at=timezone.now())

    second = again(first)
    assert second.status == "queued"
    drain()

    second.refresh_from_db()
    assert (second.status, second.reused) == ("succeeded", False)
    assert Asset.objects.get().deleted_at is None


SCENE = {"kind": "scene", "scene": {"plate": "podium"}}


@pytest.mark.parametrize("spec", [*(one.model_dump() for one in BUILT_IN.values()), SCENE])
def test_it_names_engines_as_the_engines_do(spec: dict[str, Any]) -> None:
    recipe = parse_spec(spec)

    assert version_of(recipe) == engine_version(recipe)
    assert version_of(parse_spec({"kind": "scene", "scene": {"plate": "never"}})) is None


def test_it_answers_nothing_for_an_empty_workspace() -> None:
    make_workspace()
    row = make_generation()

    assert (row.status, row.fingerprint) == ("queued", "")
