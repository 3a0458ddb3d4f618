"""The sender of webhooks: 20 endpoints, with and without three that never answer.

One sender process as `manage.py worker` starts it, real HTTP, signatures and log included. First a
backlog is sent as fast as the limits of an endpoint allow; then events come at a steady rate, and
an event's age on arrival is the time since it was written. The loader, the sender, the receivers
and the database share the machine's cores. PRODUCTVIZ_DATABASE_URL chooses the database.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HANGING = 3
BACKLOG = 60  # events, each for every endpoint
RATE, SECONDS = 7.0, 15.0  # events a second: 119 deliveries a second to the 17 that answer


def main() -> None:
    """Measure both runs."""
    with tempfile.TemporaryDirectory(prefix="productviz-bench-") as folder:
        os.environ |= {
            "PRODUCTVIZ_MODE": "development",
            "PRODUCTVIZ_DATA_DIR": folder,
            "PRODUCTVIZ_OUTBOUND_ALLOW_CIDRS": "127.0.1.0/24",
            "DJANGO_SETTINGS_MODULE": "productviz.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        found = {
            f"{name}_{hang}": _run(hang=hang, events=events, rate=rate)
            for name, events, rate in (
                ("backlog", BACKLOG, 0.0), ("steady", int(RATE * SECONDS), RATE),
            )
            for hang in (0, HANGING)
        }  # fmt: skip
        print(json.dumps(found))  # noqa: T201


def _run(*, hang: int, events: int, rate: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.webhook_receivers", "--hang", str(hang)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as receivers:
        assert receivers.stdout is not None
        urls = json.loads(receivers.stdout.readline())
        workspace = _workspace(urls)
        with subprocess.Popen([sys.executable, "manage.py", "send_webhooks"], cwd=ROOT) as sender:
            try:
                _wait_for_sender()
                _tell(workspace, events=events, rate=rate)
                _wait(workspace, events=events * (len(urls) - hang))
                spent = _cpu_seconds(sender.pid)
            finally:
                sender.send_signal(signal.SIGKILL)
                sender.wait()
        answer, _ = receivers.communicate("stop\n")
    got = json.loads(answer.splitlines()[-1])
    # The same 17 in both runs: the last ones.
    hosts = sorted(got["ages"], key=_number)[HANGING - hang :]
    ages = sorted(age for host in hosts for age in got["ages"][host])
    count = sum(len(found) for found in got["ages"].values())
    return {
        "deliveries": count,
        "per_second": count / got["seconds"],
        "p50": statistics.median(ages),
        "p95": ages[int(len(ages) * 0.95)],
        "cpu_ms": spent * 1000 / count,
    }


def _number(host: str) -> int:
    return int(host.rpartition(".")[2])


def _workspace(urls: list[str]) -> Any:
    """A workspace of its own for each run, with an endpoint for each receiver."""
    from django.utils import timezone

    from productviz.accounts.models import Workspace
    from productviz.outbox import endpoints
    from productviz.outbox.models import Delivery, WebhookEndpoint

    workspace = Workspace.objects.create(name="Bench")
    for url in urls:
        endpoints.create(workspace=workspace, url=url, event_types=["*"])
    rows = WebhookEndpoint.objects.filter(workspace=workspace)
    Delivery.objects.filter(endpoint__in=rows).delete()
    WebhookEndpoint.objects.exclude(workspace=workspace).update(status="disabled")
    rows.update(verified_at=timezone.now(), last_success_at=timezone.now())
    return workspace


def _wait_for_sender() -> None:
    """Until it gives a sign of life."""
    from django.conf import settings

    beat = Path(settings.DATA_DIR) / "beats" / "webhooks"
    deadline, started = time.monotonic() + 60, time.time()
    while not beat.exists() or beat.stat().st_mtime < started:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _tell(workspace: Any, *, events: int, rate: float) -> None:
    from django.db import transaction

    from productviz.lib.ids import public_id, uuid7
    from productviz.outbox.record import Told, record

    begin = time.perf_counter()
    for number in range(events):
        if rate:
            time.sleep(max(0.0, begin + number / rate - time.perf_counter()))
        object_id = uuid7()
        thin = {"id": public_id("gen", object_id), "object": "generation", "status": "succeeded"}
        with transaction.atomic():
            record(
                Told(
                    type="generation.completed",
                    workspace_id=workspace.pk,
                    object_id=object_id,
                    version=1,
                    object=thin,
                )
            )


def _wait(workspace: Any, *, events: int) -> None:
    from productviz.outbox.models import Delivery

    arrived = Delivery.objects.filter(endpoint__workspace=workspace, state="delivered")
    deadline = time.monotonic() + 120
    while arrived.count() < events:
        assert time.monotonic() < deadline, f"{arrived.count()} of {events} arrived"
        time.sleep(0.2)


def _cpu_seconds(pid: int) -> float:
    """What the sender has used so far (fields 14 and 15 of /proc/PID/stat, ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
