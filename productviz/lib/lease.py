"""Claim rows, keep them, and let them go: the database row is the queue.

``claim`` takes due rows in one statement, so two workers never hold the same one. ``settle`` and
``advance`` write only while the lease is still ours; a worker whose lease was taken away drops its
result. ``Heartbeat`` extends leases from a thread while long work runs.
"""

from __future__ import annotations

import hashlib
import math
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

import structlog
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from productviz.lib.rows import LeasedModel

log = structlog.get_logger(__name__)

Row = TypeVar("Row", bound=LeasedModel)

LEASE = timedelta(seconds=60)  # four missed heartbeats
# Longer than any lease, however far two machines' clocks are apart, and than anything waits.
_NO_LEASE, _NO_WAIT = timedelta(hours=1), timedelta(days=2)
MAX_ATTEMPTS = 3  # three lost workers at one step: the row is the cause
Values = dict[str, Any]


def _machine() -> str:
    """This machine and process namespace, so that a process id of another one is never judged."""
    namespace = os.readlink("/proc/self/ns/pid") if os.path.exists("/proc/self/ns/pid") else ""
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:12]


def new_owner() -> str:
    """A name for one drain run that says which process made it."""
    return f"{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def due() -> Q:
    """Rows that nobody holds and whose time has come.

    A time that nobody ever sets was written while some machine's clock was wrong: it has come too.
    """
    now = timezone.now()
    is_free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + _NO_LEASE)
    has_come = Q(not_before=None) | Q(not_before__lte=now) | Q(not_before__gt=now + _NO_WAIT)
    return is_free & has_come


def claim(
    waiting: QuerySet[Row], *, owner: str, limit: int, related: Sequence[str] = ()
) -> list[Row]:
    """Lease up to ``limit`` of the waiting rows to ``owner``; in the queryset's order.

    ``related`` rows are loaded with them. One UPDATE around a locked sub-select; on PostgreSQL the
    ARRAY makes the planner run the sub-select once, so that LIMIT holds.
    """
    model = waiting.model
    now = timezone.now()
    with transaction.atomic():
        chosen = waiting.filter(due()).values("pk")
        if connection.features.has_select_for_update_skip_locked:
            chosen = chosen.select_for_update(skip_locked=True, of=("self",))
        try:
            inner, params = chosen[:limit].query.get_compiler(connection=connection).as_sql()
        except EmptyResultSet:  # no row could ever meet its conditions
            return []
        table = connection.ops.quote_name(model._meta.db_table)
        where = "= ANY(ARRAY({}))" if connection.vendor == "postgresql" else "IN ({})"
        sql = (
            f"UPDATE {table} SET lease_owner = %s, lease_until = %s, attempt = attempt + 1 "  # noqa: S608
            f"WHERE id {where.format(inner)} RETURNING id"
        )
        adapt = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            cursor.execute(sql, [owner, adapt(now + LEASE), *params])
            taken = {_as_uuid(row[0]) for row in cursor.fetchall()}
    if not taken:
        return []
    rows = model._default_manager.filter(pk__in=taken).order_by(*waiting.query.order_by)
    return list(rows.select_related(*related) if related else rows)


def _as_uuid(value: object) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


def held(row: LeasedModel, owner: str) -> QuerySet[Any]:
    """The row, if ``owner`` still holds it: every write of a worker goes through this."""
    return type(row)._default_manager.filter(pk=row.pk, lease_owner=owner)


def free(**changes: Any) -> Values:
    """The update that ends a lease, with the caller's own changes."""
    return {"lease_owner": "", "lease_until": None, **changes}


def release(rows: Sequence[LeasedModel], owner: str) -> None:
    """Hand rows of one kind back unfinished (a graceful stop); the claim does not count."""
    if rows:
        held_rows = type(rows[0])._default_manager.filter(
            pk__in=[row.pk for row in rows], lease_owner=owner
        )
        held_rows.update(**free(attempt=Greatest(F("attempt") - 1, 0)))


def put_off(row: LeasedModel, owner: str, *, seconds: float, **changes: Any) -> bool:
    """Try again later after a failure; False if the lease was lost meanwhile."""
    return wait(row, owner, seconds=seconds, retries=row.retries + 1, **changes)


def wait(row: LeasedModel, owner: str, *, seconds: float, **changes: Any) -> bool:
    """Let the row go until later although nothing failed; False if the lease was lost meanwhile."""
    later = timezone.now() + timedelta(seconds=seconds)
    fields = free(attempt=max(row.attempt - 1, 0), not_before=later)
    return bool(held(row, owner).update(**fields, **changes))


def free_dead(model: type[LeasedModel], *, counted: bool = True) -> int:
    """Free leases whose process on this machine is gone, without waiting for them to expire.

    ``counted`` False takes the claims back: the processes did not die of their work.
    """
    rows: QuerySet[Any] = model._default_manager.exclude(lease_owner="")
    owners = rows.values_list("lease_owner", flat=True).distinct()
    dead = [owner for owner in owners if _is_dead(owner)]
    fields = free() if counted else free(attempt=Greatest(F("attempt") - 1, 0))
    return int(rows.filter(lease_owner__in=dead).update(**fields))


def _is_dead(owner: str) -> bool:
    machine, _, rest = owner.partition("-")
    if machine != _machine():
        return False
    pid = rest.partition("-")[0]
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError):
        return False
    return _is_zombie(pid)


def _is_zombie(pid: str) -> bool:
    """Whether a process has ended and only its parent has not noticed (containers without init)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


class Heartbeat:
    """Extends the leases of an owner's rows every quarter of a lease while the block runs.

    Not past a ``limit``: work that takes too long is taken for hung, and others get its rows. Who
    works on several at once sets each row's own.
    """

    def __init__(self, model: type[LeasedModel], owner: str) -> None:
        self._model = model
        self._owner = owner
        self._over_at: dict[uuid.UUID | None, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def limit(self, seconds: float | None) -> None:
        """What begins now may take so many seconds; None: as long as it likes."""
        self._limit(None, seconds)

    def limit_of(self, row: LeasedModel) -> Callable[[float | None], None]:
        """``limit`` for one row alone."""
        return partial(self._limit, row.pk)

    def _limit(self, pk: uuid.UUID | None, seconds: float | None) -> None:
        self._over_at[pk] = math.inf if seconds is None else time.monotonic() + seconds

    def _beat(self) -> None:
        while not self._stop.wait(LEASE.total_seconds() / 4):
            now = time.monotonic()
            late = [pk for pk, over_at in list(self._over_at.items()) if now > over_at]
            if late:
                log.error("work goes on past its limit; its lease runs out", owner=self._owner)
            if None in late:
                continue
            try:
                rows = self._model._default_manager.filter(lease_owner=self._owner)
                rows.exclude(pk__in=late).update(lease_until=timezone.now() + LEASE)
            except DatabaseError as error:  # it may be back at the next beat: there are three more
                log.warning("a heartbeat failed", error=str(error))
            finally:
                connection.close()
