"""What a preset version asks for, as a frozen value: ground, shadow, framing and files.

Everything that can be wrong with a preset is refused here, when it is saved; rendering never
has to ask again. Which engine runs it, and who may use it, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

ImageFormat = Literal["jpeg", "png", "webp", "avif"]
Channel = Literal["amazon.main", "google.image_link", "shopify.product", "woocommerce.product"]

MAIN = "main"
# One canvas of 16 MP keeps a worker under its 600 MB; no channel here recommends more than 2048 px.
MAX_SIDE = 4096
_ALPHA_FORMATS = frozenset({"png", "webp", "avif"})
_CHANNEL_FORMATS: dict[str, frozenset[str]] = {
    "amazon.main": frozenset({"jpeg", "png"}),
    "google.image_link": frozenset({"jpeg", "png", "webp"}),
    "shopify.product": frozenset({"jpeg", "png", "webp"}),
    "woocommerce.product": frozenset({"jpeg", "png", "webp"}),
}

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
HexColour = Annotated[str, StringConstraints(to_lower=True, pattern=r"^#[0-9a-fA-F]{6}$")]


class SpecError(ValueError):
    """A preset that cannot be rendered; ``problems`` pairs each field's path with a sentence."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(f"{path}: {said}" if path else said for path, said in problems))


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Background(_Frozen):
    """The ground behind the product; ``color`` is asked for by type "color" alone."""

    type: Literal["white", "color", "transparent"] = "white"
    color: HexColour | None = None

    @model_validator(mode="after")
    def _has_the_color_it_needs(self) -> Self:
        if self.type == "color" and self.color is None:
            raise ValueError('A coloured background needs its colour, such as "#f2efe9".')
        if self.type != "color" and self.color is not None:
            raise ValueError(
                f'Remove the colour, or set the background to "color", not "{self.type}".'
            )
        return self

    @property
    def rgb(self) -> tuple[int, int, int] | None:
        """The ground's sRGB bytes; None where the ground is transparent."""
        if self.type == "transparent":
            return None
        value = self.color or "#ffffff"
        return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


class Shadow(_Frozen):
    """A soft shadow where the product meets the ground; ``strength`` 1.0 is a studio's own."""

    type: Literal["none", "contact"] = "contact"
    strength: float = Field(default=1.0, ge=0.1, le=1.5)


class Composition(_Frozen):
    """Where the product stands: ``margin`` is a share of the picture's shorter side.

    ``shrink_to_source`` makes smaller files from a photograph too small for ``max_upscale``.
    """

    margin: float = Field(default=0.06, ge=0.02, le=0.4)
    anchor: Literal["center", "bottom"] = "center"
    max_upscale: float = Field(default=2.0, ge=1.0, le=4.0)
    shrink_to_source: bool = True


class Output(_Frozen):
    """One file to write; ``max_bytes`` lowers the quality step by step until the file fits."""

    name: Name
    width: int = Field(ge=64, le=MAX_SIDE)
    height: int = Field(ge=64, le=MAX_SIDE)
    format: ImageFormat = "jpeg"
    quality: int = Field(default=92, ge=60, le=100)
    max_bytes: int | None = Field(default=None, ge=10_000)


_MAIN_JPEG = Output(name=MAIN, width=2000, height=2000)
_THUMBNAIL_JPEG = Output(name="thumbnail", width=400, height=400, quality=85)


class PresetSpec(_Frozen):
    """The whole recipe of a picture. Immutable; equal specs have equal digests."""

    kind: Literal["packshot"] = "packshot"
    background: Background = Background()
    shadow: Shadow = Shadow()
    composition: Composition = Composition()
    outputs: tuple[Output, ...] = (_MAIN_JPEG, _THUMBNAIL_JPEG)
    channel: Channel | None = None

    @field_validator("outputs")
    @classmethod
    def _start_with_main(cls, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
        if not outputs or outputs[0].name != MAIN:
            raise ValueError('The first output must be named "main"; the others are made from it.')
        names = [output.name for output in outputs]
        if len(set(names)) != len(names):
            raise ValueError("Two outputs have the same name; give each its own.")
        for output in outputs[1:]:
            _refuse_other_shape(outputs[0], output)
        return outputs

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.background.type == "transparent":
            _refuse_opaque_formats(self.outputs)
        if self.channel is not None:
            _refuse_channel_conflicts(self)
        return self

    @property
    def main(self) -> Output:
        """The output whose size is the canvas."""
        return self.outputs[0]

    def digest(self) -> str:
        """Give the SHA-256 of the canonical JSON: the preset's part of a cache key."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def parse_spec(data: Mapping[str, Any]) -> PresetSpec:
    """Read a spec from plain JSON values.

    Raises `SpecError` with one sentence for every field that is wrong.
    """
    try:
        return PresetSpec.model_validate(dict(data))
    except ValidationError as error:
        problems = tuple(
            (".".join(str(part) for part in found["loc"]), _sentence(found["msg"]))
            for found in error.errors(include_url=False)
        )
        raise SpecError(problems) from error


def _sentence(message: str) -> str:
    plain = message.removeprefix("Value error, ")
    return plain if plain.endswith(".") else f"{plain}."


def _refuse_other_shape(main: Output, output: Output) -> None:
    if output.width > main.width or output.height > main.height:
        raise ValueError(
            f'Output "{output.name}" is larger than "main" ({main.width} x {main.height}); '
            "make main the largest."
        )
    fitting_height = output.width * main.height / main.width
    if abs(fitting_height - output.height) > 1:
        raise ValueError(
            f'Output "{output.name}" has another shape than "main"; make it '
            f"{output.width} x {round(fitting_height)}, or use a preset of its own."
        )


def _refuse_opaque_formats(outputs: tuple[Output, ...]) -> None:
    for output in outputs:
        if output.format not in _ALPHA_FORMATS:
            raise ValueError(
                f'Output "{output.name}" is a JPEG, which cannot be transparent; '
                "choose png, webp or avif, or another background."
            )


def _refuse_channel_conflicts(spec: PresetSpec) -> None:
    if spec.channel is None:
        return
    allowed = _CHANNEL_FORMATS[spec.channel]
    if spec.main.format not in allowed:
        raise ValueError(
            f"{spec.channel} does not take {spec.main.format}; "
            f"choose {' or '.join(sorted(allowed))}."
        )
    if spec.channel != "amazon.main":
        return
    if spec.background.type != "white":
        raise ValueError("amazon.main asks for a pure white background; set it to white.")
    if spec.shadow.type != "none":
        raise ValueError("amazon.main asks for pure white around the product; set shadow to none.")


WHITE_BACKGROUND = PresetSpec()
TRANSPARENT = PresetSpec(
    background=Background(type="transparent"),
    shadow=Shadow(type="none"),
    outputs=(
        Output(name=MAIN, width=2000, height=2000, format="png"),
        Output(name="thumbnail", width=400, height=400, format="webp", quality=85),
    ),
)
BRAND_COLOUR = PresetSpec(background=Background(type="color", color="#f2efe9"))

BUILT_IN: dict[str, PresetSpec] = {
    "white-background": WHITE_BACKGROUND,
    "transparent": TRANSPARENT,
    "brand-colour": BRAND_COLOUR,
}
