"""Stages 2 to 4 of a painted row, with real rows and files and a painter made of arithmetic."""

from __future__ import annotations

import hashlib

import pytest

from generation.inference import engine as engines
from generation.inference.engines.diffusion.ask import Ask
from generation.inference.engines.diffusion.engine import DiffusionEngine
from generation.keys import original_key
from generation.models import Generation, Person
from generation.stages import REAL
from generation.types import Verdict
from productviz.lib import files
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product
from tests.inference.painted.painter import RoomPainter, worn
from tests.pictures import photo

pytestmark = pytest.mark.django_db
_SMALL = [{"name": "main", "width": 600, "height": 600}]


def _row(photos: Serve, kind: str, **painting: object) -> Generation:
    product = make_product(image_url=photos("mug.jpg"))
    preset = make_preset(
        product.store.workspace,
        kind=kind,
        painting=painting,
        outputs=_SMALL,
        composition={"margin": 0.16},
    )
    return make_generation(product, preset=preset)


def test_a_scene_is_prepared_painted_finished_and_judged(
    photos: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, painter = _row(photos, "ai_scene", prompt="on a wooden table"), RoomPainter()
    monkeypatch.setattr(engines, "engine_for", lambda kind: DiffusionEngine(painter))
    monkeypatch.setattr("generation.inference.render.engine_for", engines.engine_for)

    prepared = REAL.prepare(row)
    spec = REAL.fit(row.recipe(), prepared)
    rendered = REAL.render(prepared, spec, row.seed)
    finished = REAL.finish(prepared, rendered, spec)
    released, report = REAL.judge(prepared, rendered, finished, spec)

    assert report.verdict is not Verdict.REJECT
    assert {check.name: check.verdict for check in report.checks}["fidelity"] is Verdict.PASS
    assert released.manifest["facts"]["prompt"] == painter.asked[0].prompt
    assert row.product.title in painter.asked[0].prompt


def test_a_person_reaches_the_painter_with_portrait_words_and_seed(
    photos: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = _row(photos, "ai_scene", prompt="x")
    data = photo(320, seed=9)
    sha256 = hashlib.sha256(data).hexdigest()
    files.put("originals", original_key(row.workspace_id, sha256), data)
    person = Person.objects.create(
        workspace=row.workspace,
        name="Ada",
        description="a woman of 34",
        seed=7,
        portrait=sha256,
    )
    preset = make_preset(
        row.workspace, kind="virtual_model", painting={"person": person.public_id}, outputs=_SMALL
    )
    garment = make_generation(row.product, preset=preset)
    asked: list[Ask] = []

    def paint(ask: Ask) -> object:
        asked.append(ask)
        return worn(ask)

    monkeypatch.setattr(
        "generation.inference.render.engine_for",
        lambda kind: DiffusionEngine(paint),  # type: ignore[arg-type]
    )

    prepared = REAL.prepare(garment)
    rendered = REAL.render(prepared, garment.recipe(), garment.seed)

    (ask,) = asked
    assert len(ask.references) == 2
    assert "a woman of 34" in ask.prompt
    assert ask.seed == 7 + garment.seed
    assert rendered.facts["references"] == [sha256]
