"""Studio plates: the checked form of ``plate.json``, and which plates this installation has.

A plate is a folder with one picture a view, masks of its tintable materials, and the camera,
light and stand they were rendered with. Pixels are `ground`'s business.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from generation.imaging.camera import Camera
from generation.inference.engine import EngineUnavailable

FOLDER = Path(__file__).parent / "plates"
FILE_NAME = "plate.json"

ViewName = Literal["front", "three_quarter", "top"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Gain = Annotated[float, Field(ge=0.0, le=8.0)]
Triple = tuple[float, float, float]
Gains = tuple[Gain, Gain, Gain]

# A key light nearer to the horizon would throw shadows longer than any stand.
_LOWEST_LIGHT = math.sin(math.radians(8.0))


class PlateError(EngineUnavailable):
    """A plate or a variation that is not there, or whose description is broken."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(_Frozen):
    """A level surface under a disk: ``drop`` below it, itself a disk where it has a ``radius``.

    ``mask`` is the channel of the plate's masks that shows it, and hides what stands on it.
    """

    drop: float = Field(gt=0.0)
    mask: Literal[0, 1, 2]
    radius: float | None = Field(default=None, gt=0.0)
    centre: tuple[float, float] = (0.0, 0.0)


class Stand(_Frozen):
    """The horizontal surface at z = 0 around the origin; ``radius`` in units, of a disk.

    ``below`` are the surfaces around a disk, the highest first.
    """

    shape: Literal["disk", "plane"]
    radius: float | None = Field(default=None, gt=0.0)
    below: tuple[Level, ...] = ()

    @model_validator(mode="after")
    def _is_a_disk_with_a_radius(self) -> Self:
        if (self.shape == "disk") != (self.radius is not None):
            raise ValueError("a disk needs a radius, and a plane has none")
        drops = [level.drop for level in self.below]
        if self.below and (self.radius is None or drops != sorted(set(drops))):
            raise ValueError("only a disk has surfaces below it, each lower than the one before")
        if any(level.radius is None for level in self.below[:-1]):
            raise ValueError("only the lowest of the surfaces below is without a radius")
        return self


class Light(_Frozen):
    """The key light: ``direction`` from the stand towards it, ``angular_radius`` in degrees."""

    direction: Triple
    angular_radius: float = Field(ge=0.0, le=60.0)
    color: Gains = (1.0, 1.0, 1.0)

    @field_validator("direction")
    @classmethod
    def _comes_from_above(cls, direction: Triple) -> Triple:
        length = math.hypot(*direction)
        if abs(length - 1.0) > 0.01:
            raise ValueError("must be a unit vector")
        if direction[2] < _LOWEST_LIGHT:
            raise ValueError("the light must stand at least 8 degrees above the stand")
        return direction


class Surface(_Frozen):
    """How the stand mirrors: its roughness, and its reflectance at normal incidence."""

    roughness: Share
    reflectance: Share


class Lens(_Frozen):
    """The pinhole camera of a view; ``fov`` in degrees."""

    position: Triple
    target: Triple
    up: Triple = (0.0, 0.0, 1.0)
    fov: float = Field(gt=1.0, lt=120.0)

    @property
    def camera(self) -> Camera:
        """The same as a camera to project with."""
        return Camera(self.position, self.target, self.up, self.fov)


class View(_Frozen):
    """One camera's picture; ``safe_area`` is left, top, right, bottom as shares of it."""

    image: FileName
    masks: FileName
    elevation: float = Field(ge=0.0, le=90.0)
    camera: Lens
    safe_area: tuple[Share, Share, Share, Share]
    key_share: Share

    @field_validator("safe_area")
    @classmethod
    def _has_an_inside(cls, area: tuple[float, ...]) -> tuple[float, ...]:
        if area[2] - area[0] < 0.05 or area[3] - area[1] < 0.05:
            raise ValueError("must be left, top, right, bottom with room between them")
        return area


class Variation(_Frozen):
    """The plate in other colours: one linear factor a material, and one for all the light."""

    name: Slug
    title: str
    tints: tuple[Gains, Gains, Gains]
    light: Gains

    @property
    def changes_nothing(self) -> bool:
        """Whether it is the plate as rendered."""
        return all(value == 1.0 for tint in (*self.tints, self.light) for value in tint)


class Plate(_Frozen):
    """One plate. ``folder`` is where its pictures lie; it is not in the file."""

    schema_version: Literal[1] = Field(alias="schema")
    version: int = Field(ge=1)
    name: Slug
    title: str
    summary: str
    stand: Stand
    light: Light
    surface: Surface
    views: dict[ViewName, View] = Field(min_length=1)
    variations: tuple[Variation, ...] = Field(min_length=1)
    palette: tuple[str, ...] = ()
    folder: Path = Field(default=Path(), exclude=True)

    def variation(self, name: str) -> Variation:
        """Give a variation by name, the first for ""; raises `PlateError`."""
        if not name:
            return self.variations[0]
        for one in self.variations:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.variations)
        raise PlateError(f'The plate "{self.name}" has no variation "{name}". It has: {known}.')


def load_plate(name: str, folder: Path | None = None) -> Plate:
    """Read a plate's description.

    Raises `PlateError` naming the plates there are, or the file and the field that is wrong.
    """
    folder = folder or FOLDER
    path = folder / name / FILE_NAME
    if name not in plate_names(folder):
        known = ", ".join(plate_names(folder)) or "none; run `manage.py render_plates`"
        raise PlateError(f'This installation has no plate "{name}". It has: {known}.')
    return _read(path, path.stat().st_mtime_ns)


def plate_names(folder: Path | None = None) -> tuple[str, ...]:
    """Name the plates in a folder, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in (folder or FOLDER).glob(f"*/{FILE_NAME}")))


@lru_cache(maxsize=32)
def _read(path: Path, changed_at: int) -> Plate:
    try:
        plate = Plate.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise PlateError(_what_is_wrong(path, error)) from error
    for view in plate.views.values():
        for name in (view.image, view.masks):
            if not (path.parent / name).is_file():
                raise PlateError(f"{_short(path)} names {name}, which is not beside it.")
    return plate.model_copy(update={"folder": path.parent})


def _what_is_wrong(path: Path, error: ValidationError) -> str:
    found = error.errors(include_url=False)
    said = "; ".join(
        f"{'.'.join(str(part) for part in one['loc']) or 'the file'}: "
        f"{one['msg'].removeprefix('Value error, ')}"
        for one in found[:4]
    )
    return f"{_short(path)} is broken. {said}. Render the plate again, or correct the file."


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
