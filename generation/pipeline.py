"""THE FILE TO OPEN: the six stages in order, and what becomes of one generation in them.

    1 intake         intake.accept            the request becomes a row (in the web process)
    2 preprocess     preprocessing.prepare    safe fetch, upright sRGB, cut-out
    3 inference      inference.render         a candidate's picture
    4 postprocess    postprocessing.finish, quality.verify
    5 store          assets.store             verified files under content-hash names
    6 deliver        delivery.deliver         the end, its events, its publication

A worker may be killed at any instruction. What is durable: the original and the cut-out after
stage 2, the candidate with its report after stage 4, the asset after stage 5. Whoever claims the
row next starts at its ``stage`` and recomputes only what lies between.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.utils import timezone

from generation import candidates, outcomes
from generation.assets.store import store
from generation.delivery.deliver import deliver
from generation.errors import LeaseLost, Retryable, StageError
from generation.imaging.pixels import ImageRejected
from generation.inference.engine import EngineUnavailable
from generation.inference.render import engine_version, render
from generation.intake import reuse
from generation.intake.fingerprint import fingerprint
from generation.models import Asset, Candidate, Generation
from generation.postprocessing.finish import finish
from generation.preprocessing.prepare import licence_of, prepare
from generation.provenance.installation import installation_identity
from generation.quality.channels import without_refused
from generation.quality.verify import verify
from generation.reading import text_reader
from generation.sizing import fit_to_source
from generation.spec import PresetSpec
from generation.types import Prepared, Stage, Verdict
from productviz.lib.files import StorageFailed
from productviz.lib.lease import MAX_ATTEMPTS, held

log = structlog.get_logger(__name__)

MORE_SEEDS = 2  # new seeds tried when verification asks for another candidate
MAKING = (Stage.PREPROCESS, Stage.INFERENCE, Stage.POSTPROCESS)
_ORDER = list(Stage)
_STORAGE_FAILED = Retryable(
    outcomes.STORAGE_FAILED, "Files could not be stored or read. Check the disk or the bucket."
)


def advance(generation: Generation, owner: str) -> None:
    """Run a claimed generation through every stage it still needs, to a state that holds.

    Never raises: known faults settle the row, an unknown one is logged and leaves the row to its
    next attempt, and a lost lease drops the work.
    """
    try:
        _settle(generation, owner)
    except LeaseLost:
        log.warning("lease lost", generation=generation.public_id, stage=generation.stage)
    except Exception:
        log.exception("stage errored", generation=generation.public_id, stage=generation.stage)
        outcomes.leave_to_next_attempt(generation, owner)


def _settle(generation: Generation, owner: str) -> None:
    """Raises LeaseLost, from a settled failure too; anything else that it raises is a bug."""
    if generation.attempt > MAX_ATTEMPTS:
        outcomes.fail_poisoned(generation, owner)
        return
    try:
        _advance(Run(generation, owner, furthest=Stage(generation.stage)))
    except (StageError, EngineUnavailable, ImageRejected) as error:
        outcomes.settle_failure(generation, owner, error)
    except StorageFailed:
        log.exception("storage failed", generation=generation.public_id, stage=generation.stage)
        outcomes.settle_failure(generation, owner, _STORAGE_FAILED)


@dataclass(slots=True)
class Run:
    """One worker's go at one generation; ``furthest`` is the stage that it has come to so far."""

    generation: Generation
    owner: str
    furthest: Stage

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Mark the row as being in ``stage`` and note the seconds spent; LeaseLost if not ours."""
        row = self.generation
        is_new = row.stage != stage or row.status != Generation.Status.PROCESSING
        row.stage, row.status = stage, Generation.Status.PROCESSING
        is_further = _ORDER.index(stage) > _ORDER.index(self.furthest)
        self.furthest = max(self.furthest, stage, key=_ORDER.index)
        if is_new:
            outcomes.enter_stage(row, self.owner, is_further=is_further)
        started = time.monotonic()
        yield
        spent = row.stage_times.get(stage, 0.0) + time.monotonic() - started
        row.stage_times = {**row.stage_times, str(stage): round(spent, 3)}


def _advance(run: Run) -> None:
    row = run.generation
    spec = row.preset_version.parsed()
    asset: Asset | None = None
    reused = False
    # A re-used result has no candidate of its own: cut off at its delivery, it is looked for again.
    if row.stage in MAKING or row.reused:
        with run.stage(Stage.PREPROCESS):
            prepared = prepare(row)
        asset = _already_made(run, prepared, spec)
        reused = asset is not None
        if asset is None and not _make(run, prepared, fit_to_source(spec, prepared)):
            return
    if asset is None:
        with run.stage(Stage.STORE):
            asset = store(row, candidates.latest(row))
    with run.stage(Stage.DELIVER):
        deliver(row, asset, owner=run.owner, reused=reused)


def _already_made(run: Run, prepared: Prepared, spec: PresetSpec) -> Asset | None:
    """The asset that an equal request made before; notes on the row whether there is one."""
    row = run.generation
    row.fingerprint = fingerprint(
        prepared=prepared,
        spec=spec,
        engine=engine_version(spec),
        seed=row.seed,
        today=timezone.now().date(),
    )
    asset = reuse.find(row, row.fingerprint)
    row.reused = asset is not None
    if not held(row, run.owner).update(fingerprint=row.fingerprint, reused=row.reused):
        raise LeaseLost
    return asset


def _make(run: Run, prepared: Prepared, spec: PresetSpec) -> bool:
    """Render and verify until a candidate passes; False when a person must decide instead."""
    row = run.generation
    for seed in range(row.seed, row.seed + MORE_SEEDS + 1):
        candidate = _make_candidate(run, prepared, spec, seed)
        if candidate.report.verdict != Verdict.RETRY:
            break
    if candidate.report.verdict == Verdict.PASS:
        return True
    outcomes.hand_to_reviewer(row, run.owner, candidate)
    return False


def _make_candidate(run: Run, prepared: Prepared, spec: PresetSpec, seed: int) -> Candidate:
    row = run.generation
    with run.stage(Stage.INFERENCE):
        rendered = render(prepared, spec, seed)
    with run.stage(Stage.POSTPROCESS):
        today = timezone.now().date()
        identity = installation_identity()
        finished = finish(rendered, spec, _facts(prepared), identity=identity, today=today)
        report = verify(prepared, rendered, finished, spec, today=today, reader=text_reader())
        released = without_refused(finished, report.checks, today)
        return candidates.keep(row, rendered=rendered, finished=released, report=report)


def _facts(prepared: Prepared) -> dict[str, object]:
    """What the manifest tells of the inputs."""
    models = list(dict.fromkeys(item.cutout.model for item in prepared.items))
    return {
        "sources": [item.source_sha256 for item in prepared.items],
        "cutout_model": ", ".join(models),
        "cutout_licence": ", ".join(dict.fromkeys(licence_of(model) for model in models)),
    }
