"""One POST to a receiver that owes us only a status: what its body says is kept for people to read.

Through the door of http.py, with its guard and its pinned address, but without its retries and
its patience: a webhook that failed is tried again by rows, hours later.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from productviz.lib.exchange import prepare, send_briefly
from productviz.lib.http import parse_retry_after
from productviz.lib.outbound import parse
from productviz.lib.sockets import Limits
from productviz.lib.text import storable

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
ANSWER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, what Retry-After asked for in seconds (at most an hour), and the body's head."""

    status: int
    retry_after: float | None
    text: str = field(repr=False)


def post(url: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
    """Send once, follow nothing, read 4 KB at most. Raises OutboundError if no status came."""
    target = parse(url)
    limits = Limits(
        deadline=time.monotonic() + TOTAL_SECONDS,
        connect=CONNECT_SECONDS,
        read=TOTAL_SECONDS,
        max_bytes=ANSWER_BYTES,
    )
    prepared = prepare("POST", target, headers=headers, data=body)
    response = send_briefly(prepared, limits, most=ANSWER_BYTES)
    return Answer(
        status=response.status_code,
        retry_after=parse_retry_after(response.headers.get("Retry-After", "")),
        text=storable(response.content.decode(errors="replace")),
    )
