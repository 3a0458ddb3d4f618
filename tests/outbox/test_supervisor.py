"""What keeps the sender of webhooks alive, beside the queue's workers."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from productviz import supervisor, work
from productviz.health import check_webhooks
from productviz.outbox import sender as senders
from productviz.outbox.models import Delivery, Event
from productviz.outbox.spread import spread
from productviz.supervisor import Child, Supervisor
from tests.e2e.processes import wait_until
from tests.outbox.rows import make_endpoint, tell

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def child(*command: str) -> Child:
    return Child(*command, beat=work.WEBHOOKS, environment={})


def test_it_stops_a_child_and_knows_a_dead_one(data: Path) -> None:
    made = child("send_webhooks", "--help")
    assert made.is_dead

    made.start()
    wait_until(lambda: made.is_dead, "the help text", seconds=60)
    made.start()
    assert not made.is_dead
    made.ask_to_stop()
    made.wait(time.monotonic() + 30)

    assert made.is_dead


def test_it_kills_a_child_that_does_not_stop_in_time(data: Path) -> None:
    made = child("shell", "-c", f"{DEAF}; open({str(data / 'up')!r}, 'w'); time.sleep(60)")
    made.start()
    wait_until((data / "up").exists, "its start", seconds=60)

    made.ask_to_stop()
    made.wait(time.monotonic() + 0.5)
    made.kill()

    assert made.process is not None
    assert made.process.returncode == -signal.SIGKILL


def test_a_silent_child_counts_as_hung(data: Path) -> None:
    made = child("send_webhooks")
    work.beat(work.WEBHOOKS)
    assert not made.is_hung

    beat = data / "beats" / work.WEBHOOKS
    old = time.time() - supervisor.HUNG_SECONDS - 1
    os.utime(beat, (old, old))

    assert made.is_hung


def test_only_the_default_clusters_machines_send(data: Path) -> None:
    names = {
        cluster: [one.name for one in Supervisor(cluster)._children]
        for cluster in ("default", "gpu")
    }

    assert names == {"default": ["qcluster", "send_webhooks"], "gpu": ["qcluster"]}


@pytest.mark.django_db
def test_the_command_beats_and_ends_when_it_is_told_to(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(self: senders.Sender) -> None:
        self.stop()

    monkeypatch.setattr(senders.Sender, "turn", once)

    call_command("send_webhooks")

    assert (data / "beats" / work.WEBHOOKS).exists()


@pytest.mark.django_db
def test_the_doctor_says_when_nobody_sends() -> None:
    endpoint = make_endpoint("https://example.com/")
    Event.objects.update(spread=True)
    assert check_webhooks().level == "ok"

    event = tell(endpoint.workspace)
    assert check_webhooks().level == "ok"
    late = timezone.now() - timedelta(minutes=6)
    Event.objects.filter(pk=event.pk).update(created_at=late)
    assert check_webhooks().level == "error"

    spread()
    assert check_webhooks().level == "ok"
    Delivery.objects.update(next_at=late)
    found = check_webhooks()

    assert found.level == "error"
    assert "manage.py worker" in found.fix
