"""This process as a host that paints: what it serves, and the row in which it says so.

Written every few seconds for as long as the process lives. A host that is gone is known by a row
that grows old: what it served is waited for while it may come back (`generation.availability`).
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from multiprocessing.util import Finalize

import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from generation import availability
from generation.hosts import FRESH
from generation.inference.engines.diffusion import far, here
from generation.inference.engines.diffusion.model import PAIRS, RegistryError
from generation.inference.engines.diffusion.wire import Standing
from generation.models import EngineHost
from productviz.lib.stopping import is_stopping

log = structlog.get_logger(__name__)

EVERY_SECONDS, LOOK_SECONDS = 10.0, 0.5
# Within which a painter mostly is up, and after which this process works without its word.
START_SECONDS = 30.0
FORGOTTEN = timedelta(days=7)
# Merchants read it: the log and `manage.py doctor` name the file.
_NO_REGISTRY = (
    "The list of models of a GPU worker cannot be read. Whoever runs this installation finds the"
    " line at fault with `manage.py doctor` on that machine."
)


@dataclass(frozen=True, slots=True)
class Serving:
    """What a host paints, as "kind/line_up"; what it does not, with the reason and the fix."""

    pairs: frozenset[str]
    missing: Mapping[str, str] = field(default_factory=dict)


def serving() -> Serving:
    """What can be painted here: by models on this machine, or through the remote engine.

    Not what whoever paints it is known to fail at just now. Cheap enough for every claim.
    """
    near, distant = here.obstacle(), far.obstacles()
    remote = availability.remote_kinds()
    reasons = {
        pair: distant.get(_kind(pair), "") if _kind(pair) in remote else reason or near
        for pair, reason in _models().items()
    }
    missing = {pair: reason for pair, reason in reasons.items() if reason}
    return Serving(frozenset(reasons) - frozenset(missing), missing)


class _Start:
    """Until when the painter's first word is waited for; None before anybody has."""

    until: float | None = None


def await_painter() -> None:
    """Wait once a process, for some seconds, until the painter of the models here is up.

    It alone knows the device's memory. Before that, rows would be claimed for models that do not
    fit.
    """
    if _Start.until is None:
        _Start.until = time.monotonic() + START_SECONDS
    while None in _models().values() and not is_stopping() and time.monotonic() < _Start.until:
        if here.standing() or here.obstacle():
            _Start.until = 0.0
            return
        time.sleep(LOOK_SECONDS)


class _Look:
    """What the files said when this process last looked: that takes reading all their heads.

    ``told`` is what its painter had said of its models and its memory.
    """

    at = 0.0
    told: tuple[Mapping[str, str], int | None] = {}, None
    reasons: Mapping[str, str | None] = {}


def _models() -> Mapping[str, str | None]:
    """Why the models here cannot paint each pair, looked at anew after some seconds."""
    now, told = time.monotonic(), (here.troubles(), here.room())
    if not _Look.reasons or told != _Look.told or now - _Look.at >= EVERY_SECONDS:
        _Look.reasons, _Look.at, _Look.told = _by_files(*told), now, told
    return _Look.reasons


def _by_files(troubles: Mapping[str, str], room: int | None) -> Mapping[str, str | None]:
    try:
        return availability.here(troubles, room)
    except RegistryError as error:
        log.error("the model registry cannot be read", reason=str(error))
        return dict.fromkeys(PAIRS, _NO_REGISTRY)


def _kind(pair: str) -> str:
    return pair.partition("/")[0]


def served_here() -> frozenset[str] | None:
    """What this host's row says that it serves; None where it has said nothing lately.

    For a process beside the one that paints, which knows what is wrong with its painter.
    """
    fresh = timezone.now() - FRESH
    rows = EngineHost.objects.filter(name=host_name(), seen_at__gt=fresh)
    pairs = rows.values_list("serves", flat=True).first()
    return None if pairs is None else frozenset(pairs)


def host_name() -> str:
    """This host among others: one machine may have several, each with its own device."""
    device = "" if settings.GPU_DEVICE == "auto" else f" {settings.GPU_DEVICE}"
    return f"{socket.gethostname()}{device}"[:80]


class Host:
    """The thread that writes the row, as long as the process lives or until it is to stop."""

    def __init__(
        self,
        *,
        serving: Callable[[], Serving] = serving,
        standing: Callable[[], Standing | None] = lambda: None,
    ) -> None:
        self._serving, self._standing = serving, standing
        self._started_at = timezone.now()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine host", daemon=True)

    def start(self) -> None:
        """Begin, and see to the end of a process that is not killed."""
        self._thread.start()
        Finalize(None, self.stop, exitpriority=10)

    def stop(self) -> None:
        """Say for the last time how it stands: nothing is loaded any more."""
        self._over.set()
        self._thread.join(5)

    def _run(self) -> None:
        try:
            while not self._is_over():
                self._write()
                self._rest()
        finally:
            self._sign_off()
            connections.close_all()

    def _rest(self) -> None:
        for _ in range(int(EVERY_SECONDS / LOOK_SECONDS)):
            if self._is_over():
                return
            self._over.wait(LOOK_SECONDS)

    def _is_over(self) -> bool:
        return self._over.is_set() or is_stopping()

    def _write(self) -> None:
        try:
            write(self._serving(), self._standing(), self._started_at)
        except Exception:  # it may be back at the next look
            log.exception("the host could not say how it stands")
        finally:
            connections.close_all()

    def _sign_off(self) -> None:
        mine = EngineHost.objects.filter(name=host_name(), started_at=self._started_at)
        try:
            mine.update(loaded=[], memory_used=0)
        except DatabaseError as error:
            log.warning("the host could not sign off", error=str(error))


def write(served: Serving, standing: Standing | None, started_at: datetime) -> None:
    """Write the row as of now; figures that nobody knows yet are left as they were."""
    values = {
        "serves": sorted(served.pairs),
        "missing": dict(served.missing),
        "started_at": started_at,
        "seen_at": timezone.now(),
    }
    if standing is not None:
        values |= {
            "device": standing.device[:120],
            "memory_used": standing.used,
            "memory_total": standing.total,
            "loaded": list(standing.loaded),
        }
    EngineHost.objects.update_or_create(name=host_name(), defaults=values)


def forget_gone() -> int:
    """Remove the rows of hosts that have not been heard of for a week; for the schedule."""
    return EngineHost.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()[0]


@cache
def begin(process: int) -> Host:
    """Have this process say that it paints; once a process, by its id."""
    host = Host(standing=_standing)
    host.start()
    return host


def _standing() -> Standing | None:
    """How the painter of this process stands; started for it where a model can paint here.

    The serving system is asked whether it is well again, too.
    """
    far.look()
    return here.standing() if None in _models().values() else None


def begin_here() -> None:
    """``begin`` for whatever process this is."""
    begin(os.getpid())
