"""A scene painted around the untouched product: true pixels back, and a shadow that agrees."""

from __future__ import annotations

import cv2
import numpy as np

from generation.imaging.color import delta_e76, to_lab
from generation.imaging.compose import laid_over, seen_alphas, seen_through
from generation.imaging.filling import filled_rgb
from generation.imaging.fitted import Fit
from generation.imaging.floor_light import Grounded, Light, grounded, known_ground, light_of
from generation.imaging.geometry import Box, place, product_box
from generation.imaging.grain import noise_of, with_grain
from generation.imaging.metrics import Mask, eroded, ssim_map
from generation.imaging.transmission import presence
from generation.imaging.viewpoint import estimate
from generation.imaging.wrap import wrapped
from generation.inference.engines.diffusion.ask import Ask, Painted
from generation.inference.engines.diffusion.prompts import scene_words
from generation.inference.engines.diffusion.stand_in import camera_words, stand_in
from generation.inference.engines.diffusion.targets import Target
from generation.inference.engines.studio.assemble import Standing, stand
from generation.inference.engines.studio.scene import opaque
from generation.spec import PresetSpec
from generation.types import Pixels, Placed, Prepared, Rendered, Transform

from .facts import ask_facts, look

# The painted edge of the product, blurred by the model's decoder, is not ground: this many of the
# model's pixels around it are made from what lies farther out.
_UNSURE = 3
# CIE 1976 within which a painted product has the colours of the one that was shown.
_ALIKE = 12.0


def ask(prepared: Prepared, spec: PresetSpec, seed: int, target: Target) -> Ask:
    """Show the product on a neutral floor at the model's size; everything else may be painted.

    Raises `ImageRejected` for an empty cut-out.
    """
    fit = Fit(
        (spec.main.width, spec.main.height), target.size_for(spec.main.width, spec.main.height)
    )
    box, whole = _placed(prepared, spec)
    small = _standing(prepared, box, fit.moved(whole), fit.inner)
    viewpoint = estimate(presence(prepared.cutout), box)
    style = look(prepared, "style")
    shown = stand_in(
        small.layer,
        _alpha(small, fit.inner),
        small.box,
        viewpoint,
        style=style,
        is_shaded=_is_shaded(spec),
    )
    words = scene_words(
        spec,
        prepared.told,
        camera=camera_words(viewpoint),
        family=target.family,
        is_guided=target.is_guided,
        is_edit=target.task == "edit",
    )
    has_reference = style is not None and target.looks_at_references
    return Ask(
        model=target.name,
        task=target.task,
        prompt=words.prompt,
        negative_prompt=words.negative,
        seed=seed,
        width=fit.inner[0],
        height=fit.inner[1],
        image=shown.image,
        mask=shown.mask if target.task == "inpaint" else None,
        references=(Fit(_size(style), fit.inner).into(style),)
        if style is not None and has_reference
        else (),
    )


def assemble(
    prepared: Prepared, spec: PresetSpec, ask: Ask, painted: Painted, *, seed: int, engine: str
) -> Rendered:
    """Lay the product's own pixels over the painted ground, and ground it there."""
    size = (spec.main.width, spec.main.height)
    fit = Fit(size, (ask.width, ask.height))
    box, transform = _placed(prepared, spec)
    standing = _standing(prepared, box, transform, size)
    small = _standing(prepared, box, fit.moved(transform), fit.inner)
    alpha = _alpha(standing, size)
    bare = fit.out_of(_without_product(painted.rgb, small))
    bare = with_grain(bare, _noise(standing), seed=seed)
    light = light_of(bare, alpha)
    floor = (
        grounded(bare, alpha, standing.box, light=light, strength=spec.shadow.strength)
        if _is_shaded(spec)
        else Grounded(bare, 1.0)
    )
    lit = wrapped([standing.layer], floor.ground)
    ground, rgb = seen_through([standing.layer], lit), laid_over([standing.layer], lit)
    (seen,) = seen_alphas([standing.layer], width=size[0], height=size[1])
    return Rendered(
        rgba=opaque(rgb),
        product=alpha,
        placed=(Placed(item=0, transform=transform, alpha=seen),),
        ground=ground,
        engine=engine,
        seed=seed,
        facts={
            **ask_facts(ask, painted, prepared),
            **_scene_facts(light, floor),
            "product_kept": round(_kept(ask, painted.rgb, small), 3),
            "painted_range": _range_of(bare, alpha),
        },
    )


def _is_shaded(spec: PresetSpec) -> bool:
    """Whether a shadow is asked for, and added where the model paints too little of one."""
    return spec.shadow.type != "none"


def _placed(prepared: Prepared, spec: PresetSpec) -> tuple[Box, Transform]:
    main, wish = spec.main, spec.composition
    box = product_box(presence(prepared.cutout))
    placement = place(
        box,
        width=main.width,
        height=main.height,
        margin=wish.margin,
        anchor=wish.anchor,
        max_upscale=wish.max_upscale,
    )
    return box, placement.transform


def _standing(
    prepared: Prepared, box: Box, transform: Transform, canvas: tuple[int, int]
) -> Standing:
    return stand(0, prepared.cutout, box, transform, canvas=canvas)


def _alpha(standing: Standing, canvas: tuple[int, int]) -> Pixels:
    """The product's presence on the canvas, its glass counted in."""
    alpha = np.zeros((canvas[1], canvas[0]), dtype=np.uint8)
    alpha[standing.layer.region.slices] = standing.layer.presence
    return alpha


def _without_product(painted: Pixels, small: Standing) -> Pixels:
    """The painted picture with the product taken out, filled from the ground around it."""
    alpha = _alpha(small, _size(painted))
    return filled_rgb(painted, known_ground(alpha, _UNSURE), rim=2 * _UNSURE + 2)


def _noise(standing: Standing) -> float:
    layer = standing.layer
    return noise_of(layer.color, eroded(np.asarray(layer.alpha == 255), 3))


def _scene_facts(light: Light, floor: Grounded) -> dict[str, object]:
    side = ("left" if light.side < 0 else "right") if light.is_one_sided else "none"
    return {"light_side": side, "shadow_painted": round(floor.painted, 2)}


def _range_of(ground: Pixels, alpha: Pixels) -> float:
    """How far apart the painted ground's brightness lies, before anything fell on it."""
    gray = cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY)[alpha == 0]
    low, high = np.percentile(gray, (1, 99)) if gray.size else (0, 255)
    return float(high - low)


def _kept(ask: Ask, painted: Pixels, small: Standing) -> float:
    """Whether the model left the product where it was, 0 to 1: by its colours, and by its drawing.

    A scene that was painted for a product elsewhere, or of another size, does not fit this one.
    ``small`` is the product on the model's canvas: only there are the two compared, whether or not
    the model took a mask. At a quarter of the size, where decoders change nothing.
    """
    if ask.image is None:
        return 1.0
    quarter = (max(8, ask.width // 4), max(8, ask.height // 4))
    one, other = (
        np.asarray(cv2.resize(rgb, quarter, interpolation=cv2.INTER_AREA), np.uint8)
        for rgb in (ask.image, painted)
    )
    solid = _solid(small, _size(painted), quarter)
    if not solid.any():
        return 1.0
    alike = float((delta_e76(to_lab(one), to_lab(other))[solid] <= _ALIKE).mean())
    grays = [np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8) for rgb in (one, other)]
    return min(alike, float(ssim_map(grays[0], grays[1])[solid].mean()))


def _solid(small: Standing, canvas: tuple[int, int], size: tuple[int, int]) -> Mask:
    """Where the product is opaque, away from its edge, at ``size`` (width, height)."""
    alpha = np.zeros((canvas[1], canvas[0]), dtype=np.uint8)
    alpha[small.layer.region.slices] = small.layer.alpha
    shrunk = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    return eroded(np.asarray(shrunk == 255), 1)


def _size(rgb: Pixels) -> tuple[int, int]:
    return rgb.shape[1], rgb.shape[0]
