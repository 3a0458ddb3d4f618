"""How often a key may ask: sliding windows in the database, the same in every process.

A window weighs what was asked in the one before by the part of it that still lies inside the last
minute. Only what is let through counts, so that waiting as told is always enough. Times are whole
nanoseconds here: what is told to pass at a moment does pass then.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from productviz.accounts.models import ApiKey, RateCount
from productviz.api.problems import Problem

FAILED_KEYS, FAILED_KEYS_SECONDS = 20, 600
_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one kind of request: how many, and the seconds until the window is new."""

    kind: str
    remaining: int
    seconds: int


def spend(key: ApiKey, kind: str, amount: int = 1) -> Left:
    """Count ``amount`` requests of a kind (see settings.API_LIMITS) against the key.

    More than half a window's worth counts as half a window, so that a large batch passes; a whole
    one would wait for ever beside small requests. Raises Problem ``quota-exceeded``.
    """
    limit, seconds = settings.API_LIMITS[kind]
    caller, amount = f"{key.pk.hex}:{kind}", min(amount, (limit + 1) // 2)
    left = take(caller, amount, limit=limit, seconds=seconds)
    if left is None:
        raise _exceeded(kind, wait(caller, amount, limit=limit, seconds=seconds))
    return Left(kind, left, _until_next(seconds))


def take(caller: str, amount: int, *, limit: int, seconds: int) -> int | None:
    """Count for a caller; what is left of the limit, or None where nothing was counted."""
    span = seconds * _SECOND
    window, elapsed = divmod(time.time_ns(), span)
    before = RateCount.objects.filter(caller=caller, window=window - 1)
    count = sum(before.values_list("count", flat=True))
    weighed = _ceil(count * (span - elapsed), span)
    if weighed + amount > limit:
        return None
    expires = datetime.fromtimestamp((window + 2) * seconds, UTC)
    quote = connection.ops.quote_name
    table, column = quote(RateCount._meta.db_table), quote("count")
    sql = (
        f"INSERT INTO {table} (caller, {quote('window')}, {column}, expires_at)"  # noqa: S608
        f" VALUES (%s, %s, %s, %s) ON CONFLICT (caller, {quote('window')}) DO UPDATE"
        f" SET {column} = {table}.{column} + excluded.{column}"
        f" WHERE {table}.{column} + excluded.{column} <= %s RETURNING {column}"
    )
    expires_at = connection.ops.adapt_datetimefield_value(expires)
    with connection.cursor() as cursor:
        cursor.execute(sql, [caller, window, amount, expires_at, limit - weighed])
        row = cursor.fetchone()
    return None if row is None else limit - weighed - int(row[0])


def wait(caller: str, amount: int, *, limit: int, seconds: int) -> int:
    """Whole seconds until a caller who asks for nothing meanwhile may take so much; 0 for now."""
    span = seconds * _SECOND
    window, elapsed = divmod(time.time_ns(), span)
    rows = RateCount.objects.filter(caller=caller, window__in=(window - 1, window))
    counts = dict(rows.values_list("window", "count"))
    before, taken = counts.get(window - 1, 0), counts.get(window, 0)
    if taken + amount <= limit:
        moment = _faded(before, limit - taken - amount, span)
    else:
        moment = span + _faded(taken, limit - amount, span)
    return max(0, _ceil(moment - elapsed, _SECOND))


def _faded(count: int, room: int, span: int) -> int:
    """How far into the next window ``count`` weighs no more than ``room``."""
    return 0 if count <= room else span - room * span // count


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def count_failed_key(address: str) -> None:
    """Count a key that was none from this network address."""
    take(_failures(address), 1, limit=FAILED_KEYS, seconds=FAILED_KEYS_SECONDS)


def refuse_guessing(address: str) -> None:
    """Raise Problem where too many keys that were none came from the address lately."""
    if left := wait(_failures(address), 1, limit=FAILED_KEYS, seconds=FAILED_KEYS_SECONDS):
        raise _exceeded("failed-keys", left)


def policy() -> str:
    """The value of RateLimit-Policy."""
    return ", ".join(
        f'"{kind}";q={limit};w={seconds}' for kind, (limit, seconds) in settings.API_LIMITS.items()
    )


def _failures(address: str) -> str:
    return f"failed-keys:{address}"


def _until_next(seconds: int) -> int:
    return seconds - int(time.time() % seconds)


def _exceeded(kind: str, seconds: int) -> Problem:
    # Jitter, so that clients that were refused together do not come back together.
    later = max(1, seconds) + random.randint(0, 3)  # noqa: S311
    violated: dict[str, Any] = {"violated-policies": [kind]}
    return Problem("quota-exceeded", headers={"Retry-After": str(later)}, **violated)
