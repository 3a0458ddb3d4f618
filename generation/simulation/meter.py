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
        self._is_local = _server_seconds() is not None

    @contextmanager
    def measured(self) -> Iterator[Cost]:
        """The block's cost, known once it has ended."""
        cost = Cost()
        served, wall, cpu = self._served(), time.perf_counter(), time.thread_time()
        yield cost
        cost.cpu = time.thread_time() - cpu
        waited = time.perf_counter() - wall - cost.cpu
        now = self._served()
        # A connection that was renewed meanwhile has a server process that begins at nothing.
        spent = now[1] - served[1] if now[0] == served[0] else now[1]
        cost.database = max(spent if self._is_local else waited, 0.0)

    def _served(self) -> tuple[int, float]:
        return (_server_seconds() if self._is_local else None) or (0, 0.0)


def _server_seconds() -> tuple[int, float] | None:
    """This connection's server process, and the processor time that Linux says it has used.

    None where the server is no PostgreSQL on this machine.
    """
    if connection.vendor != "postgresql":
        return None
    connection.ensure_connection()
    pid: int = connection.connection.info.backend_pid
    try:
        if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            return None
        return pid, int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) * _NANO
    except OSError:
        return None
