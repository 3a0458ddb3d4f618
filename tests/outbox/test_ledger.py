"""What the ends of tries change, and what they no longer may."""

from __future__ import annotations

import pytest
from django.utils import timezone

from productviz.outbox import endpoints, ledger
from productviz.outbox.models import Delivery, DeliveryAttempt
from productviz.outbox.tries import Job, Outcome
from tests.outbox.rows import delivery_of, make_endpoint, tell

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def outcome(delivery: Delivery, number: int, *, error: str = "") -> Outcome:
    """How a try of the delivery ended."""
    job = Job(
        delivery.pk,
        delivery.endpoint_id,
        delivery.endpoint.url,
        delivery.event.public_id,
        delivery.event.type,
        number,
        body=b"{}",
        secrets=(),
    )
    return Outcome(job, timezone.now(), 5, status=500 if error else 200, error=error)


def waiting(attempts: int) -> Delivery:
    """A delivery that has had some tries."""
    endpoint = make_endpoint("https://hooks.example/")
    event = tell(endpoint.workspace)
    return Delivery.objects.create(
        endpoint=endpoint, event=event, attempts=attempts, next_at=timezone.now()
    )


def test_an_older_failure_settles_no_delivery_that_was_begun_anew() -> None:
    delivery = waiting(attempts=9)
    last = outcome(delivery, 10, error="status_not_2xx")
    endpoints.redeliver(delivery)

    ledger.write([last])

    row = delivery_of(delivery.event)
    assert (row.state, row.attempts) == ("pending", 0)
    assert not DeliveryAttempt.objects.exists()


def test_the_failure_of_the_last_try_gives_it_up() -> None:
    delivery = waiting(attempts=9)

    ledger.write([outcome(delivery, 10, error="status_not_2xx")])

    row = delivery_of(delivery.event)
    assert (row.state, row.attempts) == ("exhausted", 10)


def test_what_has_arrived_counts_whichever_try_it_was() -> None:
    delivery = waiting(attempts=9)
    last = outcome(delivery, 10)
    endpoints.redeliver(delivery)

    ledger.write([last])

    assert delivery_of(delivery.event).state == "delivered"
    assert DeliveryAttempt.objects.count() == 1
