"""The process that sends webhooks: a loop that owns the database, and threads that own the wire.

Every endpoint with something due is leased by one process and has a lane there; the threads are
shared. What a lane may do is in lanes.py, a try in tries.py, its consequences in ledger.py. A
delivery stays pending until its try is written down, so a process may be killed at any moment.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from productviz.lib.lease import LEASE, claim, due, free, free_dead, held, new_owner
from productviz.outbox import ledger, recovery, rows
from productviz.outbox.lanes import AT_ONCE, HOST_PER_SECOND, Lane, Pace
from productviz.outbox.models import Delivery, WebhookEndpoint
from productviz.outbox.spread import CHUNK, spread
from productviz.outbox.tries import Job, Outcome, attempt

log = structlog.get_logger(__name__)

THREADS = 128
# Lanes whose last try did not go well may hold half of the threads: the others never run out.
UNPROVEN_THREADS = THREADS // 2
LANES = 500
CLAIM_AT_ONCE = 50  # what one process does not take, another one can
REFILL = 20
POLL_SECONDS = 0.2
IDLE_POLL_SECONDS = 0.5
KEEP_LANE_SECONDS = 2.0
KEEP_LEASE_SECONDS = LEASE.total_seconds() / 4
DROP_SECONDS = 30.0
GATHER_SECONDS = 0.01  # tries that end together are written down together
STOP_SECONDS = 20.0
AFTER_A_FAULT_SECONDS = 1.0


class Sender:
    """Sends until told to stop. ``beat`` is called with every turn: a sign of life."""

    def __init__(self, beat: Callable[[], object] = lambda: None) -> None:
        self.owner = new_owner()
        self.lanes: dict[UUID, Lane] = {}
        self._beat = beat
        self._hosts: dict[str, Pace] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        self._ended: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
        self._unwritten: list[Outcome] = []
        self._stopping = threading.Event()
        self._poll_at = self._keep_at = self._drop_at = 0.0

    def stop(self) -> None:
        """Begin nothing more; may be called from a signal handler."""
        self._stopping.set()
        self._ended.put(None)

    def run(self) -> None:
        """Send until stopped; a database that is away is waited for."""
        while not self._stopping.is_set():
            self._beat()
            if time.monotonic() >= self._poll_at:
                close_old_connections()
            try:
                self.turn()
            except Exception:
                log.exception("a turn of the webhook sender failed")
                self._stopping.wait(AFTER_A_FAULT_SECONDS)
        self._finish()

    def turn(self) -> None:
        """Write down what ended, look for what is due, begin what may begin, wait a moment."""
        self._write()
        if time.monotonic() >= self._poll_at:
            self._poll()
        self._gather(self._dispatch())

    @property
    def in_hand(self) -> int:
        """How many tries are under way or not yet written down."""
        return sum(len(lane.in_hand) for lane in self.lanes.values())

    def _poll(self) -> None:
        spread_now = spread()
        self._keep_leases()
        self._refill()
        self._let_go()
        self._claim()
        is_idle = not self.lanes and not spread_now
        pause = 0.0 if spread_now == CHUNK else IDLE_POLL_SECONDS if is_idle else POLL_SECONDS
        self._poll_at = time.monotonic() + pause

    def _claim(self) -> None:
        limit = min(CLAIM_AT_ONCE, LANES - len(self.lanes))
        waiting = rows.due_endpoints().exclude(pk__in=list(self.lanes))
        if limit <= 0 or not waiting.filter(due()).exists():
            return  # a claim is a write, even of nothing
        for endpoint in claim(waiting, owner=self.owner, limit=limit):
            self.lanes[endpoint.pk] = lane = Lane(endpoint, used_at=time.monotonic())
            self._fill(lane)

    def _keep_leases(self) -> None:
        now = time.monotonic()
        if now >= self._keep_at:
            self._keep_at = now + KEEP_LEASE_SECONDS
            mine = WebhookEndpoint.objects.filter(lease_owner=self.owner)
            mine.update(lease_until=timezone.now() + LEASE)
        if now >= self._drop_at:
            self._drop_at = now + DROP_SECONDS
            rows.drop_suspended()

    def _refill(self) -> None:
        """Top up the lanes that have something due; what may not be sent now leaves its lane."""
        if not self.lanes:
            return
        ready = {row.pk: row for row in rows.due_endpoints().filter(lease_owner=self.owner)}
        for pk, lane in self.lanes.items():
            if pk not in ready:
                lane.waiting.clear()
                continue
            lane.refresh(ready[pk])
            if len(lane.waiting) < AT_ONCE:
                self._fill(lane)

    def _fill(self, lane: Lane) -> None:
        if lane.endpoint.recover_since and time.monotonic() >= lane.recover_at:
            recovery.step(lane.endpoint)
            lane.recover_at = time.monotonic() + recovery.EVERY_SECONDS
        known = [*lane.in_hand, *(delivery.pk for delivery in lane.waiting)]
        lane.offer(rows.due_deliveries(lane.endpoint, but=known, limit=REFILL))

    def _let_go(self) -> None:
        since = time.monotonic() - KEEP_LANE_SECONDS
        over = [lane for lane in self.lanes.values() if lane.is_empty and lane.used_at < since]
        for lane in over:
            self._release(lane)
        hosts = {lane.host for lane in self.lanes.values()}
        self._hosts = {host: pace for host, pace in self._hosts.items() if host in hosts}

    def _release(self, lane: Lane) -> None:
        del self.lanes[lane.endpoint.pk]
        held(lane.endpoint, self.owner).update(**free(attempt=0))

    def _dispatch(self) -> float:
        """Begin what may begin, one of each lane in turn; seconds until more may begin."""
        soonest = max(self._poll_at - time.monotonic(), 0.0)
        lanes = list(self.lanes.values())
        while lanes:
            going = []
            for lane in lanes:
                wait = self._begin(lane)
                if wait is None:
                    continue
                if wait > 0:
                    soonest = min(soonest, wait)
                else:
                    going.append(lane)
            lanes = going
        return soonest

    def _begin(self, lane: Lane) -> float | None:
        """Begin one try: 0. Otherwise seconds until its pace allows one, or None for no turn."""
        if not lane.has_room() or not self._has_thread(lane):
            return None
        now = time.monotonic()
        host = self._hosts.setdefault(lane.host, Pace(HOST_PER_SECOND))
        if wait := max(lane.wait(now), host.wait(now)):
            return wait
        delivery = lane.take(now)
        host.start(now)
        if job := _job(lane, delivery):
            self._pool.submit(self._try, job)
        return 0.0

    def _has_thread(self, lane: Lane) -> bool:
        if lane.is_proven:
            return self.in_hand < THREADS
        unproven = (one for one in self.lanes.values() if not one.is_proven)
        return sum(len(one.in_hand) for one in unproven) < UNPROVEN_THREADS

    def _try(self, job: Job) -> None:
        self._ended.put(attempt(job))

    def _gather(self, seconds: float) -> None:
        """Wait for the first try to end, then a moment for its neighbours."""
        try:
            first = self._ended.get(timeout=seconds) if seconds > 0 else self._ended.get_nowait()
        except queue.Empty:
            return
        self._keep(first)
        if not self._stopping.is_set():
            time.sleep(GATHER_SECONDS)
        while not self._ended.empty():
            self._keep(self._ended.get_nowait())

    def _keep(self, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._unwritten.append(outcome)

    def _write(self) -> None:
        if not self._unwritten:
            return
        outcomes, self._unwritten = self._unwritten, []
        try:
            self._take_back(outcomes, ledger.write(outcomes))
        except (OperationalError, InterfaceError):
            self._unwritten = outcomes  # the database is away: later
            raise
        except Exception:
            log.exception("tries could not be written down together")
            self._write_singly(outcomes)

    def _write_singly(self, outcomes: Iterable[Outcome]) -> None:
        """Write what can be written; the rest stays in hand here, or it would be sent for ever."""
        for outcome in outcomes:
            try:
                alone = [replace(outcome, answer="")]
                self._take_back(alone, ledger.write(alone))
            except Exception:
                log.exception("a try cannot be written", delivery=str(outcome.job.delivery_id))

    def _take_back(
        self, outcomes: Iterable[Outcome], endpoints: dict[UUID, WebhookEndpoint]
    ) -> None:
        now = time.monotonic()
        for outcome in outcomes:
            if (lane := self.lanes.get(outcome.job.endpoint_id)) is None:
                continue
            if fresh := endpoints.get(outcome.job.endpoint_id):
                lane.endpoint.failures = fresh.failures
                is_quiet = fresh.retry_at is not None and fresh.retry_at > timezone.now()
                if is_quiet or fresh.status != WebhookEndpoint.Status.ENABLED:
                    lane.waiting.clear()
            lane.done(outcome.job.delivery_id, ok=outcome.ok, now=now)

    def _finish(self) -> None:
        """Wait for the tries under way, write them down, hand every lane back."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.in_hand and time.monotonic() < deadline:
            self._beat()
            self._gather(POLL_SECONDS)
            self._write()
        for lane in list(self.lanes.values()):
            self._release(lane)
        self._pool.shutdown(wait=False, cancel_futures=True)


def _job(lane: Lane, delivery: Delivery) -> Job | None:
    """The job; a delivery that none can be made of waits and holds up nobody."""
    try:
        return rows.job_of(delivery, lane.endpoint)
    except Exception:
        log.exception("a webhook could not be made", delivery=str(delivery.pk))
        rows.put_off(delivery)
        lane.in_hand.discard(delivery.pk)
        return None


def rescue() -> int:
    """Free the lanes of senders of this machine that are gone."""
    return free_dead(WebhookEndpoint)
