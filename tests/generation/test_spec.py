from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from generation.spec import (
    BUILT_IN,
    TRANSPARENT,
    WHITE_BACKGROUND,
    PresetSpec,
    SpecError,
    parse_spec,
)


def _main(**changes: Any) -> dict[str, Any]:
    return {"name": "main", "width": 800, "height": 800, **changes}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_a_built_in_preset_survives_json(name: str) -> None:
    spec = BUILT_IN[name]

    again = parse_spec(spec.model_dump(mode="json"))

    assert again == spec
    assert again.digest() == spec.digest()


def test_an_empty_spec_is_a_white_packshot_of_2000_pixels() -> None:
    spec = parse_spec({})

    assert spec == WHITE_BACKGROUND
    assert (spec.main.width, spec.main.height, spec.main.format) == (2000, 2000, "jpeg")
    assert spec.background.rgb == (255, 255, 255)


def test_the_digest_changes_with_any_value_and_not_with_their_order() -> None:
    one = parse_spec({"shadow": {"type": "none"}, "composition": {"margin": 0.1}})
    other = parse_spec({"composition": {"margin": 0.1}, "shadow": {"type": "none"}})

    assert one.digest() == other.digest()
    assert one.digest() != parse_spec({"composition": {"margin": 0.1}}).digest()
    assert len({spec.digest() for spec in BUILT_IN.values()}) == len(BUILT_IN)


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        WHITE_BACKGROUND.kind = "packshot"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("data", "path", "says"),
    [
        pytest.param(
            {"background": {"type": "transparent"}, "outputs": [_main()]},
            "",
            "choose png, webp or avif, or another background.",
            id="a transparent JPEG",
        ),
        pytest.param(
            {"background": {"type": "color"}}, "background", "needs its colour", id="no colour"
        ),
        pytest.param(
            {"background": {"type": "white", "color": "#ff0000"}},
            "background",
            'set the background to "color"',
            id="a colour that would be ignored",
        ),
        pytest.param(
            {"background": {"type": "color", "color": "red"}},
            "background.color",
            "pattern",
            id="a colour by name",
        ),
        pytest.param({"outputs": []}, "outputs", 'must be named "main"', id="no output"),
        pytest.param(
            {"outputs": [_main(name="large")]}, "outputs", 'must be named "main"', id="no main"
        ),
        pytest.param({"outputs": [_main(), _main()]}, "outputs", "same name", id="two of one name"),
        pytest.param(
            {"outputs": [_main(), _main(name="wide", width=400, height=300)]},
            "outputs",
            "make it 400 x 400",
            id="another shape",
        ),
        pytest.param(
            {"outputs": [_main(), _main(name="zoom", width=900, height=900)]},
            "outputs",
            "larger than",
            id="larger than main",
        ),
        pytest.param({"outputs": [_main(name="../x")]}, "outputs.0.name", "pattern", id="a path"),
        pytest.param({"outputs": [_main(width=5000)]}, "outputs.0.width", "4096", id="too wide"),
        pytest.param({"margin": 0.1}, "margin", "not permitted", id="an unknown field"),
        pytest.param({"kind": "hologram"}, "kind", "packshot", id="an unknown kind"),
        pytest.param({"kind": "scene"}, "", "needs a plate", id="a scene without its plate"),
        pytest.param({"scene": {"plate": "podium"}}, "", "remove it", id="a packshot on a plate"),
        pytest.param({"arrangement": {}}, "", "one product", id="one product, arranged"),
        pytest.param(
            {"kind": "flat_lay", "scene": {"plate": "linen", "view": "front"}},
            "",
            "from above",
            id="a flat lay from the front",
        ),
        pytest.param(
            {"background": {"type": "gradient", "color": "#ffffff"}},
            "background",
            "runs to",
            id="a gradient without its end",
        ),
        pytest.param(
            {"channels": ["amazon.main", "amazon.main"]}, "channels", "twice", id="a channel twice"
        ),
        pytest.param({"channels": ["bazaar"]}, "channels.0", "amazon.main", id="no such channel"),
    ],
)
def test_a_wrong_spec_is_refused_with_the_field_and_the_fix(
    data: dict[str, Any], path: str, says: str
) -> None:
    with pytest.raises(SpecError) as refused:
        parse_spec(data)

    (problem,) = refused.value.problems
    assert problem[0] == path
    assert says in problem[1]
    assert problem[1].endswith(".")


def test_every_wrong_field_is_reported_at_once() -> None:
    with pytest.raises(SpecError) as refused:
        parse_spec({"composition": {"margin": 2, "anchor": "left"}})

    assert [path for path, _ in refused.value.problems] == [
        "composition.margin",
        "composition.anchor",
    ]


def test_a_transparent_ground_has_no_colour() -> None:
    assert TRANSPARENT.background.rgb is None
    assert PresetSpec.model_validate(
        {"background": {"type": "color", "color": "#A0b1C2"}}
    ).background.rgb == (160, 177, 194)
