"""What something really takes: processor time here, and the database's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

_NANO = 1e-9


@dataclass(slots=True)
class Cost:
    """Seconds of this thread's processor, and of the database's."""

    cpu: float = 0.0
    database: float = 0.0


class Meter:
    """Measures blocks of work in this thread and in its connection's server process.

    A PostgreSQL on this machine tells its processor time, which a busy machine does not stretch.
    Of any other database only the time that this thread waited for it is known.
    """

    def __init__(self) -> None:
        self._server = _server_times()

    @contextmanager
    def measured(self) -> Iterator[Cost]:
        """The block's cost, known once it has ended."""
        cost = Cost()
        server, wall, cpu = self._served(), time.perf_counter(), time.thread_time()
        yield cost
        cost.cpu = time.thread_time() - cpu
        waited = time.perf_counter() - wall - cost.cpu
        cost.database = max(self._served() - server if self._server else waited, 0.0)

    def _served(self) -> float:
        return int(self._server.read_text().split()[0]) * _NANO if self._server else 0.0


def _server_times() -> Path | None:
    """Where Linux tells what the server process of this connection has used; None elsewhere."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = int(cursor.fetchone()[0])
    path = Path(f"/proc/{pid}/schedstat")
    try:
        is_its = b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return path if is_its and path.read_text() else None
    except OSError:
        return None
