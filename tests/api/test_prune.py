"""What the API keeps for a while only."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from productviz import work
from productviz.accounts.models import AuditEntry, IdempotentAnswer, RateCount
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db


def test_it_forgets_day_by_day() -> None:
    caller = Caller()
    caller.post("/api-keys", {"name": "a", "scopes": ["products:read"]}, key="abc")
    tables = (IdempotentAnswer, RateCount, AuditEntry)
    left = []
    for days in (0, 1, 3, 399, 401):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            work.daily()
            left.append([table.objects.count() for table in tables])

    assert left == [[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 0]]
