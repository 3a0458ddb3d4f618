"""A worker that is asked to stop in the middle of a batch; prints what it did as JSON.

`python -m tests.e2e.stop_run --data DIR`. With ``--hang`` one photograph never comes to its end, so
that something is in hand for longer than the worker waits.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.e2e.installation import Installation, ended, sandbox
from tests.e2e.processes import descendants, start, wait_until

PRODUCTS = 12
# A worker that waits for two seconds only, so that the test need not wait for 25.
_IMPATIENT = (
    "import django; django.setup(); from productviz import supervisor;"
    " supervisor.STOP_SECONDS = 2.0; supervisor.Supervisor('default').run()"
)


def main() -> None:
    """Start, stop, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--hang", action="store_true")
    options = parser.parse_args()
    with _endless() as host, sandbox(options.data, PRODUCTS) as url:
        print(json.dumps(_run(options, url, host)))  # noqa: T201


def _run(options: argparse.Namespace, url: str, endless: str) -> dict[str, Any]:
    here = Installation(options.data, url, allow=(endless,))
    batch = here.batch()
    if options.hang:
        _prepare(batch)
        source = batch.generations.order_by("pk")[0].source
        type(source).objects.filter(pk=source.pk).update(url=f"http://{endless}/mug.jpg")
        here.worker = start("-c", _IMPATIENT, log=here.worker_log)
    else:
        here.start()
    assert here.worker is not None
    in_hand = batch.generations.exclude(lease_owner="")
    wait_until(lambda: ended(batch) > 1 and in_hand.exists(), "the middle", seconds=120)
    family = descendants(here.worker.pid)
    begun = time.monotonic()
    here.worker.send_signal(signal.SIGTERM)
    code = here.worker.wait(60)
    return {"code": code, "seconds": time.monotonic() - begun} | _left(batch, family)


def _prepare(batch: Any) -> None:
    """Let the batch have its images before the worker starts."""
    from generation.batches import work

    while work.take_steps("before the worker"):
        batch.refresh_from_db()


def _left(batch: Any, family: list[int]) -> dict[str, Any]:
    """What the worker has left behind: its processes, and the rows that it once held."""
    from generation.models import Generation

    rows = list(batch.generations.order_by("pk"))
    waiting = [row for row in rows if row.status in Generation.WAITING]
    return {
        "held": sum(bool(row.lease_owner) for row in rows),
        "begun_and_waiting": sum(row.status == Generation.Status.PROCESSING for row in waiting),
        "counted": sum(row.attempt for row in waiting),
        "waiting": len(waiting),
        "alive": sum(_is_alive(pid) for pid in family),
    }


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" and bool(os.getpgid(pid))
    return False


@contextlib.contextmanager
def _endless() -> Iterator[str]:
    """A server whose one photograph trickles on and on; its host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"\xff" * 4096)
                    time.sleep(0.5)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


if __name__ == "__main__":
    main()
