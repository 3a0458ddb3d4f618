"""Painted requests for tests: real rows whose preset says in words what the painter is to do."""

from __future__ import annotations

from generation.intake.turns import next_turn
from generation.models import Batch, Generation, Lane, PublishMode
from generation.simulation.rows import Shop, make_shop
from tests.factories import make_preset

MAIN = [{"name": "main", "width": 400, "height": 400}]


def shop(products: int = 40) -> Shop:
    """A shop with a catalog of its own."""
    return make_shop("Painted", products)


def asked(
    here: Shop,
    count: int,
    words: str = "tiny",
    lane: Lane = Lane.NORMAL,
    *,
    first: int = 0,
    batch: Batch | None = None,
) -> list[Generation]:
    """So many pictures of the shop's products, accepted and in line; ``words`` are the prompt."""
    preset = make_preset(here.workspace, kind="ai_scene", outputs=MAIN, painting={"prompt": words})
    turn = next_turn(here.workspace.pk, lane)
    return Generation.objects.bulk_create(
        Generation(
            workspace=here.workspace,
            store=here.store,
            product=here.products[first + number],
            preset_version=preset.latest,
            batch=batch,
            lane=lane,
            turn=turn + number,
            publish=PublishMode.NONE,
        )
        for number in range(count)
    )
