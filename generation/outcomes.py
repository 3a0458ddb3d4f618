"""Every way a generation leaves a worker other than success, each one conditional update.

``deliver`` owns success. All of these write only while the lease is still the worker's, and write
the event beside the state.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from generation import budgets
from generation.errors import LeaseLost, Retryable, StageError
from generation.events import record
from generation.imaging.pixels import ImageRejected
from generation.inference.engine import EngineUnavailable
from generation.models import Candidate, Generation
from generation.types import Stage, Verdict
from productviz.lib import queue
from productviz.lib.lease import free, held, put_off

# Seconds before each further try of a stage; after the last one the failure is final. Fetching
# waits for a store to come back, storing for a disk or a bucket.
LADDERS: dict[str, tuple[float, ...]] = {
    Stage.PREPROCESS: (1.0, 5.0, 25.0),
    Stage.STORE: (1.0, 5.0, 25.0, 120.0, 600.0),
}
DEFAULT_LADDER = (5.0, 25.0)
LONGEST_WISH = 3600.0


def enter_stage(row: Generation, owner: str) -> None:
    """Record that a stage begins, with its own ladder of retries ahead of it."""
    row.retries = 0
    with transaction.atomic():
        _write(
            row,
            owner,
            status=row.status,
            stage=row.stage,
            stage_times=row.stage_times,
            retries=0,
            error_code="",
            error_message="",
        )
        record(row, "stage_changed", {"stage": row.stage})


def settle_failure(
    row: Generation, owner: str, error: StageError | EngineUnavailable | ImageRejected
) -> None:
    """Put a retryable failure off along its stage's ladder; settle any other as failed."""
    ladder = LADDERS.get(row.stage, DEFAULT_LADDER)
    if isinstance(error, Retryable) and row.retries < len(ladder):
        wait = max(ladder[row.retries], min(error.after or 0.0, LONGEST_WISH))
        put_off(row, owner, seconds=wait, error_code=error.code, error_message=error.message)
        return
    _end(row, owner, Generation.Status.FAILED, error.code, error.message)


def fail_poisoned(row: Generation, owner: str) -> None:
    """End a row that has cost three workers: a fourth would die of it too."""
    _end(
        row,
        owner,
        Generation.Status.FAILED,
        "internal_error",
        "Working on this image stopped the worker three times, so it was given up."
        " Try another photograph, or ask the operator to look at the log.",
    )


def leave_to_next_attempt(row: Generation, owner: str) -> None:
    """Let go after a bug; the claim still counts, so a third one ends the row."""
    held(row, owner).update(**free())


def hand_to_reviewer(row: Generation, owner: str, candidate: Candidate) -> None:
    """End the worker's part: a person decides, or the candidate is rejected outright."""
    concerns = " ".join(
        check["message"]
        for check in candidate.report.checks
        if check["verdict"] != Verdict.PASS and check.get("counts", True)
    )
    if candidate.report.verdict == Verdict.REJECT:
        _end(row, owner, Generation.Status.REJECTED, "quality_rejected", concerns)
        return
    with transaction.atomic():
        changes = free(
            status=Generation.Status.AWAITING_REVIEW,
            stage_times=row.stage_times,
            error_code="",
            error_message=concerns,
        )
        _write(row, owner, **changes)
        record(row, "review_required", {"score": candidate.report.score})


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
        _write(row, owner, **changes)
        record(row, str(status), {"code": code, "message": message})
        budgets.settle(row, spent=False, failed=True, is_cleared=True)
        queue.wake()


def _write(row: Generation, owner: str, **changes: Any) -> None:
    if not held(row, owner).update(**changes):
        raise LeaseLost
