"""Every number a picture is judged by, with its reason. A workspace may override each by name.

"Seen" figures: the distributions of the development photographs (2026-11), rendered at
2000 x 2000 as JPEG of quality 92.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits; the field's name is the check's, and the name to override it by."""

    # The engine and the check share one transform, so only rounding may differ.
    found: float = 0.995
    # Mean SSIM inside the eroded mask.
    fidelity: float = 0.97
    # 95th percentile of CIEDE2000 inside the eroded mask; 1.0 is about the smallest difference
    # an eye sees side by side, single pixels of JPEG noise exceed it.
    colour: float = 2.0
    # CIEDE2000 of the mean colour of the worst 16-pixel tile.
    local_colour: float = 1.5
    # SSIM of the worst 16-pixel tile.
    local_detail: float = 0.80
    # Energy of fine detail against the source's, both ways: blurred or over-sharpened.
    sharpness_low: float = 0.80
    sharpness_high: float = 1.25
    # Share of the ground away from product and shadow that is exact before encoding.
    background: float = 1.0
    # The same within one step (254 for white) in the encoded file.
    background_encoded: float = 0.995
    # Share of the shadow's zone that is a plain darkening of the ground.
    shadow: float = 0.995
    # Share of the edge with a rim that is neither product nor ground.
    halo: float = 0.02
    # Share of the edge that looks like the old ground rather than the product.
    fringe: float = 0.10
    # Longest side of the product against the frame.
    fill_low: float = 0.50
    fill_high: float = 0.97
    # Distance of the product's centre from where the preset puts it, as a share of the frame.
    centring: float = 0.02
    # Free rim around the product as a share of the shorter side.
    rim: float = 0.01
    # Share of the photo covered by the product: less is a wrong guess, more is no product photo.
    coverage_low: float = 0.01
    coverage_high: float = 0.95
    # Share of the product's outline box that the photo's own edge cuts off.
    cut_off: float = 0.05
    # Confidence of the cut-out.
    cutout: float = 0.5
    # Share of the product whose pixels can be compared (opaque, away from the edge).
    comparable: float = 0.10


DEFAULTS = Thresholds()


def with_overrides(overrides: Mapping[str, float]) -> Thresholds:
    """Give the defaults with some replaced; raises `ValueError` naming what is not a threshold."""
    known = {field.name for field in fields(Thresholds)}
    unknown = sorted(overrides.keys() - known)
    if unknown:
        raise ValueError(
            f"No such quality limit: {', '.join(unknown)}. Known are {', '.join(sorted(known))}."
        )
    return replace(DEFAULTS, **{name: float(value) for name, value in overrides.items()})
