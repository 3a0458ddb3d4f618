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
from pathlib import Path
from types import FrameType

import structlog
from django.conf import settings
from django.db import close_old_connections

from productviz import work
from productviz.lib import queue

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
POLL_SECONDS = 300.0  # each store's own interval is longer; this is how late a sweep may start
DAY_SECONDS = 86_400.0
HUNG_SECONDS = 3 * work.SLICE_SECONDS
STOP_SECONDS = 45.0
_PR_SET_PDEATHSIG = 1


class Supervisor:
    """Runs ``manage.py qcluster`` for one cluster until told to stop."""

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.stopping = False
        self._timed = Timetable(((POLL_SECONDS, work.poll), (DAY_SECONDS, work.daily)))
        self.child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; the cluster finishes or hands back what it holds."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        work.rescue()
        self.child = self._start()
        while not self.stopping:
            time.sleep(TICK_SECONDS)
            self._tick()
        self._stop_child()

    def _tick(self) -> None:
        close_old_connections()
        self._timed.run_due()
        if self.child is None or self.child.poll() is not None:
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
        work.go_on(self.cluster)
        environment = {**os.environ, "Q_CLUSTER_NAME": self.cluster}
        return subprocess.Popen(
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "qcluster"],
            env=environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _stop_child(self) -> None:
        if self.child is None:
            return
        work.stop(self.cluster)
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.error("the queue cluster did not stop in time and is killed", cluster=self.cluster)
        self._kill()

    def _kill(self) -> None:
        """End the whole process group: workers of a killed cluster would live on."""
        if self.child is None:
            return
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.child.wait()


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
