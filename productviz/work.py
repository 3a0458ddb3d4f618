"""The one queue task: look at the rows and work until none is due or the slice is over.

A task carries nothing, so a lost or doubled one is harmless (docs/adr/0001).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from django.conf import settings

from generation import painting_work, work as generation_work
from integrations import work as integrations_work
from productviz.lib.lease import new_owner
from productviz.lib.queue import DEFAULT, GPU, this_cluster, wake_now
from productviz.lib.stopping import is_stopping
from productviz.outbox.prune import prune as prune_outbox

log = structlog.get_logger(__name__)

SLICE_SECONDS = 30.0
BEAT_SECONDS = 10.0
REST_SECONDS = 0.5
WEBHOOKS = "webhooks"  # what the sender of webhooks beats as
# Store events and publications first: they are short, and a merchant waits for them.
SOURCES: tuple[Callable[[str], int], ...] = (
    *integrations_work.SOURCES,
    *generation_work.SOURCES,
)
_SOURCES_OF = {DEFAULT: SOURCES, GPU: generation_work.PAINTING}


def drain(sources: Sequence[Callable[[str], int]] | None = None) -> int:
    """Work for up to one slice; wakes itself again when the slice ends with work left.

    Without ``sources`` on all that this process's cluster does.
    """
    owner, cluster = new_owner(), this_cluster()
    deadline = time.monotonic() + SLICE_SECONDS
    rounds = _Rounds(_SOURCES_OF.get(cluster, SOURCES) if sources is None else sources, owner)
    done = 0
    with _Beating(cluster):
        while time.monotonic() < deadline:
            round_done = rounds.run() or rounds.run(everyone=True)
            if not round_done or is_stopping():
                return done
            done += round_done
    wake_now(cluster)
    return done


def rescue() -> int:
    """Free what dead workers of this machine still hold; run at every worker start."""
    freed = generation_work.rescue() + integrations_work.rescue()
    if freed:
        log.warning("freed the work of dead workers", rows=freed)
    return freed


def hand_back() -> int:
    """Free what workers that we have just killed held; their claims do not count."""
    return generation_work.rescue(counted=False) + integrations_work.rescue(counted=False)


def poll() -> int:
    """Every few minutes: ask for the sweeps that are due, go on with what automations held."""
    return integrations_work.poll() + generation_work.poll()


def daily() -> int:
    """Once a day: wake webhooks that stores disabled, forget old hints and events, sweep files."""
    return generation_work.daily() + integrations_work.daily() + prune_outbox()


def is_due(cluster: str = DEFAULT) -> bool:
    """Whether any row waits for a worker of the cluster now."""
    if cluster == GPU:
        return painting_work.is_due()
    return integrations_work.due() or generation_work.is_due()


class _Rounds:
    """Asks every source in turn; one that has nothing is let alone for a moment while others have.

    Asking all of them costs about as much as everything that the database does for one image.
    """

    def __init__(self, sources: Sequence[Callable[[str], int]], owner: str) -> None:
        self._owner = owner
        self._again_at = dict.fromkeys(sources, 0.0)

    def run(self, *, everyone: bool = False) -> int:
        """One round; the number done."""
        done = 0
        for source, again_at in self._again_at.items():
            if (everyone or again_at <= time.monotonic()) and not is_stopping():
                count = source(self._owner)
                done += count
                self._again_at[source] = 0.0 if count else time.monotonic() + REST_SECONDS
        return done


class _Beating:
    """Beats while a slice runs, so that one long image is not taken for a hung cluster."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        beat(self._cluster)
        while not self._over.wait(BEAT_SECONDS):
            beat(self._cluster)


def beat(cluster: str) -> None:
    """Note that the cluster is alive, for the watchdog beside it on this machine."""
    path = _beat_file(cluster)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def seconds_since_beat(cluster: str) -> float:
    """How long the cluster has given no sign of life."""
    path = _beat_file(cluster)
    return time.time() - path.stat().st_mtime if path.exists() else 0.0


def _beat_file(cluster: str) -> Path:
    return Path(settings.DATA_DIR) / "beats" / cluster
