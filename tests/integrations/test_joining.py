"""A picture that joins the gallery: at its end, once, and out again by an undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation import presets, work as generation_work
from generation.intake.accept import accept
from generation.models import Generation, Lane, Preset, PublishMode
from integrations.inputs import inputs_hash
from integrations.models import Publication
from productviz.lib.lease import new_owner
from tests.factories import make_preset
from tests.integrations.conftest import Bench, drain
from tests.pictures import photo

NAMES = ("mug", "mug-b", "vase", "hood", "red", "blue")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photographs large enough to make pictures from."""
    folder = tmp_path / "real-photos"
    folder.mkdir()
    for seed, name in enumerate(NAMES):
        (folder / f"{name}.jpg").write_bytes(photo(seed=seed))
    return folder


@pytest.fixture
def group(bench: Bench) -> Preset:
    """A preset that puts a product's photographs side by side."""
    return make_preset(bench.store.workspace, kind="group_shot")


def made(bench: Bench, group: Preset) -> Publication:
    """The mugs in one picture, published."""
    row = accept(
        product=bench.product("MUG"),
        version=group.latest,
        publish=PublishMode.AUTO,
        lane=Lane.INTERACTIVE,
        requested_by=None,
    )
    generation_work.run_generations(new_owner())
    drain()
    row = Generation.objects.get(pk=row.pk)
    assert row.publication is not None, row.error_message
    assert row.publication.state == Publication.State.PUBLISHED, row.publication.error
    return row.publication


def wider(group: Preset) -> None:
    """Another recipe for the same preset."""
    spec = group.latest.spec
    presets.add_version(group, {**spec, "arrangement": {"layout": "row", "gap": 0.3}})


def test_it_joins_the_gallery_at_its_end(bench: Bench, group: Preset) -> None:
    before = bench.remote("MUG")

    made(bench, group)

    assert bench.remote("MUG")[:-1] == before


def test_it_takes_the_place_of_the_presets_earlier_picture(bench: Bench, group: Preset) -> None:
    made(bench, group)
    first = bench.remote("MUG")
    wider(group)

    made(bench, group)

    second = bench.remote("MUG")
    assert len(second) == len(first)
    assert (second[:-1], second[-1] != first[-1]) == (first[:-1], True)


def test_it_changes_no_input_by_taking_that_place(bench: Bench, group: Preset) -> None:
    before = inputs_hash(bench.product("MUG"))
    made(bench, group)
    wider(group)

    made(bench, group)

    assert inputs_hash(bench.product("MUG")) == before


def test_it_brings_the_earlier_picture_back_by_an_undo(bench: Bench, group: Preset) -> None:
    made(bench, group)
    first = bench.remote("MUG")
    wider(group)
    second = made(bench, group)

    bench.undo(second)

    assert bench.remote("MUG") == first
