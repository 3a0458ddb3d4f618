"""What the API keeps for a while only: answers, counts of requests, the audit log."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from productviz.accounts.models import AuditEntry
from productviz.api import idempotency, limits

AUDIT_KEPT = timedelta(days=400)


def prune() -> int:
    """Drop answers after two days, counts after their window, the audit log after 400 days."""
    old = AuditEntry.objects.filter(created_at__lt=timezone.now() - AUDIT_KEPT)
    return idempotency.forget() + limits.forget() + old.delete()[0]
