"""Forgetting answers, deliveries and events, each at its own age."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from productviz.lib import ids
from productviz.lib.ids import uuid7
from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from productviz.outbox.prune import first_id, prune
from tests.outbox.rows import make_endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def told(endpoint: WebhookEndpoint, *, days: float) -> DeliveryAttempt:
    """An event with a delivery and a try, so many days ago: their ids say so."""
    at = timezone.now() - timedelta(days=days)
    event = Event.objects.create(
        id=id_of(at), created_at=at, workspace=endpoint.workspace, type="generation.completed",
        object_id=uuid7(), sequence=1, data={}, spread=True,
    )  # fmt: skip
    delivery = Delivery.objects.create(
        id=id_of(at), created_at=at, event=event, endpoint=endpoint, next_at=at,
        state="delivered", finished_at=at,
    )  # fmt: skip
    return DeliveryAttempt.objects.create(
        delivery=delivery, number=1, at=at, milliseconds=5, status=200, answer="thanks"
    )


def id_of(moment: datetime) -> uuid.UUID:
    return uuid.UUID(int=first_id(moment).int | secrets.randbits(74))


def test_it_forgets_by_age() -> None:
    endpoint = make_endpoint("https://example.com/")
    ages = (0, 6.9, 7.1, 29.9, 30.1, 90)
    tries = {age: told(endpoint, days=age) for age in ages}

    prune()

    left = dict(DeliveryAttempt.objects.values_list("pk", "answer"))
    assert left == {
        tries[0].pk: "thanks", tries[6.9].pk: "thanks", tries[7.1].pk: "", tries[29.9].pk: "",
    }  # fmt: skip
    assert Delivery.objects.count() == 4
    assert Event.objects.exclude(type="ping").count() == 4


def test_it_forgets_more_than_a_piece_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("productviz.outbox.prune.PIECE", 3)
    endpoint = make_endpoint("https://example.com/")
    for _ in range(10):
        told(endpoint, days=31)
        told(endpoint, days=8)

    prune()

    assert DeliveryAttempt.objects.filter(answer="").count() == 10
    assert Delivery.objects.count() == 10


def test_an_id_says_when_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ids never go back, and another test of this process may have travelled further.
    monkeypatch.setattr(ids, "_clock", ids._Clock())
    moment = timezone.now()

    with time_machine.travel(moment + timedelta(seconds=1), tick=False):
        later = uuid7()

    assert first_id(moment) < later
    assert first_id(moment + timedelta(seconds=2)) > later
