"""Keeps a queue cluster alive: starts it, wakes it when rows are due, restarts it when it hangs.

django-q2 1.11 can hang for good when an idle worker is killed (measured 2026-11), and its scheduler
ticks only every 30 seconds; both are healed here.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from productviz import work
from productviz.lib import queue
from productviz.lib.stopping import StopPipe

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
POLL_SECONDS = 300.0  # each store's own interval is longer; this is how late a sweep may start
DAY_SECONDS = 86_400.0
HUNG_SECONDS = 3 * work.SLICE_SECONDS
STOP_SECONDS = 25.0  # with what follows, less than the 30 that most who stop us allow
_PR_SET_PDEATHSIG = 1


class Supervisor:
    """Runs ``manage.py qcluster`` for one cluster until told to stop."""

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.stopping = False
        self._pipe = StopPipe()
        self._timed = Timetable(((POLL_SECONDS, work.poll), (DAY_SECONDS, work.daily)))
        self.child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; the cluster finishes or hands back what it holds."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self.stopping:
            self._look()
            time.sleep(TICK_SECONDS)
        self._stop_child()

    def _look(self) -> None:
        """One tick; a database that is away for a while ends nobody."""
        try:
            self._tick()
        except DatabaseError as error:
            log.error("the database does not answer", cluster=self.cluster, error=str(error))

    def _tick(self) -> None:
        close_old_connections()
        self._timed.run_due()
        if self.child is None or self.child.poll() is not None:
            if self.child is not None:
                log.error("the queue cluster died and is started again", cluster=self.cluster)
            work.rescue()
            self.child = self._start()
            return
        if not work.is_due():
            return
        queue.wake_now(self.cluster)
        if work.seconds_since_beat(self.cluster) > HUNG_SECONDS:
            log.error("the queue cluster hangs and is started again", cluster=self.cluster)
            self._kill()

    def _start(self) -> subprocess.Popen[bytes]:
        work.beat(self.cluster)
        environment = {
            **os.environ,
            **self._pipe.environment,
            "Q_CLUSTER_NAME": self.cluster,
        }
        return subprocess.Popen(
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "qcluster"],
            env=environment,
            start_new_session=True,
            pass_fds=(self._pipe.reader,),
            preexec_fn=_die_with_parent,
        )

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _stop_child(self) -> None:
        """Let the cluster end; what it has in hand for too long is handed back, uncounted."""
        if self.child is None:
            return
        self._pipe.stop()
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.error("the queue cluster did not stop in time and is killed", cluster=self.cluster)
        with suppress(DatabaseError):
            work.rescue()  # what died of its own accord does count
        self._kill()
        with suppress(DatabaseError):
            work.hand_back()

    def _kill(self) -> None:
        """End the whole process group: workers of a killed cluster would live on."""
        if self.child is None:
            return
        group = self.child.pid
        try:
            os.killpg(group, signal.SIGKILL)
            self.child.wait()
            for _ in range(20):  # until all are gone, so that their rows can be freed
                time.sleep(0.05)
                os.killpg(group, 0)
        except ProcessLookupError:
            return


class Timetable:
    """Runs each job when its seconds have passed, the first time at once; a failing one is logged.

    Every machine has its own, so each job must be harmless when run twice.
    """

    def __init__(self, jobs: Sequence[tuple[float, Callable[[], int]]]) -> None:
        self._jobs = [(seconds, job) for seconds, job in jobs]
        self._next = [0.0 for _ in jobs]

    def run_due(self) -> None:
        """Run what is due now."""
        for index, (seconds, job) in enumerate(self._jobs):
            if time.monotonic() < self._next[index]:
                continue
            self._next[index] = time.monotonic() + seconds
            try:
                job()
            except Exception:
                log.exception("a timed job failed", job=job.__name__)


def _die_with_parent() -> None:
    """Ask Linux to stop the cluster when its supervisor is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
