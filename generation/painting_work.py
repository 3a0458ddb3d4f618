"""What the GPU's workers do: claim what a model may paint together, and run each row in a thread.

The threads meet again in front of the painter (diffusion.gathering): while it paints some, others
are prepared, finished, verified and stored. Nothing here knows torch.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Collection, Set
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models import QuerySet

from generation import hosting, review
from generation.inference.engines.diffusion.watching import watch
from generation.line import is_risky, paintable, take_alike, waiting
from generation.models import Generation
from generation.painting_watch import RowWatch, megapixels, note_steps
from productviz.lib.favour import Favour
from productviz.lib.lease import Heartbeat, due, free, release
from productviz.lib.queue import GPU
from productviz.lib.stopping import is_stopping

if TYPE_CHECKING:
    from generation.stages import Stages

log = structlog.get_logger(__name__)

# Rows that wait for the painter besides those in its hands: a full go of the largest size, or what
# it paints in two seconds. More would be rows that another host, or a person, waits for.
AHEAD, AHEAD_SECONDS = 8, 2.0
MOST_IN_HAND = 24  # threads: one go is painted, one prepared, one finished
# Of photographs in hand: about seven bytes a pixel are held until a picture is stored.
MOST_MEGAPIXELS = 200.0
# A painter idles while the last rows of a shift are finished and the first of the next prepared
# (2.5 s where each takes a second), so a shift is long; but it ends well before the queue takes its
# task for hung (Q_CLUSTER, where this and the longest picture begun in it are added up).
SHIFT_SECONDS = 300.0
TICK_SECONDS = 0.5  # how often progress is told of and a cancel noticed, at most
LOOK_SECONDS, CLAIM_AGAIN_SECONDS, AWAY_SECONDS = 0.05, 0.25, 2.0


def run_paintings(
    owner: str, stages: Stages | None = None, serves: Collection[str] | None = None
) -> int:
    """Claim and make what waits for a painter, until nothing does or for a shift; the number begun.

    ``serves`` names what this host paints ("kind/line_up") instead of what it finds here.
    """
    given = None if serves is None else frozenset(serves)

    def pairs() -> frozenset[str]:
        return hosting.serving().pairs if given is None else given

    if not paintable(pairs()).filter(due()).exists():
        return 0
    if given is None:
        hosting.await_painter()
    # Here and not above: the web process looks at the queue too, and must not load the engines.
    from generation.stages import REAL

    with Heartbeat(Generation, owner) as heart:
        return Shift(owner, stages or REAL, pairs, heart).run()


def _places() -> int:
    """How many pictures the operator's serving system paints at a time; 0 without one."""
    return settings.REMOTE_ENGINE.at_once if settings.REMOTE_ENGINE else 0


def is_due() -> bool:
    """Whether something waits that this host serves, or may: it has not said yet what it does."""
    pairs = hosting.served_here()
    rows = waiting(GPU) if pairs is None else paintable(pairs)
    return rows.filter(due()).exists()


class _Pace:
    """How long this process's painter took for a picture lately; 0 before the first."""

    def __init__(self) -> None:
        self.seconds_each = 0.0

    @property
    def ahead(self) -> int:
        """How many rows are to wait for the painter.

        At first as many as it has in hand, where it is a serving system: those may take minutes.
        """
        if not self.seconds_each:
            return min(AHEAD, _places() or AHEAD)
        return max(1, min(int(AHEAD_SECONDS / self.seconds_each), AHEAD))

    def note(self, hands: Collection[RowWatch]) -> None:
        """Take what a shift has painted so far for the measure."""
        painted = [hand for hand in hands if hand.painted_at]
        if painted:
            self.seconds_each = max(_busy(painted), 0.001) / len(painted)


def _busy(hands: Collection[RowWatch]) -> float:
    """Seconds in which any of these was painted; the load of a model before it does not count."""
    total = until = 0.0
    for begun, painted in sorted(
        (hand.stepped_at or hand.begun_at, hand.painted_at) for hand in hands
    ):
        total += max(painted - max(begun, until), 0.0)
        until = max(until, painted)
    return total


_pace = _Pace()
_favour = Favour()  # of this process's painter: it outlives a shift, as its models do


class Shift:
    """A painter's worker for a while: all rows in hand are of one owner, with one heartbeat."""

    def __init__(
        self, owner: str, stages: Stages, serves: Callable[[], frozenset[str]], heart: Heartbeat
    ) -> None:
        self._owner, self._stages, self._serves, self._heart = owner, stages, serves, heart
        self._over_at = time.monotonic() + SHIFT_SECONDS
        self._tick_at = self._claim_at = self._away_until = 0.0
        self._in_hand: list[RowWatch] = []
        self._kept: Generation | None = None  # goes alone, once the others are done
        self._changed = threading.Event()
        self._recent: list[RowWatch] = []
        self._threads: list[threading.Thread] = []
        self._broken: set[uuid.UUID] = set()  # whose thread has ended before its work
        self.begun = 0

    def run(self) -> int:
        """Work until nothing is left, or the shift is over; the number begun.

        Threads outlive no shift: without its heartbeat others would take their rows and paint them.
        """
        try:
            while self._look() or self._in_hand or self._kept:
                self._changed.wait(LOOK_SECONDS)
                self._changed.clear()
                self._in_hand = [hand for hand in self._in_hand if not hand.has_ended]
                if self._kept and not self._in_hand:
                    self._begin(self._kept)
                    self._kept = None
        finally:
            self._end()
        return self.begun

    def _look(self) -> int:
        """Claim, and tell how it stands; the number claimed. The database may be away meanwhile."""
        if time.monotonic() < self._away_until:
            return 0
        try:
            claimed = self._claim()
            if is_stopping():
                self._hand_back()
            self._tick()
        except DatabaseError as error:
            log.warning("painting goes on without its database", error=str(error))
            connections.close_all()
            self._away_until = time.monotonic() + AWAY_SECONDS
            return 0
        return claimed

    def _end(self) -> None:
        """Have every thread give up what it has not done, and wait for it."""
        for hand in self._in_hand:
            hand.is_gone = True
        for thread in self._threads:
            thread.join()
        with suppress(DatabaseError):  # or the leases run out
            self._free(set(self._held().values_list("pk", flat=True)))

    def _claim(self) -> int:
        """Claim a group and begin it, where there is room for one; the number claimed."""
        room = self._room()
        if not room:
            return 0
        rows = self._light_enough(self._next(room))
        self._claim_at = 0.0 if rows else time.monotonic() + CLAIM_AGAIN_SECONDS
        if rows and self._in_hand and is_risky(rows[0]):
            (self._kept,) = rows
        else:
            for row in rows:
                self._begin(row)
        return len(rows)

    def _next(self, room: int) -> list[Generation]:
        return take_alike(self._owner, limit=room, serves=self._serves(), favour=_favour)

    def _light_enough(self, rows: list[Generation]) -> list[Generation]:
        """Those whose photographs fit beside what is in hand; the rest goes back, uncounted."""
        weights = megapixels([*rows, *(hand.row for hand in self._in_hand)]) if rows else {}
        held = sum(weights.get(hand.row.pk, 0.0) for hand in self._in_hand)
        taken = 0
        for row in rows:
            held += weights.get(row.pk, 0.0)
            if held > MOST_MEGAPIXELS and (taken or self._in_hand):
                break
            taken += 1
        release(rows[taken:], self._owner)
        return rows[:taken]

    def _room(self) -> int:
        is_alone = self._kept or any(is_risky(hand.row) for hand in self._in_hand)
        now = time.monotonic()
        if is_alone or is_stopping() or not self._claim_at <= now <= self._over_at:
            return 0
        ahead = sum(not hand.begun_at for hand in self._in_hand)
        most = max(MOST_IN_HAND, _places() + 2 * AHEAD)
        return max(min(self._wanted() - ahead, most - len(self._in_hand)), 0)

    def _wanted(self) -> int:
        """How many rows are to wait: no place of a serving system is to stay free."""
        painted = sum(hand.is_being_painted for hand in self._in_hand)
        return max(_pace.ahead, min(_places() - painted, AHEAD))

    def _begin(self, row: Generation) -> None:
        hand = RowWatch(row)
        self._in_hand.append(hand)
        self._recent = [*self._recent, hand][-2 * AHEAD :]
        self.begun += 1
        thread = threading.Thread(target=self._advance, args=(hand,), name=row.public_id)
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()

    def _advance(self, hand: RowWatch) -> None:
        from generation.pipeline import advance

        try:
            watch.set(hand)
            hand.limits(self._heart.limit_of(hand.row))
            advance(hand.row, self._owner, self._stages, limit=hand.limit)
        except BaseException:
            self._broken.add(hand.row.pk)
            raise
        finally:
            hand.has_ended = True
            self._changed.set()
            connections.close_all()

    def _tick(self) -> None:
        """Tell how far the rows are, and notice those that are not wanted or not ours any more."""
        now = time.monotonic()
        news = [hand for hand in self._in_hand if hand.told_at + TICK_SECONDS <= now]
        if now < self._tick_at:
            news = [hand for hand in news if hand.told is None]  # begun: told at once
        note_steps(news, self._owner, at=now)
        if now < self._tick_at:
            return
        self._tick_at = now + TICK_SECONDS
        self._let_go()
        _pace.note(self._recent)

    def _held(self) -> QuerySet[Generation]:
        return Generation.objects.filter(lease_owner=self._owner)

    def _let_go(self) -> None:
        """Whoever is told that a row is given up may settle it: it must not be ours any more."""
        wanted = dict(self._held().values_list("pk", "cancel_requested"))
        for hand in self._in_hand:
            if wanted.get(hand.row.pk, True):
                if hand.row.pk in wanted:
                    review.stop_if_waiting(hand.row)
                hand.is_gone = True
        kept = [self._kept] if self._kept else []
        self._free(wanted.keys() - {row.pk for row in (*kept, *(h.row for h in self._in_hand))})

    def _free(self, left: Set[uuid.UUID]) -> None:
        """Free what is ours and in no hand: the database was away when it was claimed or let go.

        Our heartbeat would keep it from everybody. That is no row's fault and not counted, unless
        its thread broke off.
        """
        broken = self._broken & left
        if broken:
            self._held().filter(pk__in=broken).update(**free())
        release([Generation(pk=pk) for pk in left - broken], self._owner)

    def _hand_back(self) -> None:
        """Free, uncounted, what the painter has not begun; the rest is finished."""
        left = [hand for hand in self._in_hand if not hand.begun_at and not hand.is_gone]
        release([hand.row for hand in left], self._owner)
        if self._kept:
            release([self._kept], self._owner)
            self._kept = None
        for hand in left:
            hand.is_gone = True
