"""Start the demo's processes, wait until they answer, and stop every one of them again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

STOP_SECONDS = 50.0


class DidNotStart(Exception):
    """A process of the demo ended or stayed silent; the message shows its last lines."""


class Processes:
    """The demo's children; leaving the block stops them, the last started first."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _, process in reversed(self._running):
            _stop(process)

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Run ``python <arguments>`` in a process group of its own, its output in a log file."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=os.environ,
                start_new_session=True,
            )
        self._running.append((name, process))
        return process

    def wait_for_port(self, name: str, port: int, *, seconds: float = 60.0) -> None:
        """Return once something listens on the port; raises DidNotStart."""
        deadline = time.monotonic() + seconds
        while not _answers(port):
            self.check()
            if time.monotonic() > deadline:
                raise DidNotStart(f"{name} did not answer in {seconds:.0f} s.\n{self.tail(name)}")
            time.sleep(0.1)

    def check(self) -> None:
        """Raise DidNotStart if a process has ended."""
        for name, process in self._running:
            if process.poll() is not None:
                raise DidNotStart(f"{name} ended with {process.returncode}.\n{self.tail(name)}")

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines of a process's log."""
        text = (self.logs / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def free_port(preferred: int) -> int:
    """The preferred port if nobody listens there, else a free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DidNotStart("No port is free on 127.0.0.1.")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
