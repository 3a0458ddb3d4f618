"""`manage.py worker`: the queue's workers under a watchdog."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from productviz.lib import queue
from productviz.supervisor import Supervisor


class Command(BaseCommand):
    """Run one cluster of workers until stopped."""

    help = "Work on the queue until stopped (SIGTERM or Ctrl-C finishes what is in hand)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which cluster."""
        parser.add_argument(
            "--cluster",
            choices=[queue.DEFAULT, queue.GPU],
            default=queue.this_cluster(),
            help="default: everything a CPU does; gpu: the diffusion engine."
            " Q_CLUSTER_NAME in the environment says it, too.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Supervise the cluster."""
        Supervisor(options["cluster"]).run()
