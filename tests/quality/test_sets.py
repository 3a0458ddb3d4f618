from __future__ import annotations

from dataclasses import replace

from generation.quality.sets import ANGLE, FILL, LAB, UNKNOWN, Member, judge_set
from generation.quality.verify import verify
from generation.spec import Background
from generation.types import Verdict
from tests.props import can, made, white


def _member(name: str, category: str = "mugs", **values: float) -> Member:
    usual = dict(zip(LAB, (100.0, 0.0, 0.0), strict=True)) | {ANGLE: UNKNOWN, FILL: 0.88}
    return Member(name, "white", category, usual | values)


def test_equal_pictures_are_a_set() -> None:
    assert judge_set([_member("a"), _member("b", set_lightness=99.6), _member("c")]) == ()


def test_a_darker_background_stands_out() -> None:
    found = judge_set([_member("a"), _member("b", set_lightness=97.0), _member("c")])

    assert [(one.name, one.measure) for one in found] == [("b", "background")]
    assert "Delta E 3.0" in found[0].message


def test_a_turned_shadow_stands_out_across_north() -> None:
    angles = {"a": 358.0, "b": 2.0, "c": 0.0, "d": 30.0}

    found = judge_set([_member(name, set_shadow_angle=angle) for name, angle in angles.items()])

    assert "d" in {one.name for one in found}
    assert {one.measure for one in found} == {"shadow_angle"}
    assert judge_set([_member(name, set_shadow_angle=angles[name]) for name in "abc"]) == ()


def test_a_smaller_product_stands_out_in_its_own_category_only() -> None:
    mugs = [_member("a"), _member("b"), _member("c", fill=0.70)]

    found = judge_set([*mugs, _member("lamp", category="lamps", fill=0.60)])

    assert [(one.name, one.measure) for one in found] == [("c", "scale")]
    assert "20% smaller" in found[0].message


def test_pictures_of_different_presets_are_not_compared() -> None:
    other = replace(_member("b", set_lightness=60.0), look="brand")

    assert judge_set([_member("a"), other]) == ()


def test_a_report_carries_what_its_set_is_judged_by() -> None:
    spec = white(background=Background(type="color", color="#335577"))
    rendered, finished = made(can(), spec)
    turned = replace(rendered, facts={"shadow_angle": 390.0})

    checks = {check.name: check for check in verify(can(), turned, finished, spec).checks}

    assert [round(checks[name].value) for name in LAB] == [35, -1, -24]
    assert checks[ANGLE].value == 30.0
    assert all(checks[name].verdict is Verdict.PASS for name in (*LAB, ANGLE))
