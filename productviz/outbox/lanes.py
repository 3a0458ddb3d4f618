"""One endpoint's lane in a sender process: what waits, what is in hand, and how fast it may go.

Pure bookkeeping: the clock comes from outside, and nobody sends or reads rows here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from productviz.outbox.models import Delivery, WebhookEndpoint

AT_ONCE = 5
PER_SECOND = 20
REPLAYS_PER_SECOND = 10  # while what was given up is sent again
HOST_PER_SECOND = 50  # over all tenants: nobody may use us to flood a third party


class Pace:
    """At most ``limit`` starts in any second."""

    def __init__(self, limit: int) -> None:
        self._starts: deque[float] = deque(maxlen=limit)

    def wait(self, now: float) -> float:
        """Seconds until one more may start; 0 for now."""
        if len(self._starts) < (self._starts.maxlen or 0):
            return 0.0
        return max(0.0, self._starts[0] + 1.0 - now)

    def start(self, now: float) -> None:
        """Note a start."""
        self._starts.append(now)


@dataclass(slots=True)
class Lane:
    """An endpoint that this process holds. ``window`` is how many tries may be under way.

    It opens with each success up to five, so that a receiver that hangs holds one thread and not
    five; after a failure, and while old events are replayed in order, it is one.
    """

    endpoint: WebhookEndpoint
    used_at: float
    window: int = 1
    recover_at: float = 0.0
    pace: Pace = field(default_factory=lambda: Pace(PER_SECOND))
    replays: Pace = field(default_factory=lambda: Pace(REPLAYS_PER_SECOND))
    waiting: deque[Delivery] = field(default_factory=deque)
    in_hand: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.endpoint.last_success_at and not self._is_one_by_one:
            self.window = 2

    def refresh(self, endpoint: WebhookEndpoint) -> None:
        """Go on with the row as it is now; what waited for another address does not go to this."""
        if endpoint.url != self.endpoint.url:
            self.waiting.clear()
        self.endpoint = endpoint
        if self._is_one_by_one:
            self.window = 1

    @property
    def host(self) -> str:
        """The name that the address has, or its number."""
        return urlsplit(self.endpoint.url).hostname or ""

    @property
    def _is_one_by_one(self) -> bool:
        return bool(self.endpoint.failures or self.endpoint.recover_since)

    @property
    def is_proven(self) -> bool:
        """Whether its last try went well."""
        return self.window > 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self.waiting and not self.in_hand

    def has_room(self) -> bool:
        """Whether a try may begin, but for the pace."""
        return bool(self.waiting) and len(self.in_hand) < self.window

    def wait(self, now: float) -> float:
        """Seconds until the pace allows one more try; 0 for now."""
        replays = self.replays.wait(now) if self.endpoint.recover_since else 0.0
        return max(self.pace.wait(now), replays)

    def offer(self, deliveries: list[Delivery]) -> None:
        """Line up due deliveries that are not in the lane already."""
        known = self.in_hand.union(delivery.pk for delivery in self.waiting)
        self.waiting.extend(row for row in deliveries if row.pk not in known)

    def take(self, now: float) -> Delivery:
        """Take the next one in hand."""
        delivery = self.waiting.popleft()
        self.in_hand.add(delivery.pk)
        self.pace.start(now)
        self.replays.start(now)
        self.used_at = now
        return delivery

    def done(self, delivery_id: UUID, *, ok: bool, now: float) -> None:
        """A try has ended and is written down."""
        self.in_hand.discard(delivery_id)
        self.used_at = now
        self.window = 1 if not ok or self._is_one_by_one else min(self.window + 1, AT_ONCE)
