"""A list costs as many queries for thirty rows as for three."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from generation.models import Asset, PresetVersion
from generation.presets import add_version
from tests.api.caller import Caller
from tests.api.shops import make_asset
from tests.factories import make_preset, make_product, make_store

pytestmark = pytest.mark.django_db

MANIFEST = {
    "seed": 0,
    "engine": "studio@1",
    "sources": [],
    "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced",
}


def cost(caller: Caller, path: str, rows: int) -> list[str]:
    """The queries of one page of so many rows."""
    with CaptureQueriesContext(connection) as asked:
        status, page = caller.get(f"{path}?limit=100")
    assert (status, len(page["data"])) == (200, rows)
    return [query["sql"] for query in asked.captured_queries]


def test_the_list_of_images_costs_the_same_for_many() -> None:
    caller = Caller()
    product = make_product(make_store(caller.workspace))

    def more(count: int) -> None:
        for number in range(Asset.objects.count(), count):
            make_asset(product, f"result {number}")
        Asset.objects.update(manifest=MANIFEST)

    more(3)
    cost(caller, "/assets", 3)  # what a process looks up once
    few = cost(caller, "/assets", 3)
    more(30)

    assert len(cost(caller, "/assets", 30)) == len(few)


def test_the_list_of_presets_costs_the_same_for_many_and_loads_no_old_recipe() -> None:
    caller = Caller()
    loaded: list[int] = []

    def note(instance: PresetVersion, **_: object) -> None:
        loaded.append(instance.number)

    for _ in range(3):
        preset = make_preset(caller.workspace)
        for side in (500, 600):
            add_version(preset, {"outputs": [{"name": "main", "width": side, "height": side}]})
    cost(caller, "/presets", 3)
    few = cost(caller, "/presets", 3)
    for _ in range(27):
        make_preset(caller.workspace)
    post_init.connect(note, sender=PresetVersion)
    try:
        many = cost(caller, "/presets", 30)
    finally:
        post_init.disconnect(note, sender=PresetVersion)

    assert len(many) == len(few)
    assert sorted(loaded) == [1] * 27 + [3] * 3
