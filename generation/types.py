"""What one stage hands to the next: frozen dataclasses, no behaviour but shortcuts, no Django.

The stage packages never import one another; they meet here. Arrays are never written to
after they have been handed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:  # the tables need the names of stages and verdicts, not numpy
    import numpy as np
    from numpy.typing import NDArray

    from generation.imaging.pixels import Upright

Pixels: TypeAlias = "NDArray[np.uint8]"

MAIN_ROLE = "main"


class Stage(StrEnum):
    """The six stages, in order; the names are those of the API."""

    INTAKE = "intake"
    PREPROCESS = "preprocess"
    INFERENCE = "inference"
    POSTPROCESS = "postprocess"
    STORE = "store"
    DELIVER = "deliver"


class Verdict(StrEnum):
    """What verification says of a candidate, mildest first."""

    PASS = "pass"  # noqa: S105 -- a verdict, not a password
    RETRY = "retry"
    REVIEW = "review"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class CutoutResult:
    """A product separated from its ground.

    ``alpha`` is uint8 H x W; ``foreground`` is uint8 H x W x 3 sRGB with the ground's colour
    removed from half-transparent pixels, and equal to the source wherever alpha is 255.
    ``model`` is name@version, part of the cache key. ``transmission`` is uint8 H x W x 3, the
    share of the ground's light that see-through parts let pass; None for opaque goods.
    """

    alpha: Pixels
    foreground: Pixels
    model: str
    confidence: float
    agreement: float
    coverage: float
    needs_review: bool
    reasons: tuple[str, ...]
    transmission: Pixels | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One source image, prepared: upright sRGB pixels, their cut-out, and its part in the picture.

    ``height_cm`` is the product's real height where somebody told it, for true proportions;
    ``lies_flat``: its name in the store speaks of something that is photographed lying flat.
    """

    source_sha256: str
    image: Upright
    cutout: CutoutResult
    role: str = MAIN_ROLE
    height_cm: float | None = None
    lies_flat: bool = False


@dataclass(frozen=True, slots=True)
class Persona:
    """A virtual model's identity: in words, by its own seed, and by its portrait's SHA-256.

    ``portrait`` is empty where none was painted yet.
    """

    description: str
    seed: int
    portrait: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a painter is told beside the photographs, as the store and the merchant wrote it.

    Data from outside: whoever makes a prompt of it fences it.
    """

    title: str = ""
    category: str = ""
    persona: Persona | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """A picture that a painter looks at: for its style, or for the person in it.

    ``rgb`` is uint8 H x W x 3 sRGB, upright.
    """

    role: Literal["style", "person"]
    sha256: str
    rgb: Pixels


@dataclass(frozen=True, slots=True)
class Prepared:
    """Stage 2 -> 3: every source image of a generation, in its order; at least one.

    ``told`` and ``looks`` are for painted kinds alone.
    """

    items: tuple[Item, ...]
    told: Told | None = None
    looks: tuple[Look, ...] = ()

    @property
    def source_sha256(self) -> str:
        """The leading source's hash; most kinds have one source only."""
        return self.items[0].source_sha256

    @property
    def image(self) -> Upright:
        """The leading source's pixels."""
        return self.items[0].image

    @property
    def cutout(self) -> CutoutResult:
        """The leading source's cut-out."""
        return self.items[0].cutout


@dataclass(frozen=True, slots=True)
class Transform:
    """Where the product went: output = scale * source + (dx, dy), in pixels, top-left origin."""

    scale: float
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Placed:
    """One item on the canvas: where it went, and what can be seen of it.

    ``alpha`` is uint8 H x W, less than the item's own where another product stands in front.
    ``shaded`` items were changed on purpose (the inside of a garment, a photograph lit anew): no
    locked proof holds.
    """

    item: int
    transform: Transform
    alpha: Pixels
    shaded: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """Stage 3 -> 4: one candidate's picture.

    ``rgba`` is uint8 H x W x 4 sRGB, straight alpha (255 everywhere on an opaque ground);
    ``product`` is uint8 H x W, the alpha of all products together. ``ground`` is uint8
    H x W x 3, what lies behind them, with shadows and reflections; None on transparency, and
    where a model painted product and ground as one. ``placed`` is empty where a model painted
    the product anew; ``product`` is then the whole picture.
    ``facts`` are the engine's choices, for the manifest.
    """

    rgba: Pixels
    product: Pixels
    placed: tuple[Placed, ...]
    ground: Pixels | None
    engine: str
    seed: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def transform(self) -> Transform:
        """Where the leading product went; there is none where it was painted anew."""
        return self.placed[0].transform


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """One finished file; ``name`` is the rendition's name ("main", "thumbnail").

    ``window`` is what it shows of the canvas: left, top, right, bottom in canvas pixels, which may
    reach past the canvas where a plain ground goes on; None for all of it.
    """

    name: str
    format: str
    width: int
    height: int
    data: bytes
    sha256: str
    window: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sales channel that this picture may not go to: the rule's sentence, and where it is read.

    ``part`` names what of the rule is broken ("ai", "ground", "smallest", "aspect", ...).
    """

    channel: str
    part: str
    message: str
    source: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Stage 4a -> 4b and 5: the files, and the manifest that travels with them.

    A channel of the preset has a file or a refusal.
    """

    files: tuple[EncodedFile, ...]
    manifest: dict[str, Any]
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One measured figure against its threshold, with a sentence for the merchant.

    One that does not count is about a channel's file alone: the picture itself is not judged by it.
    """

    name: str
    value: float
    threshold: float
    verdict: Verdict
    message: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Stage 4b -> 5: every check, the worst verdict, and a score from 0 to 100."""

    checks: tuple[Check, ...]
    verdict: Verdict
    score: float
