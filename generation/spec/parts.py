"""The parts of a preset: ground, shadow, scene, arrangement, framing and files.

Each refuses what is wrong with itself; what does not fit together is refused in `rules`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Kind = Literal[
    "packshot",
    "scene",
    "group_shot",
    "flat_lay",
    "ghost_mannequin",
    "ai_scene",
    "virtual_model",
    "edit",
    "relight",
    "upscale",
]
View = Literal["auto", "front", "three_quarter", "top"]
ImageFormat = Literal["jpeg", "png", "webp", "avif"]
Channel = Literal[
    "shopify.product",
    "woocommerce.product",
    "magento.product",
    "amazon.main",
    "amazon.secondary",
    "google.image_link",
    "google.lifestyle_image_link",
    "meta.catalog",
    "instagram.shop",
    "ebay.listing",
    "etsy.listing",
    "walmart.main",
    "zalando.packshot",
    "tiktok.shop.main",
    "pinterest.catalog",
]

MAIN = "main"
# One canvas of 16 MP keeps a worker under its 600 MB; no channel here recommends more than 2048 px.
MAX_SIDE = 4096
# JPEG of this quality keeps a product's SSIM above 0.995 whatever the photograph's noise and the
# picture's size, for two and a half times the bytes of quality 92: docs/quality.md.
FULL_QUALITY = 100
# More products than this are too small to be recognised in a gallery's picture.
MAX_GROUP = 8

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
HexColour = Annotated[str, StringConstraints(to_lower=True, pattern=r"^#[0-9a-fA-F]{6}$")]
Rgb = tuple[int, int, int]


class Frozen(BaseModel):
    """A value that never changes and knows no other fields than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Background(Frozen):
    """The ground behind the product.

    ``color`` belongs to "color", and to "gradient" as its lightest place: the centre of a
    "radial" one, the floor of a "vertical" one. ``color_to`` is the other end.
    """

    type: Literal["white", "color", "transparent", "gradient"] = "white"
    color: HexColour | None = None
    color_to: HexColour | None = None
    shape: Literal["radial", "vertical"] | None = None

    @model_validator(mode="after")
    def _has_the_colors_it_needs(self) -> Self:
        if self.type in ("color", "gradient") and self.color is None:
            raise ValueError('A coloured background needs its colour, such as "#f2efe9".')
        if self.type in ("white", "transparent") and self.color is not None:
            raise ValueError(
                f'Remove the colour, or set the background to "color", not "{self.type}".'
            )
        if (self.color_to is None) is (self.type == "gradient"):
            raise ValueError("A gradient, and nothing else, needs the colour that it runs to.")
        if self.shape is not None and self.type != "gradient":
            raise ValueError("Only a gradient has a shape; remove it.")
        return self

    @property
    def rgb(self) -> Rgb | None:
        """The plain ground's sRGB bytes; None where it is transparent or a gradient."""
        if self.type in ("transparent", "gradient"):
            return None
        return _bytes(self.color or "#ffffff")

    @property
    def gradient(self) -> tuple[Rgb, Rgb] | None:
        """Both ends of a gradient as sRGB bytes; None for any other ground."""
        if self.color is None or self.color_to is None:
            return None
        return _bytes(self.color), _bytes(self.color_to)


def _bytes(color: str) -> Rgb:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


class Shadow(Frozen):
    """How the product meets a plain ground; ``strength`` 1.0 is a studio's own.

    "contact" is the soft dark line under it, "drop" a faint one all around, "natural" falls to
    the side as from a window, "reflection" mirrors the product on a glossy table.
    """

    type: Literal["none", "contact", "drop", "natural", "reflection"] = "contact"
    strength: float = Field(default=1.0, ge=0.1, le=1.5)


class Scene(Frozen):
    """A rendered studio plate. An empty ``variation`` is the plate's first.

    "auto" chooses the camera height that fits the product's own viewing angle.
    """

    plate: Name
    variation: Name | Literal[""] = ""
    view: View = "auto"


class Arrangement(Frozen):
    """How several products share a picture; ``gap`` is a share of the mean product's width.

    "true" proportions need each product's height; those without one get the average.
    """

    layout: Literal["row", "cluster", "grid"] = "row"
    gap: float = Field(default=0.12, ge=0.0, le=1.0)
    proportions: Literal["true", "equal"] = "true"


class Composition(Frozen):
    """Where the product stands: ``margin`` is a share of the picture's shorter side.

    ``shrink_to_source`` makes smaller files from a photograph too small for ``max_upscale``.
    """

    margin: float = Field(default=0.06, ge=0.02, le=0.4)
    anchor: Literal["center", "bottom"] = "center"
    max_upscale: float = Field(default=2.0, ge=1.0, le=4.0)
    shrink_to_source: bool = True


class Output(Frozen):
    """One file to write; ``max_bytes`` lowers the quality step by step until the file fits."""

    name: Name
    width: int = Field(ge=64, le=MAX_SIDE)
    height: int = Field(ge=64, le=MAX_SIDE)
    format: ImageFormat = "jpeg"
    quality: int = Field(default=FULL_QUALITY, ge=60, le=100)
    max_bytes: int | None = Field(default=None, ge=10_000)
