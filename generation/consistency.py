"""Whether a batch's pictures look like one set, read from their reports; nothing is measured here.

The judgement is `generation.quality.sets`, which needs no pixels. Pages ask here, so that they
need not know how pictures are verified.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from generation.models import Batch, Generation, QualityReport
from generation.presentation import with_pictures
from generation.quality.sets import FILL, Member, judge_set

# Two pictures that differ do not say which of them is wrong.
LEAST = 3
# The newest pictures of a large batch; all of them are compared on every look at its page.
MOST = 300
# Elsewhere a product is as large as its stage or its neighbours allow.
_FILLS_ITS_FRAME = frozenset({"packshot", "ghost_mannequin"})


@dataclass(frozen=True, slots=True)
class StandsOut:
    """A finished picture that does not fit its set, and why, in sentences."""

    generation: Generation
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consistency:
    """How many pictures were compared, and which of them stand out."""

    compared: int
    outliers: tuple[StandsOut, ...]


def consistency_of(batch: Batch) -> Consistency | None:
    """Compare a batch's finished pictures, the newest if there are many; None for fewer than three.

    A picture that was made before and used again is judged by the report it was made with.
    """
    finished = batch.generations.filter(status=Generation.Status.SUCCEEDED, asset__isnull=False)
    assets = dict(finished.order_by("-id").values_list("pk", "asset_id")[:MOST])
    if len(assets) < LEAST:
        return None
    reports = _values_by_asset(set(assets.values()))
    ignored = () if batch.preset_version.parsed().kind in _FILLS_ITS_FRAME else (FILL,)
    members = [
        Member(
            name=str(pk),
            look=str(batch.preset_version_id),
            category="",
            values={name: value for name, value in reports[asset].items() if name not in ignored},
        )
        for pk, asset in assets.items()
        if asset in reports
    ]
    if len(members) < LEAST:
        return None
    return Consistency(len(members), _standing_out(members))


def _values_by_asset(assets: set[UUID]) -> dict[UUID, dict[str, float]]:
    rows = QualityReport.objects.filter(candidate__generation__asset__in=assets)
    told = rows.order_by("candidate__number").values_list("candidate__generation__asset", "checks")
    return {asset: {check["name"]: check["value"] for check in checks} for asset, checks in told}


def _standing_out(members: list[Member]) -> tuple[StandsOut, ...]:
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for outlier in judge_set(members):
        reasons[outlier.name].append(outlier.message)
    rows = with_pictures(Generation.objects.filter(pk__in=list(reasons))).order_by("id")
    return tuple(StandsOut(row, tuple(reasons[str(row.pk)])) for row in rows)
