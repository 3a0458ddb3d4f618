"""Keeps a queue cluster and the sender of webhooks alive: starts them, wakes the cluster when rows
are due, restarts what died or hangs.

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
from collections.abc import Callable, Mapping, Sequence
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


class Child:
    """One ``manage.py`` command that is to run as long as we do, in a process group of its own."""

    def __init__(self, *command: str, beat: str, environment: Mapping[str, str]) -> None:
        self.name = " ".join(command)
        self._beat = beat
        self._command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *command]
        self._environment = {**os.environ, **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        work.beat(self._beat)
        self.process = subprocess.Popen(
            self._command,
            env=self._environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    @property
    def is_dead(self) -> bool:
        """Whether it has ended although nobody asked it to."""
        return self.process is None or self.process.poll() is not None

    @property
    def is_hung(self) -> bool:
        """Whether it has given no sign of life for too long."""
        return work.seconds_since_beat(self._beat) > HUNG_SECONDS

    def ask_to_stop(self) -> None:
        """Let it finish or hand back what it holds."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, until: float) -> None:
        """Wait for its end until then (``time.monotonic``), then kill it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(until - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            log.error("a child did not stop in time and is killed", child=self.name)
        self.kill()

    def kill(self) -> None:
        """End the whole process group: workers of a killed cluster would live on."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


class Supervisor:
    """Runs ``manage.py qcluster`` for one cluster, and the sender of webhooks, until told to stop.

    The default cluster's machines send webhooks; those of another cluster do its work alone.
    """

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.stopping = False
        self._timed = Timetable(((POLL_SECONDS, work.poll), (DAY_SECONDS, work.daily)))
        self._workers = Child("qcluster", beat=cluster, environment={"Q_CLUSTER_NAME": cluster})
        self._sender = Child("send_webhooks", beat=work.WEBHOOKS, environment={})
        self._children = [self._workers]
        if cluster == queue.DEFAULT:
            self._children.append(self._sender)

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; the children finish or hand back what they hold."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        work.rescue()
        for child in self._children:
            child.start()
        while not self.stopping:
            time.sleep(TICK_SECONDS)
            self._tick()
        for child in self._children:
            child.ask_to_stop()
        until = time.monotonic() + STOP_SECONDS
        for child in self._children:
            child.wait(until)

    def _tick(self) -> None:
        close_old_connections()
        self._timed.run_due()
        for child in self._children:
            if child.is_dead:
                log.error("a child died and is started again", child=child.name)
                work.rescue()
                child.start()
        if self._sender in self._children and self._sender.is_hung:
            self._end_hung(self._sender)
        if not work.is_due():
            return
        queue.wake_now(self.cluster)
        if self._workers.is_hung:
            self._end_hung(self._workers)

    def _end_hung(self, child: Child) -> None:
        """Kill it; the next tick starts it again."""
        log.error("a child hangs and is started again", child=child.name)
        child.kill()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True


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
    """Ask Linux to stop a child when its supervisor is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
