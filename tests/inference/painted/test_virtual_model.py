"""A garment on a painted person: who is shown, what is said, and that a person looks at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from generation.inference.engines.diffusion.ask import Answer, Ask, Painted
from generation.inference.engines.diffusion.engine import DiffusionEngine
from generation.postprocessing.finish import finish
from generation.quality.verify import verify
from generation.spec import Output, Painting, PresetSpec
from generation.types import Look, Persona, Prepared, Rendered, Report, Told, Verdict
from tests.inference.painted.painter import FACTS as PAINTER, worn
from tests.inference.painted.photos import demo_photo
from tests.props import FACTS

TODAY = date(2026, 11, 29)
SPEC = PresetSpec(
    kind="virtual_model",
    painting=Painting(person="per_" + "0" * 26, pose="three_quarter"),
    outputs=(Output(name="main", width=768, height=960),),
)
PERSONA = Persona("a woman of 34 with short dark hair", 40, "cd" * 32)
PORTRAIT = Look("person", "cd" * 32, np.full((1200, 800, 3), (190, 160, 140), np.uint8))


def _garment(*looks: Look, persona: Persona | None = PERSONA) -> Prepared:
    photo = demo_photo("tote-navy")
    return replace(photo, told=Told("Tote bag", "", persona), looks=looks)


def _ask(photo: Prepared, seed: int = 2) -> tuple[Ask, Rendered]:
    asked: list[Ask] = []

    def paint(ask: Ask) -> Answer:
        asked.append(ask)
        return worn(ask)

    rendered = DiffusionEngine(paint).render(photo, SPEC, seed)
    return asked[0], rendered


def _judge(photo: Prepared, rendered: Rendered) -> Report:
    finished = finish(rendered, SPEC, FACTS, today=TODAY)
    return verify(photo, rendered, finished, SPEC, today=TODAY)


def _failed(report: Report) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in report.checks if one.verdict is not Verdict.PASS}


def test_it_shows_the_portrait_first_and_then_the_garment_without_its_ground() -> None:
    ask, _ = _ask(_garment(PORTRAIT))

    assert ask.task == "edit"
    assert ask.image is None
    portrait, garment = ask.references
    assert portrait.shape == (1024, 688, 3)
    assert tuple(garment[2, 2]) == (238, 238, 238)
    assert "the same person as in picture 1, an adult over 25 years old" in ask.prompt
    assert "the garment of picture 2" in ask.prompt
    assert "turned a little to the side" in ask.prompt
    assert "a woman of 34 with short dark hair" in ask.prompt


def test_at_most_two_garment_photographs_are_shown() -> None:
    photo = _garment(PORTRAIT)
    three = replace(photo, items=photo.items * 3)

    ask, _ = _ask(three)

    assert len(ask.references) == 3
    assert "the garment of picture 2 and picture 3" in ask.prompt


def test_without_a_portrait_the_persons_own_seed_decides_who_it_is() -> None:
    ask, _ = _ask(_garment(), seed=2)

    assert ask.seed == 42
    assert len(ask.references) == 1
    assert "the garment of picture 1" in ask.prompt


def test_nothing_is_said_to_have_been_placed() -> None:
    _, rendered = _ask(_garment(PORTRAIT))

    assert rendered.placed == ()
    assert rendered.product.min() == 255
    assert rendered.rgba.shape == (960, 768, 4)


def test_a_garment_of_the_photos_colours_still_needs_a_persons_look() -> None:
    photo = _garment(PORTRAIT)
    _, rendered = _ask(photo)

    report = _judge(photo, rendered)

    # Nobody read its text here, and colours alone say nothing of a cut.
    assert _failed(report) == {
        "painted_text": Verdict.REVIEW,
        "painted_by_person": Verdict.REVIEW,
    }
    colours = next(check for check in report.checks if check.name == "garment_colours")
    assert colours.value > 0.9


def test_a_garment_of_another_colour_asks_for_another_seed() -> None:
    photo = _garment(PORTRAIT)

    def other(ask: Ask) -> Answer:
        answer = worn(ask)
        assert isinstance(answer, Painted)
        return Painted(np.ascontiguousarray(answer.rgb[..., ::-1]), PAINTER)

    rendered = DiffusionEngine(other).render(photo, SPEC, 1)
    report = _judge(photo, rendered)

    assert _failed(report)["garment_colours"] is Verdict.RETRY
    assert _failed(report)["painted_by_person"] is Verdict.REVIEW


def _red(photo: Prepared) -> Prepared:
    """The same thing in red."""
    item = photo.items[0]
    rgb, front = (
        np.ascontiguousarray(plane[..., ::-1]) for plane in (item.image.rgb, item.cutout.foreground)
    )
    cutout = replace(item.cutout, foreground=front)
    other = replace(item, image=replace(item.image, rgb=rgb), cutout=cutout)
    return replace(photo, items=(other,))


def test_a_ground_of_the_garments_colour_is_no_garment() -> None:
    photo = _garment(PORTRAIT)
    navy = photo.items[0].cutout.foreground[photo.items[0].cutout.alpha == 255].mean(axis=0)

    def on_navy(ask: Ask) -> Answer:
        assert ask.references
        rgb = np.empty((ask.height, ask.width, 3), np.float32)
        rgb[:] = navy
        rgb += np.random.default_rng(1).normal(0, 3, rgb.shape)
        rgb[ask.height // 4 :, ask.width // 3 : -ask.width // 3] = (190, 40, 40)
        return Painted(np.clip(rgb, 0, 255).astype(np.uint8), PAINTER)

    report = _judge(photo, DiffusionEngine(on_navy).render(photo, SPEC, 1))

    assert _failed(report)["garment_colours"] is Verdict.RETRY


def test_every_garment_that_was_shown_is_judged() -> None:
    photo = _garment(PORTRAIT)
    both = replace(photo, items=(*photo.items, *_red(photo).items))

    def only(place: int) -> Report:
        def paint(ask: Ask) -> Answer:
            return worn(replace(ask, references=(ask.references[place],)))

        return _judge(both, DiffusionEngine(paint).render(both, SPEC, 1))

    for place, other in ((1, 2), (2, 1)):
        report = only(place)
        assert _failed(report)["garment_colours"] is Verdict.RETRY
        (check,) = [check for check in report.checks if check.name == "garment_colours"]
        assert check.message.startswith(f"Product {other} of 2: ")


def test_a_third_garment_that_was_never_shown_is_not_asked_for() -> None:
    photo = _garment(PORTRAIT)
    three = replace(photo, items=(*photo.items * 2, *_red(photo).items))

    report = _judge(three, DiffusionEngine(worn).render(three, SPEC, 1))

    assert "garment_colours" not in _failed(report)


@pytest.mark.parametrize("facts", [{"image_check": "none"}, {"engine": "remote"}])
def test_a_picture_that_no_checker_saw_waits_for_a_person(facts: dict[str, object]) -> None:
    photo = _garment(PORTRAIT)

    def unseen(ask: Ask) -> Answer:
        answer = worn(ask)
        assert isinstance(answer, Painted)
        return replace(answer, facts=facts)

    report = _judge(photo, DiffusionEngine(unseen).render(photo, SPEC, 1))

    assert _failed(report)["image_check"] is Verdict.REVIEW
    assert any("Look at it yourself." in check.message for check in report.checks)


@pytest.mark.parametrize(
    ("fault", "name"), [("flat", "painted_range"), ("blurred", "painted_detail")]
)
def test_a_picture_that_is_none_asks_for_another_seed(fault: str, name: str) -> None:
    photo = _garment(PORTRAIT)

    def bad(ask: Ask) -> Answer:
        flat = np.full((ask.height, ask.width, 3), 90, np.uint8)
        slope = np.linspace(20, 220, ask.width)[None, :, None].repeat(ask.height, 0).repeat(3, 2)
        return Painted(flat if fault == "flat" else slope.astype(np.uint8), PAINTER)

    report = _judge(photo, DiffusionEngine(bad).render(photo, SPEC, 1))

    assert _failed(report)[name] is Verdict.RETRY


def test_the_file_says_that_a_model_made_it() -> None:
    _, rendered = _ask(_garment(PORTRAIT))

    finished = finish(rendered, SPEC, FACTS, today=TODAY)

    assert str(finished.manifest["digital_source_type"]).endswith("/trainedAlgorithmicMedia")
    assert finished.manifest["placed"] == []
    assert finished.manifest["facts"]["references"] == ["cd" * 32]
