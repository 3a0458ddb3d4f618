"""Wake-ups for the workers. A task says only "look at the rows": losing one is harmless.

Nothing is enqueued before the transaction commits, and nothing when enough wake-ups wait already.
"""

from __future__ import annotations

import os
import time
from typing import Any

from django.conf import settings
from django.db import transaction
from django_q.brokers import get_broker
from django_q.tasks import async_task

SOON_SECONDS = 0.25
DEFAULT = "default"
GPU = "gpu"


def this_cluster() -> str:
    """Whose worker, or supervisor, this process is."""
    return os.environ.get("Q_CLUSTER_NAME", DEFAULT)


def wake(cluster: str = DEFAULT) -> None:
    """Ask the cluster's workers to look for work once the current transaction commits."""
    transaction.on_commit(lambda: wake_now(cluster))


class _Pace:
    """When this process last looked at the queue for something that comes in masses."""

    last = 0.0


def wake_soon() -> None:
    """``wake`` for what comes in masses: this process asks four times a second at most.

    What is left over is found by the watchdog's next look at the rows.
    """
    now = time.monotonic()
    if now - _Pace.last >= SOON_SECONDS:
        _Pace.last = now
        wake()


def wake_now(cluster: str = DEFAULT) -> bool:
    """Enqueue one wake-up unless one for every worker already waits; True if enqueued."""
    if get_broker(cluster).queue_size() >= _workers(cluster):
        return False
    async_task(settings.QUEUE_TASK, cluster=cluster, save=False)
    return True


def _workers(cluster: str) -> int:
    """How many worker processes a cluster has on one machine."""
    conf: dict[str, Any] = settings.Q_CLUSTER
    return int(conf["ALT_CLUSTERS"].get(cluster, conf)["workers"])
