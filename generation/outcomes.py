"""Every way a generation leaves a worker other than success, each one conditional update.

``deliver`` owns success. All of these write only while the lease is still the worker's, and write
the event beside the state.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from generation import budgets, review
from generation.deadlines import TOO_LATE
from generation.errors import STORAGE_FAILED, PainterDown, Retryable, StageError
from generation.events import tell
from generation.holding import change
from generation.imaging.pixels import ImageRejected
from generation.inference.engine import EngineUnavailable
from generation.intake.turns import next_turn
from generation.models import Candidate, Generation, Lane
from generation.types import Stage, Verdict
from productviz.lib import queue
from productviz.lib.lease import free, held, put_off, wait

# Seconds before each further try of a stage; after the last one the failure is final. Fetching
# waits for a store to come back, storing for a disk or a bucket.
LADDERS: dict[str, tuple[float, ...]] = {Stage.PREPROCESS: (1.0, 5.0, 25.0)}
DEFAULT_LADDER = (5.0, 25.0)
STORAGE_LADDER = (1.0, 5.0, 25.0, 120.0, 600.0)
# An hour: as long as a GPU host, or whoever looks after a serving system, may need to come back.
PAINTER_LADDER = (5.0, 25.0, 60.0, 120.0, 300.0, 600.0, 600.0, 900.0, 900.0)
LONGEST_WISH = 3600.0


def enter_stage(row: Generation, owner: str, stage: Stage, *, is_further: bool) -> None:
    """Record that a stage begins, unless it has.

    One that is further than the generation has been before has a ladder of retries of its own. One
    that is only passed again, on the way back to where it failed, has not: it would retry for ever.
    """
    previous = {"status": row.status, "stage": row.stage}
    if previous == {"status": Generation.Status.PROCESSING, "stage": stage}:
        return
    fresh: dict[str, Any] = (
        {"retries": 0, "painter_waits": 0, "is_suspect": False} if is_further else {}
    )
    if is_further and stage == Stage.STORE:
        # What was made is kept: workers that died over it count no more, and any can go on.
        fresh |= {"attempt": 1, "queue": queue.DEFAULT}
    with transaction.atomic(savepoint=False):
        change(
            row,
            owner,
            status=Generation.Status.PROCESSING,
            stage=stage,
            stage_times=row.stage_times,
            fingerprint=row.fingerprint,
            error_code="",
            error_message="",
            **fresh,
        )
        tell(row, "stage_changed", {"stage": stage}, previous=previous)


def hand_to_painters(row: Generation, owner: str, compatibility: str) -> None:
    """Let a prepared row go into the line of the GPU's workers, with a turn of that line."""
    previous = {"status": row.status, "stage": row.stage}
    with transaction.atomic():
        # What waits for it may have lifted it meanwhile (first_pictures).
        lane = held(row, owner).values_list("lane", flat=True).first()
        row.lane = row.lane if lane is None else lane
        change(
            row,
            owner,
            **free(
                queue=queue.GPU,
                compatibility=compatibility,
                turn=next_turn(row.workspace_id, Lane(row.lane), queue.GPU),
                status=Generation.Status.PROCESSING,
                stage=Stage.INFERENCE,
                stage_times=row.stage_times,
                fingerprint=row.fingerprint,
                attempt=0,
                retries=0,
                painter_waits=0,
                is_suspect=False,
                steps=0,
                steps_done=0,
            ),
        )
        tell(row, "stage_changed", {"stage": Stage.INFERENCE}, previous=previous)
        queue.wake(queue.GPU)


def settle_failure(
    row: Generation, owner: str, error: StageError | EngineUnavailable | ImageRejected
) -> None:
    """Put a retryable failure off along its stage's ladder; settle any other as failed.

    What waits for a painter has not failed itself: its own retries are left to it. One that has, or
    may have ended the painter, goes alone from now on (`line.is_risky`).
    """
    ladder = _ladder(row, error)
    is_wait = isinstance(error, PainterDown | EngineUnavailable)
    count = row.painter_waits if is_wait else row.retries
    if count < len(ladder):
        asked = error.after if isinstance(error, Retryable) else None
        seconds = max(ladder[count], min(asked or 0.0, LONGEST_WISH))
        told: dict[str, Any] = {"error_code": error.code, "error_message": error.message}
        told["is_suspect"] = row.is_suspect or _makes_suspect(error)
        if is_wait:
            wait(row, owner, seconds=seconds, painter_waits=count + 1, **told)
        else:
            put_off(row, owner, seconds=seconds, **told)
        return
    _end(row, owner, Generation.Status.FAILED, error.code, error.message)


def _makes_suspect(error: StageError | EngineUnavailable | ImageRejected) -> bool:
    """Files that could not be read or kept, and a painter that is down, are nobody's fault."""
    if isinstance(error, PainterDown):
        return error.is_suspect
    return not isinstance(error, EngineUnavailable) and error.code != STORAGE_FAILED


def _ladder(
    row: Generation, error: StageError | EngineUnavailable | ImageRejected
) -> tuple[float, ...]:
    """Seconds before each further try; empty where none would help.

    A painter that is down is waited for, where there may be one at all: in the painters' line.
    """
    if isinstance(error, PainterDown | EngineUnavailable):
        return PAINTER_LADDER if row.queue == queue.GPU else ()
    if not isinstance(error, Retryable):
        return ()
    if error.code == STORAGE_FAILED:
        return STORAGE_LADDER
    return LADDERS.get(row.stage, DEFAULT_LADDER)


def fail_poisoned(row: Generation, owner: str) -> None:
    """End a row that three workers died of, or broke off with a bug: a fourth would too."""
    _end(
        row,
        owner,
        Generation.Status.FAILED,
        "internal_error",
        "Work on this image broke off three times, and nobody knows why: it was given up."
        " Try another photograph, or ask the operator to look at the log.",
    )


def leave_to_next_attempt(row: Generation, owner: str) -> None:
    """Let go after a bug; the claim still counts, so a third one ends the row.

    Where the database itself is the fault, the lease ends in its own time.
    """
    with suppress(DatabaseError):
        close_old_connections()
        held(row, owner).update(**free())


def hand_to_reviewer(row: Generation, owner: str, candidate: Candidate) -> None:
    """End the worker's part: a person decides, or the candidate is rejected outright.

    Unless somebody has cancelled it meanwhile, which its painter would have seen to.
    """
    with transaction.atomic():
        if _is_unwanted(row, owner) and review.stop_if_waiting(row):
            return
        _to_reviewer(row, owner, candidate)


def _is_unwanted(row: Generation, owner: str) -> bool:
    """Locks the row: whoever cancels from now on finds how it ends."""
    rows = held(row, owner).select_for_update().values_list("cancel_requested", flat=True)
    return bool(rows.first())


def _to_reviewer(row: Generation, owner: str, candidate: Candidate) -> None:
    concerns = " ".join(
        check["message"]
        for check in candidate.report.checks
        if check["verdict"] != Verdict.PASS and check.get("counts", True)
    )
    if candidate.report.verdict == Verdict.REJECT:
        _end(row, owner, Generation.Status.REJECTED, "quality_rejected", concerns)
        return
    changes = free(
        status=Generation.Status.AWAITING_REVIEW,
        stage_times=row.stage_times,
        error_code="",
        error_message=concerns,
    )
    previous = {"status": row.status}
    change(row, owner, **changes)
    tell(row, "review_required", {"score": candidate.report.score}, previous=previous)


def is_too_late(row: Generation) -> bool:
    """Whether nobody wants the image any more; one that is made already is delivered."""
    if row.stage in (Stage.STORE, Stage.DELIVER):
        return False
    return row.deadline is not None and row.deadline <= timezone.now()


def expire(row: Generation, owner: str) -> None:
    """End a row whose deadline has passed instead of running it."""
    _end(row, owner, Generation.Status.EXPIRED, "deadline_exceeded", TOO_LATE)


def _end(row: Generation, owner: str, status: str, code: str, message: str) -> None:
    with transaction.atomic():
        changes = free(
            status=status,
            stage=row.stage,
            stage_times=row.stage_times,
            error_code=code,
            error_message=message,
            finished_at=timezone.now(),
            reserved_on=None,
        )
        previous, reserved_on = {"status": row.status}, row.reserved_on
        change(row, owner, **changes)
        tell(row, str(status), {"code": code, "message": message}, previous=previous)
        budgets.settle(row, spent=False, failed=True, ended=reserved_on)
        queue.wake_soon()
