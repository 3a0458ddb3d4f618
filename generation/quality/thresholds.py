"""Every number a picture is judged by, with its reason. A workspace may override each by name.

"Seen" figures: the 23 photographs of the demo catalog with their true masks (2026-11), at 500,
900 and 2000 pixels, untouched, and with the faults of `generation.damage` put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from generation.spec import FULL_QUALITY, Output


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits; the field's name is the check's, and the name to override it by."""

    # Overlap of the product's alpha with the cut-out's through the recorded transform. The engine
    # and the check share one transform, so only rounding may differ; 0.98 is the promise.
    found: float = 0.995
    # Mean SSIM inside the eroded mask, the promise. JPEG of quality 100: seen 0.9974 (500 px) and
    # more, 0.9989 (2000 px); quality 97 falls to 0.985, 92 to 0.953 (500 px).
    fidelity: float = 0.995
    # SSIM of the worst 16-pixel tile. Seen 0.9949 and more; a changed letter at most 0.58.
    local_detail: float = 0.97
    # 95th percentile of CIEDE2000 over 2-pixel means, the promise; 1.0 is just visible side by
    # side. Seen up to 0.76 (500 px).
    colour: float = 1.0
    # CIEDE2000 of the mean colour of the worst 16-pixel tile. Seen 0.4 to 1.15.
    local_colour: float = 1.6
    # Energy of fine detail against the source's. Seen 1.00 to 1.16.
    sharpness_low: float = 0.90
    sharpness_high: float = 1.2
    # Share of the lines of text that read as in the photograph: all of them.
    text: float = 1.0
    # Share of what is not product that is exactly the ground before encoding: all of it.
    background: float = 1.0
    # The same within one step (254 for white) in the encoded file, or within 16 steps on a ground
    # that is not plain.
    background_encoded: float = 0.999
    # Share of a plain ground's shadow that is a plain darkening of it.
    shadow: float = 0.999
    # Share of the rim that is neither ground nor shadow. Seen 0; a rim of 3 px 0.2.
    halo: float = 0.02
    # 95th percentile of the step in luminance between the edge and its model, in 255ths.
    blend: float = 4.0
    # The same of a garment taken off its form, whose colours are estimated anew. Seen 1.9 to 5.4.
    blend_taken_off: float = 8.0
    # Share of the edge that looks like the old ground rather than the product. Seen 0 to 0.11 with
    # the networks' cut-outs, 0.22 with a true mask of a glazed bowl that mirrors its table; with 4
    # pixels of the old ground 0.29 and more, but for white goods on white paper: see ``outline``.
    fringe: float = 0.24
    # Largest area inside the product that looks like the old ground, as a share of it; half of it
    # on white paper. Seen 0.0014 (a notebook's pages), 0.0044 (a lit part of a clock), 0.0046 on
    # paper (a white hoodie); 0.0094 to 0.062 where a handle was filled.
    gap: float = 0.006
    # Share of the outline, on calm ground, that follows no edge of the photo. Seen 0.20 with the
    # true mask of a white bottle on white, 0.08 and less with all others; with 10 pixels of the
    # old ground 0.52 and more, with 4 pixels 0.58 for a white mug on a pale ground.
    outline: float = 0.35
    # Length of faint lines beside the product, in its diagonals. Seen 0 to 0.06, 0.16 on a
    # crumpled sheet; 0.84 where a glass jar was cut off below its lid.
    left_out: float = 0.3
    # Share of a garment's opening that is not as the engine made it.
    opening: float = 0.01
    # Share of the front's edge at the opening that looks like the form.
    form: float = 0.24
    # Holes in a garment that its photograph does not have, against its area.
    cloth: float = 0.002
    # Longest side of the products against the frame: a packshot, and a scene or a group.
    fill_low: float = 0.50
    fill_low_scene: float = 0.20
    fill_high: float = 0.97
    # Share of one product that others hide. The studio arranges for 0.13 at most.
    hidden: float = 0.30
    # Distance of the product's centre from where the preset puts it, as a share of the frame.
    centring: float = 0.02
    # Free rim around the product as a share of the shorter side.
    rim: float = 0.01
    # How far a product may reach out of its scene's safe area, as a share of the frame.
    safe_area: float = 0.01
    # Share of the photo covered by the product: less is a wrong guess, more is no product photo.
    coverage_low: float = 0.01
    coverage_high: float = 0.95
    # Share of the product's outline box that the photo's own edge cuts off.
    cut_off: float = 0.05
    # Confidence of the cut-out.
    cutout: float = 0.5
    # ---- Painted kinds. Seen on pictures of arithmetic and the demo's photographs (2026-11); no
    # weights were at hand, so that these want a look once a workspace has real ones.
    # How far apart a painted picture's brightness lies, in steps of 255. A blank answer has 0 to 1,
    # a white product on white paper 20.
    painted_range: float = 6.0
    # Energy of fine detail of a painted picture at the size it was painted in. Seen 15 and more; 2
    # where it was blurred over 3 pixels.
    painted_detail: float = 4.0
    # SSIM of the product in the painted scene with the one that was shown, at a quarter of the
    # size. Seen 0.93 to 0.98; under 0.5 where it stood elsewhere.
    product_kept: float = 0.6
    # Share of a garment's colours that are found on the painted person; below it a new seed is
    # tried. Seen 1.0 for the garment itself under other lights, 0.2 and less for another one.
    garment_colours: float = 0.6
    # Lines of lettering in a scene around its product. Seen 0 in rooms of arithmetic.
    painted_lettering: float = 0
    # What colours and text must both reach before an edited product goes on without a person's
    # look, and the share of its worst part (a 25th of the picture a side) that must be as it was.
    # Seen 0.88 and more where only the ground was changed, or the light by 4 %; 0.72 and less where
    # a logo of 15 % of the product's length was wiped off, while the whole kept up to 0.99.
    painted_strict: float = 0.97
    painted_strict_local: float = 0.8
    # Share of an edited photograph that is as it was. Less than ``edit_kept`` is another picture,
    # more than ``edit_changed`` is none.
    edit_kept: float = 0.25
    edit_changed: float = 0.9995
    # Relight: spread of the colour channels' brightening against one another (95th percentile of
    # 16-pixel tiles). Seen 0.003 to 0.02; 0.2 with a warm lamp's tint.
    relit_tint: float = 0.06
    # The same: SSIM of the finest tenth of the detail with the light's slow change taken out. Seen
    # 0.983 and more; 0.93 and less blurred over one pixel.
    relit_texture: float = 0.93
    # Upscale: 95th percentile of CIEDE2000 between the photograph and the file reduced to its size.
    # Seen 0.4 to 0.9. And the mean of the worst 8-pixel tile: seen 0.2 to 1.2; 32 where a letter
    # moved by 8 pixels.
    back_projection: float = 1.5
    back_projection_local: float = 3.0
    # Upscale: strength of added detail against the photograph's own contrast: the middle 4-pixel
    # tile, and the worst one (a person looks). Seen on the demo's photographs at 2 and 4 times:
    # sharpened Lanczos 0.06 to 0.17 and 0.14 to 0.37, through JPEG of quality 75 up to 0.27 and
    # 1.06, the true larger photograph 0.16 to 0.53 and 0.47 to 1.84; noise of sigma 10 0.79 and
    # 1.59 at least, of 20 1.57 and 3.23; a patch of noise of 20 in the middle 2.02 and more.
    added_detail: float = 0.65
    added_detail_local: float = 2.0
    # Share of the product whose pixels can be compared (opaque, away from the edge).
    comparable: float = 0.10


DEFAULTS = Thresholds()

# For a main file whose quality the merchant lowered, capped with ``max_bytes``, or whose format
# halves the colour resolution (WebP) or rounds dark colours twice (AVIF). Seen at quality 92 and
# 500 px: JPEG 0.953 / 0.929 / 1.7 / 1.0, WebP 0.967 / 0.943 / 2.9 / 1.6, AVIF 2.7 / 3.0.
LOWERED = replace(
    DEFAULTS,
    fidelity=0.95,
    local_detail=0.85,
    colour=3.0,
    local_colour=3.2,
    sharpness_low=0.70,
    sharpness_high=1.5,
    blend=12.0,
    blend_taken_off=14.0,
    relit_tint=0.1,
    relit_texture=0.85,
    back_projection=3.0,
    back_projection_local=5.0,
)


@dataclass(frozen=True, slots=True)
class SetLimits:
    """How far the pictures of one set may lie apart."""

    # Distance in CIE Lab of the border's mean colour: unseen side by side.
    background: float = 1.0
    # Degrees; a turn of the light by more is seen in a row of pictures.
    shadow_angle: float = 10.0
    # Share of the usual size, within a category.
    scale: float = 0.03


SET_LIMITS = SetLimits()


def limits_for(
    main: Output, overrides: Mapping[str, float], *, was_lowered: bool = True
) -> Thresholds:
    """Give the limits of a main file: the promise at full quality, with some replaced by name.

    ``was_lowered``: the file's quality had to be lowered to fit the preset's ``max_bytes``.

    Raises `ValueError` naming what is not a threshold.
    """
    known = {field.name for field in fields(Thresholds)}
    unknown = sorted(overrides.keys() - known)
    if unknown:
        raise ValueError(
            f"No such quality limit: {', '.join(unknown)}. Known are {', '.join(sorted(known))}."
        )
    base = DEFAULTS if _asks_full_quality(main, was_lowered) else LOWERED
    return replace(base, **{name: float(value) for name, value in overrides.items()})


def _asks_full_quality(main: Output, was_lowered: bool) -> bool:
    if main.format == "png":
        return True
    may_be_lower = main.max_bytes is not None and was_lowered
    return main.format == "jpeg" and main.quality >= FULL_QUALITY and not may_be_lower
