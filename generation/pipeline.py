"""THE FILE TO OPEN: the six stages in order, and what becomes of one generation in them.

    1 intake         intake.accept            the request becomes a row (in the web process)
    2 preprocess     preprocessing.prepare    safe fetch, upright sRGB, cut-out
    3 inference      inference.render         a candidate's picture
    4 postprocess    postprocessing.finish, quality.verify
    5 store          assets.store             verified files under content-hash names
    6 deliver        delivery.deliver         the end, its events, its publication

What a model paints changes hands on the way: once it is prepared, and no equal result is known, it
waits in the line of the GPU's workers (``row.queue``), who go on with stage 3.

A worker may be killed at any instruction. What is durable: the original and the cut-out after
stage 2, the candidate with its report after stage 4, the asset after stage 5. Whoever claims the
row next starts at its ``stage`` and recomputes only what lies between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog
from django.db import transaction
from django.utils import timezone

from generation import candidates, first_pictures, outcomes, people
from generation.errors import STORAGE_FAILED, LeaseLost, Retryable, StageError
from generation.imaging.pixels import ImageRejected
from generation.inference.engine import EngineUnavailable
from generation.inference.versions import heard
from generation.intake import reuse
from generation.intake.fingerprint import fingerprint
from generation.models import Asset, Candidate, Generation
from generation.spec import PresetSpec
from generation.stages import REAL, Stages
from generation.types import Prepared, Stage, Told, Verdict
from productviz.lib.files import StorageFailed
from productviz.lib.lease import MAX_ATTEMPTS
from productviz.lib.queue import DEFAULT, GPU

log = structlog.get_logger(__name__)

MORE_SEEDS = 2  # new seeds tried when verification asks for another candidate
MAKING = (Stage.PREPROCESS, Stage.INFERENCE, Stage.POSTPROCESS)
# Seconds; no thread of Python can be stopped from outside, so what is kept is this: past its limit
# a stage's lease is no longer extended, and another worker takes the row over.
LIMITS = {
    Stage.PREPROCESS: 120.0,
    Stage.INFERENCE: 600.0,
    Stage.POSTPROCESS: 120.0,
    Stage.STORE: 120.0,
    Stage.DELIVER: 120.0,
}
_ORDER = list(Stage)
_STORAGE_FAILED = Retryable(
    STORAGE_FAILED, "Files could not be stored or read. Check the disk or the bucket."
)


def _no_limit(seconds: float | None) -> None:
    """For a caller whose lease nobody extends."""


def advance(
    generation: Generation,
    owner: str,
    stages: Stages = REAL,
    *,
    limit: Callable[[float | None], None] = _no_limit,
) -> None:
    """Run a claimed generation through every stage it still needs, to a state that holds.

    Never raises: known faults settle the row, an unknown one is logged and leaves the row to its
    next attempt, and a lost lease drops the work. ``limit`` is told how many seconds each stage may
    take, and None after it.
    """
    try:
        _settle(Run(generation, owner, stages, limit, furthest=Stage(generation.stage)))
    except LeaseLost:
        log.warning("lease lost", generation=generation.public_id, stage=generation.stage)
    except Exception:
        log.exception("stage errored", generation=generation.public_id, stage=generation.stage)
        outcomes.leave_to_next_attempt(generation, owner)


@dataclass(slots=True)
class Run:
    """One worker's go at one generation; ``furthest`` is the stage that it has come to so far."""

    generation: Generation
    owner: str
    stages: Stages
    limit: Callable[[float | None], None]
    furthest: Stage

    def enter(self, stage: Stage) -> None:
        """Record that a stage begins; LeaseLost if the row is not ours.

        What was prepared before it changed hands is prepared again by its painter, and not told.
        """
        if stage == Stage.PREPROCESS and self.generation.queue == GPU:
            return
        is_further = _ORDER.index(stage) > _ORDER.index(self.furthest)
        self.furthest = max(self.furthest, stage, key=_ORDER.index)
        outcomes.enter_stage(self.generation, self.owner, stage, is_further=is_further)

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Mark the row as being in ``stage`` and note the seconds spent; LeaseLost if not ours."""
        row = self.generation
        self.enter(stage)
        started = time.monotonic()
        self.limit(LIMITS[stage])
        try:
            yield
        finally:
            self.limit(None)
        spent = row.stage_times.get(stage, 0.0) + time.monotonic() - started
        row.stage_times = {**row.stage_times, str(stage): round(spent, 3)}


def _settle(run: Run) -> None:
    row = run.generation
    if row.attempt > MAX_ATTEMPTS:
        outcomes.fail_poisoned(row, run.owner)
    elif outcomes.is_too_late(row):
        outcomes.expire(row, run.owner)
    else:
        try:
            _advance(run)
        except (StageError, EngineUnavailable, ImageRejected) as error:
            outcomes.settle_failure(row, run.owner, error)
        except StorageFailed:
            log.exception("storage failed", generation=row.public_id, stage=row.stage)
            outcomes.settle_failure(row, run.owner, _STORAGE_FAILED)


def _advance(run: Run) -> None:
    row, stages = run.generation, run.stages
    spec = row.recipe()
    asset: Asset | None = None
    candidate: Candidate | None = None
    # A re-used result has no candidate of its own: cut off at its delivery, it is looked for again.
    if row.stage in MAKING or not row.candidates.exists():
        if not first_pictures.goes_ahead(row, run.owner, spec):
            return
        with run.stage(Stage.PREPROCESS):
            prepared = stages.prepare(row)
        asset = _already_made(run, prepared, spec)
        if asset is None:
            if row.queue == DEFAULT and (key := stages.compatibility(spec)):
                outcomes.hand_to_painters(row, run.owner, key)
                return
            candidate = _make(run, prepared, stages.fit(spec, prepared))
            if candidate is None:
                return
    reused = asset is not None
    if asset is None:
        with run.stage(Stage.STORE):
            asset = stages.store(row, candidate or candidates.latest(row))
    portrait = people.keep_first_portrait(asset, spec)
    with transaction.atomic(), run.stage(Stage.DELIVER):
        stages.deliver(row, asset, owner=run.owner, reused=reused)
        if portrait:
            people.set_first_portrait(asset, spec, portrait)


def _already_made(run: Run, prepared: Prepared, spec: PresetSpec) -> Asset | None:
    """The asset that an equal request made before; notes on the row whether there is one."""
    row, today = run.generation, timezone.now().date()
    engine = run.stages.engine_version(spec)

    def named(told: Told | None) -> str:
        known = replace(prepared, told=told)
        return fingerprint(prepared=known, spec=spec, engine=engine, seed=row.seed, today=today)

    told = heard(prepared.told, spec)
    row.fingerprint, asset = reuse.look_up(row.workspace_id, named, told)
    return asset


def _make(run: Run, prepared: Prepared, spec: PresetSpec) -> Candidate | None:
    """Render and verify until a candidate passes; None when a person must decide instead."""
    row = run.generation
    for seed in range(row.seed, row.seed + MORE_SEEDS + 1):
        candidate = _make_candidate(run, prepared, spec, seed)
        if candidate.report.verdict != Verdict.RETRY:
            break
    if candidate.report.verdict == Verdict.PASS:
        return candidate
    outcomes.hand_to_reviewer(row, run.owner, candidate)
    return None


def _make_candidate(run: Run, prepared: Prepared, spec: PresetSpec, seed: int) -> Candidate:
    row, stages = run.generation, run.stages
    with run.stage(Stage.INFERENCE):
        rendered = stages.render(prepared, spec, seed)
    with run.stage(Stage.POSTPROCESS):
        finished = stages.finish(prepared, rendered, spec)
        released, report = stages.judge(prepared, rendered, finished, spec)
        files = candidates.keep_files(row, released)
    with transaction.atomic():
        candidate = candidates.keep(row, rendered, files, released.manifest, report)
        if report.verdict == Verdict.PASS:
            run.enter(Stage.STORE)
    return candidate
