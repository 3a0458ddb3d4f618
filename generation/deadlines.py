"""End what nobody begins before its deadline: in a paused batch, or far back in the line."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generation import budgets
from generation.events import record
from generation.models import Generation
from generation.types import Stage
from productviz.lib.lease import free

AT_ONCE = 500
TOO_LATE = (
    "The image was not begun before its deadline. Ask for it again with a later one, or give it a"
    " more urgent priority."
)


def expire_overdue() -> int:
    """End waiting generations past their deadline that no worker holds; the number ended."""
    now = timezone.now()
    unheld = Q(lease_until=None) | Q(lease_until__lt=now)
    rows = Generation.objects.filter(unheld, status__in=Generation.WAITING, deadline__lte=now)
    rows = rows.exclude(stage__in=[Stage.STORE, Stage.DELIVER])  # made already
    return sum(_expire(row) for row in rows.order_by("deadline")[:AT_ONCE])


def _expire(row: Generation) -> bool:
    """Whether the row was still as it was read: a worker may have claimed it meanwhile."""
    unchanged = {"version": row.version, "lease_owner": row.lease_owner}
    with transaction.atomic():
        ended = Generation.objects.filter(pk=row.pk, **unchanged).update(
            **free(
                status=Generation.Status.EXPIRED,
                error_code="deadline_exceeded",
                error_message=TOO_LATE,
                finished_at=timezone.now(),
            )
        )
        if ended:
            detail = {"code": "deadline_exceeded", "message": TOO_LATE}
            record(row, "expired", detail, previous={"status": row.status})
            budgets.settle(row, spent=False)
    return bool(ended)
