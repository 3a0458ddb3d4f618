"""What one stage hands to the next: frozen dataclasses, no behaviour, no Django.

The stage packages never import one another; they meet here. Arrays are never written to
after they have been handed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # the tables need the names of stages and verdicts, not numpy
    import numpy as np
    from numpy.typing import NDArray

    from generation.imaging.pixels import Upright

Pixels: TypeAlias = "NDArray[np.uint8]"


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
    ``model`` is name@version, part of the cache key.
    """

    alpha: Pixels
    foreground: Pixels
    model: str
    confidence: float
    agreement: float
    coverage: float
    needs_review: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Stage 2 -> 3: upright sRGB pixels and the cut-out of one source image."""

    source_sha256: str
    image: Upright
    cutout: CutoutResult


@dataclass(frozen=True, slots=True)
class Transform:
    """Where the product went: output = scale * source + (dx, dy), in pixels, top-left origin."""

    scale: float
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Rendered:
    """Stage 3 -> 4: one candidate's picture.

    ``rgba`` is uint8 H x W x 4 sRGB, straight alpha (255 everywhere on an opaque ground);
    ``product`` is uint8 H x W, the product's own alpha on the canvas.
    """

    rgba: Pixels
    product: Pixels
    transform: Transform
    engine: str
    seed: int


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """One finished file; ``name`` is the rendition's name ("main", "thumbnail")."""

    name: str
    format: str
    width: int
    height: int
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Stage 4a -> 4b and 5: the files, and the manifest that travels with them."""

    files: tuple[EncodedFile, ...]
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One measured figure against its threshold, with a sentence for the merchant."""

    name: str
    value: float
    threshold: float
    verdict: Verdict
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """Stage 4b -> 5: every check, the worst verdict, and a score from 0 to 100."""

    checks: tuple[Check, ...]
    verdict: Verdict
    score: float
