"""Webhook intake: the web server as deployed, signed deliveries at a fixed rate, none lost.

The load is open: each delivery has its time, and a late answer delays no other. Latency counts
from that time, so that a server that falls behind cannot hide it. Sender and server share the
machine's cores.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
RATE, SECONDS, SENDERS = 200, 12.0, 24
SHOP, SECRET = "bench-shop.myshopify.com", "bench-client-secret"
# As in deploy/systemd/productviz-web.service.
GUNICORN = ["--workers", "2", "--threads", "8", "--worker-class", "gthread"]


def main() -> None:
    """Measure once; PRODUCTVIZ_DATABASE_URL chooses the database."""
    with tempfile.TemporaryDirectory(prefix="productviz-bench-") as folder:
        port = _free_port()
        os.environ |= {
            "PRODUCTVIZ_MODE": "development",
            "PRODUCTVIZ_DATA_DIR": folder,
            "PRODUCTVIZ_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PRODUCTVIZ_SHOPIFY_CLIENT_ID": "bench",
            "PRODUCTVIZ_SHOPIFY_CLIENT_SECRET": SECRET,
            "DJANGO_SETTINGS_MODULE": "productviz.settings",
        }
        _prepare()
        with _server(port) as server:
            before = _cpu_seconds(server)
            found = _load(port)
            spent = (_cpu_seconds(server) - before) * 1000 / found["sent"]
        print(json.dumps({**found, "rows": _rows(), "server_cpu_ms": spent}))  # noqa: T201


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _prepare() -> None:
    """The tables, and a shop that deliveries may name."""
    import django

    django.setup()
    from django.core.management import call_command

    from integrations.models import Store
    from productviz.accounts.models import Workspace

    call_command("migrate", verbosity=0)
    Store.objects.create(
        workspace=Workspace.objects.create(name="Bench"),
        platform="shopify",
        name="Bench",
        base_url=f"https://{SHOP}",
        credentials={},
        inbox_secret="x",
    )
    from django.db import connection

    connection.close()


@contextlib.contextmanager
def _server(port: int) -> Iterator[int]:
    command = [sys.executable, "-m", "gunicorn", "productviz.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += [*GUNICORN, "--log-level", "error"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def _wait_for(port: int) -> None:
    """Both workers are warm: the first webhook of a process loads Shopify's package."""
    for _ in range(300):
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health/") as answer:
            if answer.status == 200:
                break
        time.sleep(0.1)
    for number in range(40):
        _Sender(port).post(9_000_000 + number)


class _Sender:
    """One connection that Shopify keeps open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def post(self, number: int) -> int:
        body = json.dumps({"id": number, "updated_at": "2026-11-29T00:00:00Z"}).encode()
        signed = hmac.digest(SECRET.encode(), body, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "products/update",
            "X-Shopify-Hmac-Sha256": base64.b64encode(signed).decode(),
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Webhook-Id": f"bench-{number}",
            "X-Shopify-Event-Id": f"event-{number}",
            "X-Shopify-Triggered-At": "2026-11-29T00:00:00Z",
        }
        try:
            self._connection.request("POST", "/webhooks/shopify", body, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0
        return answer.status


def _load(port: int) -> dict[str, float]:
    """Send at the rate; latencies in milliseconds, and what was not answered with 200."""
    total = int(RATE * SECONDS)
    latencies = [0.0] * total
    statuses = [0] * total
    numbers = iter(range(total))
    lock = threading.Lock()
    begin = time.perf_counter() + 0.5

    def send() -> None:
        sender = _Sender(port)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            due = begin + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            statuses[number] = sender.post(number + 1)
            latencies[number] = (time.perf_counter() - due) * 1000

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(latencies)
    return {
        "sent": total,
        "refused": sum(status != 200 for status in statuses),
        "p50": ordered[total // 2],
        "p99": ordered[int(total * 0.99)],
        "worst": ordered[-1],
    }


def _rows() -> int:
    from integrations.models import InboundEvent

    return InboundEvent.objects.filter(delivery_id__startswith="bench-").count() - 40


def _cpu_seconds(server: int) -> float:
    """What the server's workers have used so far (fields 14 and 15 of /proc/PID/stat, ticks)."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    ticks = 0
    for worker in children:
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
