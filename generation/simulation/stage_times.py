"""How long an image takes, without its queries: as measured here, or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from django.db import DatabaseError

from generation.models import Generation

MEASURED = "measured"
NEWEST = 500
_PIXELS = ("preprocess", "inference", "postprocess")
# A packshot of a new photograph on one core (docs/performance.md): cut-out and decoding, render,
# encoding and verification. For an installation that has made nothing yet.
BUILT_IN = {"preprocess": 1.1, "inference": 0.13, "postprocess": 0.78}


def seconds_of(source: str) -> tuple[list[float], str]:
    """Seconds of some images, and in words where they come from.

    ``source`` is "measured", or a JSON file with a list of seconds or of ``{stage: seconds}``.
    Raises ValueError with a sentence.
    """
    if source == MEASURED:
        return _measured()
    try:
        found = json.loads(Path(source).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{source} could not be read as JSON: {error}") from error
    seconds = [_seconds(one) for one in found] if isinstance(found, list) else []
    if not seconds or min(seconds) < 0:
        raise ValueError(
            f"{source} must be a list of seconds, or of objects such as"
            ' {"preprocess": 1.1, "inference": 0.2, "postprocess": 0.8}.'
        )
    return seconds, f"{len(seconds)} images in {source}"


def _measured() -> tuple[list[float], str]:
    rows = Generation.objects.filter(status=Generation.Status.SUCCEEDED, reused=False)
    times: Iterable[dict[str, float]] = rows.order_by("-id").values_list("stage_times", flat=True)
    try:
        seconds = [_seconds(one) for one in times[:NEWEST]]  # type: ignore[index]  # a queryset
    except DatabaseError:  # no tables yet
        seconds = []
    if seconds:
        return seconds, f"the newest {len(seconds)} images of this installation"
    return [_seconds(BUILT_IN)], "docs/performance.md, since nothing was made here yet"


def _seconds(one: object) -> float:
    """The part of an image's time that is not the database's and the storage's."""
    if isinstance(one, dict):
        return sum(float(one.get(stage, 0.0)) for stage in _PIXELS)
    if isinstance(one, int | float):
        return float(one)
    return -1.0
