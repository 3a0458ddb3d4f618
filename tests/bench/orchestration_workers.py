"""Worker processes that make no pixels, and what they and the database's server cost.

Each drains as the queue's task does: every source of work in its order, with stand-ins for the
stages that make pictures.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

_FORK = multiprocessing.get_context("fork")
IDLE_SECONDS = 0.05


@contextlib.contextmanager
def workers(count: int, *, render_seconds: float = 0.0) -> Iterator[list[int]]:
    """Run that many; their process ids. They stop at the end of what they have in hand."""
    from django.db import connections

    import generation.pipeline  # noqa: F401  here, so that no worker loads it while it is measured

    connections.close_all()
    stop = _FORK.Event()
    processes = [_FORK.Process(target=_work, args=(stop, render_seconds)) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield [process.pid or 0 for process in processes]
    finally:
        stop.set()
        for process in processes:
            process.join(60)


def _work(stop: Any, render_seconds: float) -> None:
    from generation.work import run_generations
    from productviz import work

    run = partial(run_generations, stages=_stages(render_seconds))
    sources: list[Callable[[str], int]] = [
        *(run if source is run_generations else source for source in work.SOURCES),
        partial(_until, stop),
    ]
    while not stop.is_set():
        work.drain(sources=sources)
        time.sleep(IDLE_SECONDS)


def _until(stop: Any, owner: str) -> int:
    """A source that has nothing, and ends the process once it is to stop."""
    if stop.is_set():
        os._exit(0)
    return 0


def _stages(render_seconds: float) -> Any:
    from dataclasses import replace

    from generation.simulation.stand_ins import STAND_INS

    if not render_seconds:
        return STAND_INS

    def render(*arguments: Any) -> Any:
        time.sleep(render_seconds)
        return STAND_INS.render(*arguments)

    return replace(STAND_INS, render=render)


def cpu_seconds(pids: list[int]) -> float:
    """What these processes have used so far, and those that they have waited for."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def server_pids() -> list[int]:
    """The database's server on this machine: its first process, and one for each connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = int(cursor.fetchone()[0])
    parent = int(Path(f"/proc/{mine}/stat").read_text().rpartition(")")[2].split()[1])
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *(int(pid) for pid in children)]
