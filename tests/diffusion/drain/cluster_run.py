"""A GPU cluster in processes of its own, and what is done to it; prints what became of the rows.

`python -m tests.diffusion.drain.cluster_run --data DIR --do worker` kills the workers in the
middle of a go, "painter" their painter's process, "stop" asks them to end, "plain" runs them
without a supervisor, "deadly" has one picture kill the painter whenever it is painted.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.e2e.processes import descendants, kill_tree, start, wait_until

ROWS = 20
DEADLY = 7


def main() -> None:
    """Set up, begin, do it, let it finish, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--do", required=True)
    options = parser.parse_args()
    here = Cluster(options.data, options.do)
    try:
        print(json.dumps(here.run()))  # noqa: T201
    finally:
        kill_tree(here.worker)


class Cluster:
    """An installation of its own with painted rows, prepared and in line for the painters."""

    def __init__(self, data: Path, do: str) -> None:
        self.do, self.log = do, data / "worker.log"
        os.environ.update(
            DJANGO_SETTINGS_MODULE="tests.diffusion.drain.cluster_settings",
            PRODUCTVIZ_MODE="development",
            PRODUCTVIZ_DATA_DIR=str(data / "var"),
            # What makes the host say that it serves scenes; nobody asks this server for anything.
            PRODUCTVIZ_REMOTE_ENGINE="openai+https://paint.example.com/v1",
            PRODUCTVIZ_REMOTE_MODEL="none",
            PRODUCTVIZ_REMOTE_MODEL_LICENCE="none",
            PRODUCTVIZ_REMOTE_KINDS="ai_scene",
            PRODUCTVIZ_REMOTE_AT_ONCE="8",
            SLOW_PAINTER="--steps 6 --seconds 0.1 --most 4",
        )
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        self.rows = self._rows()
        self.began = time.monotonic()
        self.start()

    def _rows(self) -> list[Any]:
        from generation import work
        from generation.inference.engines.diffusion.gathering import Gathering
        from productviz.lib.lease import new_owner
        from tests.diffusion.drain.rows import asked, shop
        from tests.diffusion.drain.stages import painted_stages
        from tests.diffusion.painters import NumpyPainter

        here = shop(ROWS)
        rows = asked(here, DEADLY)
        words = "tiny die" if self.do == "deadly" else "tiny"
        rows += asked(here, 1, words, first=DEADLY)
        rows += asked(here, ROWS - DEADLY - 1, first=DEADLY + 1)
        while work.run_generations(new_owner(), painted_stages(Gathering(NumpyPainter()))):
            pass
        return rows

    def start(self) -> None:
        """Start the cluster as an operator would."""
        if self.do == "plain":
            os.environ["Q_CLUSTER_NAME"] = "gpu"
            self.worker = start("manage.py", "qcluster", log=self.log)
        else:
            self.worker = start("manage.py", "worker", "--cluster", "gpu", log=self.log)

    def run(self) -> dict[str, Any]:
        """The report."""
        from generation.models import EngineHost

        code: int | None = None
        wait_until(lambda: self._ended() >= 2 and self._painting(), "the middle", seconds=120)
        hosts = EngineHost.objects.count()
        if self.do == "worker":
            kill_tree(self.worker)
            self.start()
        elif self.do == "painter":
            os.kill(self.painter(), signal.SIGKILL)
        elif self.do in ("stop", "plain"):
            code = self._stop()
        if self.do != "stop" and self.do != "plain":
            wait_until(self._is_over, "the end", seconds=240)
        return self._report() | {"code": code, "hosts": hosts, "loaded": self._loaded()}

    def _loaded(self) -> list[str]:
        from generation.models import EngineHost

        return [name for host in EngineHost.objects.all() for name in host.loaded]

    def painter(self) -> int:
        """The painter's process."""
        for pid in descendants(self.worker.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"tests.diffusion.slow_painter" in command:
                return pid
        raise LookupError("no painter runs")

    def _stop(self) -> int | None:
        family = descendants(self.worker.pid)
        self.worker.send_signal(signal.SIGTERM)
        try:
            code = self.worker.wait(60)
        except subprocess.TimeoutExpired:
            return None
        gone = time.monotonic() + 5
        while any(Path(f"/proc/{pid}/fd").exists() and _lives(pid) for pid in family):
            assert time.monotonic() < gone, "somebody lives on"
            time.sleep(0.1)
        return code

    def _ended(self) -> int:
        from generation.models import Generation

        return Generation.objects.filter(status__in=Generation.TERMINAL).count()

    def _is_over(self) -> bool:
        """Also does a default worker's part: what is made and was cut off is any worker's again."""
        from generation import work
        from generation.simulation.stand_ins import STAND_INS
        from productviz.lib.lease import new_owner

        work.run_generations(new_owner(), STAND_INS)
        return self._ended() == ROWS

    def _painting(self) -> bool:
        from generation.models import Generation

        waiting = Generation.objects.filter(status__in=Generation.WAITING)
        return waiting.filter(steps__gt=0).exclude(lease_owner="").exists()

    def _report(self) -> dict[str, Any]:
        from generation.models import Asset, Generation
        from productviz.outbox.models import Event

        rows = list(Generation.objects.order_by("turn"))
        last = ["completed", "failed", "rejected", "canceled", "expired"]
        types = [f"generation.{word}" for word in last]
        told = Counter(Event.objects.filter(type__in=types).values_list("object_id", flat=True))
        waiting = [row for row in rows if row.status in Generation.WAITING]
        return {
            "statuses": Counter(row.status for row in rows),
            "deadly": rows[DEADLY].status,
            "code_of_deadly": rows[DEADLY].error_code,
            "ends": Counter(told[row.pk] for row in rows),
            "assets": Asset.objects.count(),
            "held": sum(bool(row.lease_owner) for row in rows),
            "counted": sum(row.attempt for row in waiting),
            "seconds": time.monotonic() - self.began,
        }


def _lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


if __name__ == "__main__":
    main()
