"""How a measured figure becomes a check in a merchant's words; the checks of the file itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from generation.spec import PresetSpec
from generation.types import Check, EncodedFile, Verdict

from .evidence import Decoded

_MILDEST_FIRST = tuple(Verdict)


def judged(
    name: str,
    *,
    value: float,
    threshold: float,
    fails: Verdict | None,
    good: str,
    bad: str,
) -> Check:
    """Give the check with the sentence that its outcome deserves; ``fails`` is None for a pass."""
    return Check(
        name=name,
        value=round(float(value), 4),
        threshold=float(threshold),
        verdict=fails or Verdict.PASS,
        message=bad if fails else good,
    )


def reject_if(failed: bool) -> Verdict | None:
    """The verdict of a fault that must never reach a shop."""
    return Verdict.REJECT if failed else None


def review_if(failed: bool) -> Verdict | None:
    """The verdict of a doubt that a person has to settle."""
    return Verdict.REVIEW if failed else None


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of some verdicts."""
    return max(verdicts, key=_MILDEST_FIRST.index)


def worst_of(checks: Iterable[Check]) -> Check:
    """One check for several products: the gravest, or the one nearest to its limit.

    Where there are several products, a fault says whose it is.
    """
    several = tuple(checks)
    number, worst = max(enumerate(several, start=1), key=lambda pair: _gravity(pair[1]))
    if len(several) == 1 or worst.verdict is Verdict.PASS:
        return worst
    return replace(worst, message=f"Product {number} of {len(several)}: {worst.message}")


def _gravity(check: Check) -> tuple[int, float]:
    distance = abs(check.value - check.threshold)
    is_pass = check.verdict is Verdict.PASS
    return _MILDEST_FIRST.index(check.verdict), -distance if is_pass else distance


def check_file(
    file: EncodedFile, decoded: Decoded | None, spec: PresetSpec, source_type: str
) -> Iterator[Check]:
    """Is the main file what the preset ordered: decodable, its size, format, weight, marking?"""
    yield judged(
        "decodes",
        value=decoded is not None,
        threshold=1,
        fails=reject_if(decoded is None),
        good="The file opens.",
        bad="The file is damaged and does not open. Start the picture again.",
    )
    if decoded is None:
        return
    height, width = decoded.pixels.shape[:2]
    wanted = spec.main
    yield judged(
        "size",
        value=width,
        threshold=wanted.width,
        fails=reject_if((width, height) != (wanted.width, wanted.height)),
        good=f"The picture is {width} x {height} pixels.",
        bad=f"The picture is {width} x {height} pixels, not {wanted.width} x {wanted.height}.",
    )
    yield judged(
        "format",
        value=decoded.format == wanted.format,
        threshold=1,
        fails=reject_if(decoded.format != wanted.format),
        good=f"The file is a {wanted.format}.",
        bad=f"The file is a {decoded.format}, not a {wanted.format}.",
    )
    yield from _check_contents(file, decoded, wanted.max_bytes, source_type)


def _check_contents(
    file: EncodedFile, decoded: Decoded, limit: int | None, source_type: str
) -> Iterator[Check]:
    yield judged(
        "bytes",
        value=len(file.data),
        threshold=limit or 0,
        fails=reject_if(limit is not None and len(file.data) > limit),
        good=f"The file has {len(file.data) // 1024} KB.",
        bad=f"The file has {len(file.data) // 1024} KB, more than {(limit or 0) // 1024} KB. "
        "Allow more, or choose a smaller size or another format.",
    )
    yield judged(
        "profile",
        value=decoded.has_profile,
        threshold=1,
        fails=reject_if(not decoded.has_profile),
        good="The sRGB colour profile is in the file.",
        bad="The sRGB colour profile is missing; colours may look dull in some browsers.",
    )
    marked = source_type.encode() in file.data
    yield judged(
        "marking",
        value=marked,
        threshold=1,
        fails=reject_if(not marked),
        good="The file says how it was made.",
        bad="The file does not say how it was made (IPTC digital source type).",
    )
