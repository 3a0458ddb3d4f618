"""One try of one delivery, and when the next one is due. No database here: threads run this."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from productviz.lib.outbound import OutboundError
from productviz.lib.posting import Answer, post
from productviz.outbox.message import headers_of
from productviz.outbox.targets import check

log = structlog.get_logger(__name__)

_MINUTE, _HOUR = 60, 3600
# Seconds before each try, after the failure of the one before; ten tries in about three days.
LADDER = (
    0, 5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR,
    24 * _HOUR,
)  # fmt: skip
JITTER = 0.1  # so that what failed together does not come back together
GONE = 410
FORBIDDEN_ADDRESS = "url_forbidden_address"
# News of the way is worth nothing once the goal is reached.
_ONCE = (".progress", ".stage_changed")
_BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a thread needs to make one try; ``number`` counts from 1."""

    delivery_id: UUID
    endpoint_id: UUID
    url: str
    event_id: str
    event_type: str
    number: int
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    verifies: bool = False

    @property
    def is_last(self) -> bool:
        """Whether a failure is the end of it."""
        return self.number >= len(LADDER) or self.event_type.endswith(_ONCE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try went: ``error`` is empty if the receiver took the event.

    ``pause`` is how long, in seconds, the receiver wants to be left alone.
    """

    job: Job
    at: datetime
    milliseconds: int
    status: int | None = None
    error: str = ""
    answer: str = ""
    pause: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the event has arrived."""
        return not self.error


def attempt(job: Job) -> Outcome:
    """Make the try. Whatever happens becomes an outcome: a bug must not lose a delivery."""
    at, clock = timezone.now(), time.monotonic()
    try:
        answer = _send(job, at)
    except OutboundError as error:
        return Outcome(job, at, _milliseconds(clock), error=error.code)
    except Exception:
        log.exception("a webhook could not be sent", delivery=str(job.delivery_id))
        return Outcome(job, at, _milliseconds(clock), error="internal_error")
    return Outcome(
        job,
        at,
        _milliseconds(clock),
        status=answer.status,
        error=_error(job, answer),
        answer=answer.text,
        pause=(answer.retry_after or 0.0) if answer.status in _BUSY else 0.0,
    )


def _send(job: Job, at: datetime) -> Answer:
    check(job.url)
    headers = headers_of(job.event_id, job.body, secrets=job.secrets, at=at, number=job.number)
    return post(job.url, job.body, headers=headers)


def _error(job: Job, answer: Answer) -> str:
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        return "redirect_not_followed"
    return "gone" if answer.status == GONE else "status_not_2xx"


def _milliseconds(since: float) -> int:
    return round((time.monotonic() - since) * 1000)


def next_try(outcome: Outcome) -> datetime:
    """When to try again after a failure: by the ladder, and no sooner than the receiver asked."""
    wait = LADDER[outcome.job.number] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    return timezone.now() + timedelta(seconds=max(wait, outcome.pause))
