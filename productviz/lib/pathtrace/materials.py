"""What a surface is made of, and its description for Mitsuba.

A `Surface` is plain data; only `bsdf` speaks the renderer's dictionary format. Albedos follow
Mitsuba's own
definitions; no measured materials are shipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .shapes import Mesh
from .textures import Floats, tint


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """`colour` is sRGB, (3,) or (h, w, 3); `bump` is centimetres, (h, w), with its own repeat
    over the texture.
    """

    kind: str
    colour: Floats
    roughness: float = 0.3
    bump: Floats | None = None
    bump_repeat: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One body of a product or of its surroundings."""

    mesh: Mesh
    surface: Surface


def matte(colour: str | Floats, bump: Floats | None = None, repeat: float = 1.0) -> Surface:
    """Paper, plaster, unglazed clay."""
    return Surface("matte", _colour(colour), bump=bump, bump_repeat=repeat)


def gloss(
    colour: str | Floats, roughness: float = 0.12, bump: Floats | None = None, repeat: float = 1.0
) -> Surface:
    """Glaze, plastic, varnish: a coloured ground under a clear coat."""
    return Surface("gloss", _colour(colour), roughness, bump, repeat)


def cloth(colour: str | Floats, bump: Floats | None = None, repeat: float = 1.0) -> Surface:
    """Textile, with a little light caught by its fibres."""
    return Surface("cloth", _colour(colour), 0.85, bump, repeat)


def metal(
    colour: str, roughness: float = 0.2, bump: Floats | None = None, repeat: float = 1.0
) -> Surface:
    """Bare metal; the colour is its reflectance when looked at straight."""
    return Surface("metal", _colour(colour), roughness, bump, repeat)


def glass(colour: str, roughness: float = 0.0) -> Surface:
    """A solid refracting body: a bottle is drawn full, glass and contents as one."""
    return Surface("glass", _colour(colour), roughness)


def linear(colour: Floats) -> Floats:
    """sRGB values to linear light, IEC 61966-2-1."""
    high = ((np.maximum(colour, 0.04045) + 0.055) / 1.055) ** 2.4
    result: Floats = np.where(colour <= 0.04045, colour / 12.92, high)
    return result


def encoded(light: Floats) -> Floats:
    """Linear light to sRGB values, IEC 61966-2-1; what is outside 0..1 is clipped."""
    low = np.clip(light, 0, 1)
    result: Floats = np.where(
        low <= 0.0031308, 12.92 * low, 1.055 * np.maximum(low, 1e-9) ** (1 / 2.4) - 0.055
    )
    return result


def bsdf(mi: Any, surface: Surface) -> dict[str, Any]:
    """The surface as a Mitsuba dictionary; `mi` is the imported module with its variant set."""
    inner = _MODELS[surface.kind](mi, surface)
    if surface.bump is not None:
        scale = mi.ScalarTransform4f().scale([surface.bump_repeat, surface.bump_repeat, 1])
        heights = _bitmap(mi, surface.bump[..., None])
        inner = {"type": "bumpmap", "arbitrary": {**heights, "to_uv": scale}, "bsdf": inner}
    if surface.kind == "glass":
        return inner
    return {"type": "twosided", "bsdf": inner}


def _colour(colour: str | Floats) -> Floats:
    return tint(colour) if isinstance(colour, str) else colour


def _bitmap(mi: Any, values: Floats) -> dict[str, Any]:
    pixels = np.ascontiguousarray(values, dtype=np.float32)
    return {"type": "bitmap", "bitmap": mi.Bitmap(pixels), "raw": True}


def _reflectance(mi: Any, surface: Surface) -> dict[str, Any]:
    values = linear(surface.colour)
    if values.ndim == 1:
        return {"type": "rgb", "value": [float(value) for value in values]}
    return _bitmap(mi, np.clip(values, 0, 0.95))


def _matte(mi: Any, surface: Surface) -> dict[str, Any]:
    return {"type": "diffuse", "reflectance": _reflectance(mi, surface)}


def _gloss(mi: Any, surface: Surface) -> dict[str, Any]:
    return {
        "type": "roughplastic",
        "diffuse_reflectance": _reflectance(mi, surface),
        "alpha": surface.roughness,
        "nonlinear": True,
    }


def _cloth(mi: Any, surface: Surface) -> dict[str, Any]:
    return {
        "type": "principled",
        "base_color": _reflectance(mi, surface),
        "roughness": surface.roughness,
        "specular": 0.2,
        "sheen": 0.6,
        "sheen_tint": 0.5,
    }


def _metal(mi: Any, surface: Surface) -> dict[str, Any]:
    return {
        "type": "principled",
        "base_color": _reflectance(mi, surface),
        "metallic": 1.0,
        "roughness": float(np.sqrt(surface.roughness)),
    }


def _glass(mi: Any, surface: Surface) -> dict[str, Any]:
    tinted = {"int_ior": 1.47, "specular_transmittance": _reflectance(mi, surface)}
    if surface.roughness > 0:
        return {"type": "roughdielectric", "alpha": surface.roughness, **tinted}
    return {"type": "dielectric", **tinted}


_MODELS: dict[str, Callable[[Any, Surface], dict[str, Any]]] = {
    "matte": _matte,
    "gloss": _gloss,
    "cloth": _cloth,
    "metal": _metal,
    "glass": _glass,
}
