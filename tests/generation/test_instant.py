"""What the request itself can answer is exactly what the worker would have found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from generation import instant
from generation.inference.engine import engine_for
from generation.inference.versions import version_of
from generation.intake.wishes import Wishes
from generation.keys import original_key
from generation.models import Cutout, Generation, Preset
from generation.spec import BUILT_IN
from integrations.models import Product
from productviz.lib import files
from productviz.outbox.models import Event
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product

pytestmark = pytest.mark.django_db(transaction=True)
Drain = Callable[[], int]


@pytest.fixture
def made(photos: Serve, drain: Drain) -> tuple[Product, Preset, Generation]:
    """A product whose picture was made once."""
    product = make_product(image_url=photos("mug.jpg"))
    preset = make_preset(product.store.workspace)
    row = make_generation(product, preset=preset)
    drain()
    row.refresh_from_db()
    assert row.asset is not None
    return product, preset, row


def ask(product: Product, preset: Preset, **wishes: Any) -> Generation:
    """Ask again, and let the request answer if it can."""
    with transaction.atomic():
        row = make_generation(product, preset=preset, wishes=Wishes(**wishes))
        instant.answer(row)
    row.refresh_from_db()
    return row


def test_it_answers_an_equal_request_without_a_worker(
    made: tuple[Product, Preset, Generation],
) -> None:
    product, preset, first = made

    second = ask(product, preset)

    assert (second.status, second.reused, second.asset) == ("succeeded", True, first.asset)
    assert second.fingerprint == first.fingerprint, "the worker would have looked up the same"
    told = Event.objects.filter(object_id=second.pk).order_by("sequence")
    assert list(told.values_list("type", flat=True)) == [
        "generation.accepted",
        "generation.completed",
    ]
    assert [event.sequence for event in told] == [1, 2]


def test_it_leaves_any_other_request_to_the_workers(
    made: tuple[Product, Preset, Generation],
) -> None:
    product, preset, _ = made
    output = {"name": "main", "width": 300, "height": 300}

    assert ask(product, preset, seed=7).status == "queued"
    assert ask(product, preset, overrides={"outputs": [output]}).status == "queued"
    assert ask(product, preset, is_test=True).status == "queued", "a test is never a real picture"
    assert ask(make_product(product.store), preset).status == "queued"


def test_it_does_not_answer_once_the_original_is_gone(
    made: tuple[Product, Preset, Generation],
) -> None:
    product, preset, first = made
    files.delete("originals", original_key(first.workspace_id, first.source.sha256))

    assert ask(product, preset).status == "queued", "the store may show another photo by now"


def test_it_does_not_answer_once_a_file_of_the_result_is_gone(
    made: tuple[Product, Preset, Generation],
) -> None:
    product, preset, first = made
    assert first.asset is not None
    files.delete("assets", first.asset.main.key)

    assert ask(product, preset).status == "queued"


@pytest.mark.parametrize("whose", ["this photo's", "another's, made since by a worker"])
def test_it_does_not_answer_where_the_networks_have_changed(
    made: tuple[Product, Preset, Generation], whose: str
) -> None:
    product, preset, first = made
    rows = Cutout.objects.filter(workspace=first.workspace)
    if whose == "this photo's":
        rows.update(model="birefnet@6")
    else:
        Cutout.objects.create(
            workspace=first.workspace,
            source_sha256="0" * 64,
            model="birefnet@6",
            key="k",
            confidence=1,
            agreement=1,
            coverage=1,
            needs_review=False,
        )

    assert ask(product, preset).status == "queued"


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_it_knows_each_engine_by_the_name_that_it_gives_itself(name: str) -> None:
    spec = BUILT_IN[name]

    assert version_of(spec) == engine_for(spec.kind).version_for(spec)
