"""A person's decisions about one generation: approve, reject, retry, cancel."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generation import budgets
from generation.events import record
from generation.intake.turns import next_turn
from generation.models import Candidate, Generation, Lane
from generation.types import Stage
from productviz.accounts.models import User
from productviz.lib import queue
from productviz.lib.lease import free

AT_ONCE = 500


class NotPossible(Exception):
    """The generation is not in a state for this; the message is for the person."""


def approve(generation: Generation, user: User) -> Generation:
    """Accept the candidate that verification held back; it goes on to storage. NotPossible else."""
    with transaction.atomic():
        row = _locked(generation, Generation.Status.AWAITING_REVIEW)
        candidate = row.candidates.order_by("-number")[0]
        approval = {"approved_by": user.email, "approved_at": timezone.now().isoformat()}
        Candidate.objects.filter(pk=candidate.pk).update(
            manifest={**candidate.manifest, **approval}
        )
        # Workers that died over the making count no more: it is made.
        fresh: dict[str, Any] = {"attempt": 0, "retries": 0, "painter_waits": 0}
        fresh["is_suspect"] = False
        fresh |= {"not_before": None, "queue": queue.DEFAULT}
        fresh["cancel_requested"] = False  # before it was shown; this is the later word
        changes = {"status": Generation.Status.PROCESSING, "stage": Stage.STORE, **fresh}
        _change(row, error_message="", **changes)
        record(row, "approved", {"by": user.email})
        queue.wake()
    return row


def reject(generation: Generation, user: User) -> Generation:
    """Turn the candidate down; it was made, so it counts. Raises NotPossible in other states."""
    with transaction.atomic():
        row = _locked(generation, Generation.Status.AWAITING_REVIEW)
        _change(
            row,
            status=Generation.Status.REJECTED,
            error_code="quality_rejected",
            finished_at=timezone.now(),
        )
        record(row, "rejected", {"by": user.email})
        budgets.settle(row, spent=True)
        queue.wake_soon()  # others may have waited for it (first_pictures)
    return row


def retry(generation: Generation) -> Generation:
    """Run a failed or rejected generation again from its source; it needs a place in the budget.

    Raises NotPossible in other states, Refused where the day's budget is used up.
    """
    with transaction.atomic():
        row = _locked(
            generation,
            Generation.Status.FAILED,
            Generation.Status.REJECTED,
            Generation.Status.CANCELED,
        )
        turn = next_turn(row.workspace_id, Lane(row.lane))
        _change(row, turn=turn, **fresh_start(budgets.reserve(row.product.store)))
        record(row, "retried")
        queue.wake()
    return row


def fresh_start(reserved_on: date) -> dict[str, Any]:
    """What makes an ended generation begin again from its source, with a place in the budget."""
    return {
        "status": Generation.Status.QUEUED,
        "stage": Stage.PREPROCESS,
        "error_code": "",
        "error_message": "",
        "finished_at": None,
        "attempt": 0,
        "retries": 0,
        "painter_waits": 0,
        "is_suspect": False,
        "not_before": None,
        "deadline": None,
        "reserved_on": reserved_on,
        "queue": queue.DEFAULT,
        "steps": 0,
        "steps_done": 0,
        "cancel_requested": False,
    }


def cancel(generation: Generation) -> Generation:
    """Stop a generation that has not ended; a worker on it drops its result.

    One that a model is painting is stopped by its painter, between two steps.
    """
    with transaction.atomic():
        row = _locked(generation, *Generation.WAITING, Generation.Status.AWAITING_REVIEW)
        if not _is_being_painted(row):
            return _canceled(row)
        row.cancel_requested = True
        row.save(update_fields=["cancel_requested"])
    return row


def stop_if_waiting(generation: Generation) -> bool:
    """End what ``cancel`` has left to its painter; False where it has ended otherwise meanwhile."""
    with suppress(NotPossible), transaction.atomic():
        _canceled(_locked(generation, *Generation.WAITING))
        return True
    return False


def stop_left_behind() -> int:
    """End what should have been stopped by painters that are gone; the number ended."""
    now = timezone.now()
    unheld = Q(lease_until=None) | Q(lease_until__lt=now)
    rows = Generation.objects.filter(unheld, status__in=Generation.WAITING, cancel_requested=True)
    return sum(stop_if_waiting(row) for row in rows[:AT_ONCE])


def _is_being_painted(row: Generation) -> bool:
    is_held = row.lease_until is not None and row.lease_until > timezone.now()
    return is_held and row.queue == queue.GPU and row.stage == Stage.INFERENCE


def _canceled(row: Generation) -> Generation:
    with transaction.atomic():
        _change(
            row,
            status=Generation.Status.CANCELED,
            error_code="canceled_by_user",
            finished_at=timezone.now(),
        )
        record(row, "canceled")
        budgets.settle(row, spent=budgets.was_rendered(row))
        queue.wake_soon()
    return row


def _locked(generation: Generation, *states: str) -> Generation:
    row = Generation.objects.select_for_update().get(pk=generation.pk)
    if row.status not in states:
        raise NotPossible(f"This image is “{row.get_status_display().lower()}” by now.")
    return row


def _change(row: Generation, **changes: object) -> None:
    fields = free(**changes)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
