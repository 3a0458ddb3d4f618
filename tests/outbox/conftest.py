"""Receivers on loopback, and a sender that works in the test's own thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from productviz.outbox.models import Delivery, Event
from productviz.outbox.sender import Sender
from tests.outbox.receiver import Answer, Receiver, echo

Listen = Callable[..., Receiver]
Send = Callable[..., Sender]


@pytest.fixture
def listen(settings: Any) -> Iterator[Listen]:
    """Start receivers that the operator has listed."""
    receivers: list[Receiver] = []
    settings.OUTBOUND_ALLOW_HOSTS = []

    def start(answer: Answer = echo, host: str = "127.0.0.1") -> Receiver:
        receiver = Receiver(answer, host)
        receivers.append(receiver)
        settings.OUTBOUND_ALLOW_HOSTS += [f"{host}:{receiver.port}"]
        return receiver

    yield start
    for receiver in receivers:
        receiver.close()


def is_quiet() -> bool:
    """Whether every event is spread and nothing is due."""
    from django.utils import timezone

    due = Delivery.objects.filter(state="pending", next_at__lte=timezone.now())
    return not Event.objects.filter(spread=False).exists() and not due.exists()


@pytest.fixture
def send() -> Iterator[Send]:
    """Let a sender work until a condition holds: by default, until nothing is due."""
    senders: list[Sender] = []

    def run(until: Callable[[], bool] = is_quiet, *, seconds: float = 60.0) -> Sender:
        if not senders:
            senders.append(Sender())
        sender = senders[0]
        deadline = time.perf_counter() + seconds
        sender._poll_at = 0.0
        while True:
            sender.turn()
            if until() and not sender.in_hand:
                return sender
            assert time.perf_counter() < deadline, "the sender did not get there in time"

    yield run
    for sender in senders:
        sender.stop()
        sender._finish()
