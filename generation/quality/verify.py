"""The stage's one door: every check over one finished picture, the worst verdict and a score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from generation.spec import PresetSpec
from generation.types import Check, Finished, Prepared, Rendered, Report, Verdict

from .channels import check_channels
from .checks import check_file, check_frame, check_ground, check_source
from .evidence import decode, gather
from .fidelity import check_edge, check_product
from .thresholds import Thresholds, with_overrides

# What a failed check takes off the score: two doubts are still better than one fault.
_COST = {Verdict.PASS: 0.0, Verdict.RETRY: 25.0, Verdict.REVIEW: 15.0, Verdict.REJECT: 40.0}
_MILDEST_FIRST = tuple(Verdict)


def verify(
    prepared: Prepared,
    rendered: Rendered,
    finished: Finished,
    spec: PresetSpec,
    *,
    overrides: Mapping[str, float] | None = None,
    today: date | None = None,
) -> Report:
    """Measure the finished main file against the photograph and the preset.

    ``overrides`` replaces limits of `Thresholds` by name (`ValueError` for an unknown one);
    ``today`` chooses among channel rules with dates, and is the current day in UTC by default.
    """
    limits = with_overrides(overrides or {})
    day = today or datetime.now(UTC).date()
    checks = tuple(_all_checks(prepared, rendered, finished, spec, limits, day))
    verdicts = [check.verdict for check in checks if check.counts]
    worst = max(verdicts, key=_MILDEST_FIRST.index)
    score = max(0.0, 100.0 - sum(_COST[verdict] for verdict in verdicts))
    return Report(checks=checks, verdict=worst, score=score)


def _all_checks(
    prepared: Prepared,
    rendered: Rendered,
    finished: Finished,
    spec: PresetSpec,
    limits: Thresholds,
    day: date,
) -> Iterator[Check]:
    main = finished.files[0]
    decoded = decode(main)
    yield from check_file(main, decoded, spec, str(finished.manifest["digital_source_type"]))
    # A file of another size cannot be laid over the photograph; its size is reported already.
    if decoded is None or decoded.pixels.shape[:2] != rendered.product.shape:
        return
    seen = gather(prepared, rendered, spec, decoded)
    yield from check_source(seen, limits)
    yield from check_frame(seen, limits)
    yield from check_ground(seen, limits)
    yield from check_product(seen, limits)
    yield from check_edge(seen, limits)
    yield from check_channels(finished, rendered, spec, day)
