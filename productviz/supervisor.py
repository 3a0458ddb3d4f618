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


class Child:
    """One ``manage.py`` command that is to run as long as we do, in a process group of its own."""

    def __init__(
        self,
        *command: str,
        beat: str,
        environment: Mapping[str, str],
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = " ".join(command)
        self._beat = beat
        self._command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *command]
        self._environment = {**os.environ, **environment}
        self._pass_fds = tuple(pass_fds)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        work.beat(self._beat)
        self.process = subprocess.Popen(
            self._command,
            env=self._environment,
            start_new_session=True,
            pass_fds=self._pass_fds,
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
        """Wait for its end until then (``time.monotonic``)."""
        if self.process is None:
            return
        try:
            self.process.wait(max(until - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            log.error("a child did not stop in time and is killed", child=self.name)

    def kill(self) -> None:
        """End the whole process group: workers of a killed cluster would live on."""
        if self.process is None:
            return
        group = self.process.pid
        try:
            os.killpg(group, signal.SIGKILL)
            self.process.wait()
            for _ in range(20):  # until all are gone, so that their rows can be freed
                time.sleep(0.05)
                os.killpg(group, 0)
        except ProcessLookupError:
            return


class Supervisor:
    """Runs ``manage.py qcluster`` for one cluster, and the sender of webhooks, until told to stop.

    The default cluster's machines send webhooks; those of another cluster do its work alone.
    """

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.stopping = False
        self._pipe = StopPipe()
        self._timed = Timetable(((POLL_SECONDS, work.poll), (DAY_SECONDS, work.daily)))
        self._workers = Child(
            "qcluster",
            beat=cluster,
            environment={**self._pipe.environment, "Q_CLUSTER_NAME": cluster},
            pass_fds=(self._pipe.reader,),
        )
        self._children = [self._workers]
        if cluster == queue.DEFAULT:
            self._children.append(Child("send_webhooks", beat=work.WEBHOOKS, environment={}))

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; the children finish or hand back what they hold."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self.stopping:
            self._look()
            time.sleep(TICK_SECONDS)
        self._stop_children()

    def _look(self) -> None:
        """One tick; a database that is away for a while ends nobody."""
        try:
            self._tick()
        except DatabaseError as error:
            log.error("the database does not answer", cluster=self.cluster, error=str(error))

    def _tick(self) -> None:
        close_old_connections()
        self._timed.run_due()
        for child in self._children:
            if child.is_dead:
                self._start(child)
            elif child is not self._workers and child.is_hung:
                self._end_hung(child)
        if work.is_due(self.cluster):
            queue.wake_now(self.cluster)
            if self._workers.is_hung:
                self._end_hung(self._workers)

    def _start(self, child: Child) -> None:
        """Start a child for the first time, or after its death; what the dead held is freed."""
        if child.process is not None:
            log.error("a child died and is started again", child=child.name)
        if child is self._workers:
            work.rescue()
        child.start()

    def _end_hung(self, child: Child) -> None:
        """Kill it; the next tick starts it again."""
        log.error("a child hangs and is started again", child=child.name)
        child.kill()

    def _stop_children(self) -> None:
        """Let all end; what they have in hand for too long is handed back, uncounted."""
        self._pipe.stop()
        for child in self._children:
            child.ask_to_stop()
        until = time.monotonic() + STOP_SECONDS
        for child in self._children:
            child.wait(until)
        with suppress(DatabaseError):
            work.rescue()  # what died of its own accord does count
        for child in self._children:
            child.kill()
        with suppress(DatabaseError):
            work.hand_back()

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
