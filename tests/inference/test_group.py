from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest

from generation.imaging.geometry import Region, moved, product_box, warp
from generation.imaging.metrics import eroded
from generation.imaging.pixels import ImageRejected
from generation.inference.render import render
from generation.quality.verify import verify
from generation.spec import Arrangement, Background, Composition, PresetSpec, Scene, Shadow
from generation.types import Prepared, Verdict
from tests.props import can, made, prepared, transparent, white

_Layout = Literal["row", "cluster", "grid"]
_SIDE = 500


def _group(*heights: float | None, sizes: tuple[tuple[int, int], ...] = ()) -> Prepared:
    """Cans of several photographs; ``sizes`` are those of the photographs."""
    shapes = sizes or ((420, 640),) * len(heights)
    items = [
        replace(can(*shape).items[0], role="item", height_cm=height)
        for shape, height in zip(shapes, heights, strict=True)
    ]
    return Prepared(tuple(items))


def _spec(layout: _Layout = "row", kind: Any = "group_shot", **changes: Any) -> PresetSpec:
    wish = Arrangement(layout=layout, **changes.pop("arrangement", {}))
    return white(_SIDE, kind=kind, arrangement=wish, **changes)


@pytest.mark.parametrize(
    ("kind", "layout", "count"),
    [
        ("group_shot", "row", 2),
        ("group_shot", "cluster", 5),
        ("group_shot", "grid", 8),
        ("flat_lay", "row", 3),
        ("flat_lay", "cluster", 6),
    ],
)
def test_every_visible_pixel_is_its_photographs_own(kind: str, layout: _Layout, count: int) -> None:
    group = _group(*[12.0 + 2 * n for n in range(count)])

    rendered = render(group, _spec(layout, kind, shadow=Shadow()), 7)

    assert [one.item for one in rendered.placed] == list(range(count))
    for one, item in zip(rendered.placed, group.items, strict=True):
        source = warp(item.image.rgb, one.transform, Region(0, 0, _SIDE, _SIDE))
        inside = eroded(one.alpha == 255, 3)
        assert inside.sum() > 200
        off = np.abs(rendered.rgba[..., :3][inside].astype(int) - source[inside])
        assert np.percentile(off, 99) <= 1
    assert rendered.ground is not None
    free = rendered.product == 0
    assert np.array_equal(rendered.rgba[free][:, :3], rendered.ground[free])


@pytest.mark.parametrize("layout", ["row", "cluster", "grid"])
def test_a_group_stays_inside_the_margins_and_hides_little(layout: _Layout) -> None:
    group = _group(10.0, 30.0, 20.0, 15.0, 8.0)

    rendered = render(group, _spec(layout, composition=Composition(margin=0.1)), 7)

    solid = rendered.product > 127
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    assert min(rows[0], columns[0]) >= 49
    assert max(rows[-1], columns[-1]) <= 450
    for one, item in zip(rendered.placed, group.items, strict=True):
        whole = (item.cutout.alpha > 127).sum() * one.transform.scale**2
        assert (one.alpha > 127).sum() > 0.84 * whole


def test_true_proportions_follow_the_real_heights() -> None:
    group = _group(10.0, 30.0, None)

    rendered = render(group, _spec(), 7)

    tall = [
        moved(product_box(item.cutout.alpha), one.transform).height
        for one, item in zip(rendered.placed, group.items, strict=True)
    ]
    assert tall[1] / tall[0] == pytest.approx(3.0, rel=0.01)
    assert tall[2] / tall[0] == pytest.approx(2.0, rel=0.01)


def test_photographs_taken_alike_keep_their_scale() -> None:
    rendered = render(_group(None, None, None), _spec(), 7)

    assert len({one.transform.scale for one in rendered.placed}) == 1


def test_equal_proportions_give_equal_areas() -> None:
    group = _group(10.0, 30.0, sizes=((420, 640), (300, 900)))

    rendered = render(group, _spec(arrangement={"proportions": "equal"}), 7)

    areas = [float((one.alpha > 127).sum()) for one in rendered.placed]
    assert areas[0] / areas[1] == pytest.approx(1.0, abs=0.1)


def test_no_photograph_is_enlarged_past_the_limit() -> None:
    group = _group(20.0, 20.0, sizes=((84, 128), (420, 640)))

    rendered = render(group, _spec(composition=Composition(max_upscale=1.5)), 7)

    assert max(one.transform.scale for one in rendered.placed) == pytest.approx(1.5)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(_spec(shadow=Shadow(type="natural")), id="natural shadows"),
        pytest.param(_spec("cluster", shadow=Shadow(type="reflection")), id="mirrored"),
        pytest.param(
            _spec(
                "cluster",
                shadow=Shadow(),
                background=Background(type="gradient", color="#f6f4f0", color_to="#c9c4ba"),
            ),
            id="on a gradient",
        ),
        pytest.param(_spec("cluster", "flat_lay", shadow=Shadow()), id="lying"),
        pytest.param(
            transparent(_SIDE, kind="group_shot", arrangement=Arrangement(), shadow=Shadow()),
            id="on nothing",
        ),
    ],
)
def test_a_group_passes_verification(spec: PresetSpec) -> None:
    group = _group(12.0, 18.0, 15.0)

    rendered, finished = made(group, spec)

    report = verify(group, rendered, finished, spec)
    assert [c.message for c in report.checks if c.verdict is not Verdict.PASS] == []


def test_an_empty_cutout_is_refused_by_its_number() -> None:
    good = can()
    empty = prepared(good.image.rgb, good.image.rgb, np.zeros_like(good.cutout.alpha))
    group = Prepared((*good.items, *empty.items))

    with pytest.raises(ImageRejected, match="Photo 2 of 2: No product was found"):
        render(group, _spec(), 7)


def test_the_same_group_gives_the_same_bytes() -> None:
    group, spec = _group(12.0, 18.0, 15.0), _spec("cluster", shadow=Shadow())

    assert np.array_equal(render(group, spec, 7).rgba, render(group, spec, 8).rgba)


@pytest.mark.parametrize("kind", ["group_shot", "flat_lay"])
def test_a_group_goes_on_a_plate(kind: str) -> None:
    spec = _spec("cluster", kind, scene=Scene(plate="podium"))
    group = _group(12.0, 18.0, 15.0)

    rendered = render(group, spec, 7)

    assert rendered.facts["plate"].startswith("podium@")
    assert rendered.facts["view"] == ("top" if kind == "flat_lay" else rendered.facts["view"])
    scales = [one.transform.scale for one in rendered.placed]
    assert scales[1] > scales[2] > scales[0]
    assert all((one.alpha > 127).sum() > 500 for one in rendered.placed)
