"""Every number a picture is judged by, with its reason. A workspace may override each by name.

"Seen" figures: ten development photographs (2026-11) at 400, 600 and 2000 pixels, JPEG of
quality 92 unless said otherwise, against the same pictures with a fault put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits; the field's name is the check's, and the name to override it by."""

    # The engine and the check share one transform, so only rounding may differ.
    found: float = 0.995
    # Mean SSIM inside the eroded mask. Seen 0.957 to 0.996 (WebP 80: 0.950).
    fidelity: float = 0.95
    # SSIM of the worst 16-pixel tile. Seen 0.915 to 0.988; a changed letter at most 0.58, a
    # shift of one pixel 0.22 to 0.83.
    local_detail: float = 0.85
    # 95th percentile of CIEDE2000 over 4-pixel means, where 1.0 is just visible side by side.
    # Seen 0.3 to 1.1 (AVIF 1.7; WebP 1.8, at 500 px to 2.7: it halves the colour resolution);
    # a tint of 2 in a* 1.5 (on saturated red, caught by local_colour) to 3.5.
    colour: float = 2.0
    # CIEDE2000 of the mean colour of the worst 16-pixel tile. Seen 0.4 to 1.15 (WebP 1.6,
    # AVIF 2.2); a tint of 2 in a* from 2.6.
    local_colour: float = 2.3
    # Energy of fine detail against the source's. Seen 1.0 to 1.1 (WebP to 1.45: its blocks add
    # detail to smooth cloth); a blur of one pixel 0.04 to 0.67.
    sharpness_low: float = 0.80
    sharpness_high: float = 1.5
    # Share of the ground away from product and shadow that is exact before encoding: all of it.
    background: float = 1.0
    # The same within one step (254 for white) in the encoded file. Seen 1.0, WebP from 0.9998.
    background_encoded: float = 0.999
    # Share of the shadow's zone that is a plain darkening of the ground. Seen 1.0; a rim of
    # three pixels 0.975 to 0.999.
    shadow: float = 0.999
    # Share of the rim that is neither ground nor shadow. Seen 0 to 0.0005; a rim of 3 px 0.2.
    halo: float = 0.02
    # Share of the edge that looks like the old ground rather than the product. Seen 0 to 0.018.
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
