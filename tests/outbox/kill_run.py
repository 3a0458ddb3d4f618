"""Senders killed without a warning while events pour in; prints what arrived as JSON.

Run in a process of its own, since it makes an installation of its own:
`python -m tests.outbox.kill_run --data DIR --kills 4 --seed 1`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import time
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.e2e.processes import descendants, kill_tree, start, wait_until
from tests.outbox.receiver import Hook, Receiver, echo

EVENTS_A_ROUND = 40


def main() -> None:
    """Set up, kill, let finish, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    receiver = Receiver(_slowly)
    endpoint = _install(options.data, receiver)
    print(json.dumps(_run(options, receiver, endpoint)))  # noqa: T201


def _slowly(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
    time.sleep(0.05)
    echo(handler, hook)


def _install(data: Path, receiver: Receiver) -> Any:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="productviz.settings",
        PRODUCTVIZ_MODE="development",
        PRODUCTVIZ_DATA_DIR=str(data / "var"),
        PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS=f"{receiver.host}:{receiver.port}",
    )
    import django

    django.setup()
    from django.core.management import call_command

    from tests.factories import make_workspace
    from tests.outbox.rows import make_endpoint

    call_command("migrate", verbosity=0)
    return make_endpoint(receiver.url, make_workspace())


def _run(options: argparse.Namespace, receiver: Receiver, endpoint: Any) -> dict[str, Any]:
    from tests.outbox.rows import tell

    dice, log, sent, killed = random.Random(options.seed), options.data / "log", [], 0
    for _ in range(options.kills):
        before = len(receiver.hooks)
        sender = start("manage.py", "send_webhooks", log=log)
        sent += [tell(endpoint.workspace).public_id for _ in range(EVENTS_A_ROUND)]
        wait_until(partial(_has_more, receiver, before), "a hook", seconds=60)
        time.sleep(dice.uniform(0.0, 0.6))
        killed += kill_tree(sender)
    worker = start("manage.py", "worker", log=log)
    wait_until(_is_quiet, "all events", seconds=120)
    sent.append(tell(endpoint.workspace).public_id)
    first = _sender_of(worker.pid)
    os.kill(first, signal.SIGKILL)
    killed += 1
    wait_until(lambda: _sender_of(worker.pid) not in (0, first), "another sender", seconds=60)
    sent.append(tell(endpoint.workspace).public_id)
    wait_until(_is_quiet, "the last events", seconds=120)
    second = _sender_of(worker.pid)
    worker.kill()
    worker.wait()
    wait_until(lambda: not _is_alive(second), "the end of an orphan", seconds=60)
    return _report(receiver, sent, killed)


def _has_more(receiver: Receiver, before: int) -> bool:
    return len(receiver.hooks) > before


def _sender_of(worker: int) -> int:
    """The process id of the worker's sender; 0 while there is none."""
    for pid in descendants(worker):
        try:
            if b"send_webhooks" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        except OSError:
            continue
    return 0


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _is_quiet() -> bool:
    from productviz.outbox.models import Delivery, Event

    unspread = Event.objects.filter(spread=False)
    return not unspread.exists() and not Delivery.objects.filter(state="pending").exists()


def _report(receiver: Receiver, sent: list[str], killed: int) -> dict[str, Any]:
    from productviz.outbox.models import Delivery

    arrived = [hook.headers["webhook-id"] for hook in receiver.events]
    return {
        "killed": killed,
        "sent": len(sent),
        "missing": len(set(sent) - set(arrived)),
        "strange": len(set(arrived) - set(sent)),
        "repeated": len(arrived) - len(set(arrived)),
        "delivered": Delivery.objects.filter(state="delivered").count(),
    }


if __name__ == "__main__":
    main()
