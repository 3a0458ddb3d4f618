"""The stage's one door: every check over one finished picture, the worst verdict and a score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from generation.imaging.pixels import ImageRejected
from generation.imaging.text_lines import TextReader
from generation.spec import PresetSpec
from generation.types import Check, Finished, Prepared, Rendered, Report, Verdict

from .channels import check_channels
from .checks import check_file, judged, reject_if, worst_verdict
from .edges import check_edge
from .evidence import Evidence, decode, gather
from .fidelity import check_product
from .framing import check_frame, check_source
from .gaps import check_gap
from .grounds import check_ground
from .hollow import check_hollow
from .left_out import check_left_out
from .painted import GENERATIVE, check_painted, check_painted_ground
from .set_facts import check_set_facts
from .text import check_text
from .thresholds import Thresholds, limits_for

# What a failed check takes off the score: two doubts are still better than one fault.
_COST = {Verdict.PASS: 0.0, Verdict.RETRY: 25.0, Verdict.REVIEW: 15.0, Verdict.REJECT: 40.0}


def verify(
    prepared: Prepared,
    rendered: Rendered,
    finished: Finished,
    spec: PresetSpec,
    *,
    overrides: Mapping[str, float] | None = None,
    today: date | None = None,
    reader: TextReader | None = None,
) -> Report:
    """Measure the finished main file against the photographs and the preset.

    ``overrides`` replaces limits of `Thresholds` by name (`ValueError` for an unknown one);
    ``today`` chooses among channel rules with dates, and is the current day in UTC by default.
    ``reader`` reads the text on products; without one the report says that nobody did.
    """
    day = today or datetime.now(UTC).date()
    main = finished.files[0]
    decoded = decode(main)
    was_lowered = decoded is not None and not decoded.is_full_quality
    limits = limits_for(spec.main, overrides or {}, was_lowered=was_lowered)
    source_type = str(finished.manifest["digital_source_type"])
    checks = list(check_file(main, decoded, spec, source_type))
    # A file of another size cannot be laid over the photograph; its size is reported already.
    if decoded is not None and decoded.pixels.shape[:2] == rendered.product.shape:
        try:
            checks += _check_picture(gather(prepared, rendered, spec, decoded), limits, reader)
            checks += check_channels(finished, rendered, spec, day)
        except ImageRejected as error:
            checks.append(_nothing_found(error))
    verdicts = [check.verdict for check in checks if check.counts]
    score = max(0.0, 100.0 - sum(_COST[verdict] for verdict in verdicts))
    return Report(tuple(checks), worst_verdict(verdicts), score)


def _check_picture(
    seen: Evidence, limits: Thresholds, reader: TextReader | None
) -> Iterator[Check]:
    if seen.spec.kind in GENERATIVE:
        yield from check_painted(seen, reader, limits)
        return
    yield from check_source(seen, limits)
    yield from check_frame(seen, limits)
    yield from check_ground(seen, limits)
    yield from check_product(seen, limits)
    yield from check_edge(seen, limits)
    yield from check_gap(seen, limits)
    yield from check_left_out(seen, limits)
    yield from check_hollow(seen, limits)
    yield from check_text(seen, reader, limits)
    yield from check_painted_ground(seen, reader, limits)
    yield from check_set_facts(seen)


def _nothing_found(error: ImageRejected) -> Check:
    return judged("found", value=0, threshold=1, fails=reject_if(True), good="", bad=str(error))
