"""What the ends of tries change, and what they no longer may."""

from __future__ import annotations

import pytest
from django.utils import timezone

from productviz.outbox import endpoints, ledger
from productviz.outbox.models import Delivery, DeliveryAttempt, WebhookEndpoint
from productviz.outbox.tries import Job, Outcome
from tests.outbox.rows import delivery_of, make_endpoint, tell

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def outcome(delivery: Delivery, number: int, *, error: str = "", verifies: bool = False) -> Outcome:
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
        verifies=verifies,
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


def test_an_endpoint_has_another_version_once_it_is_verified_and_only_then() -> None:
    first, second = waiting(attempts=0), waiting(attempts=0)
    WebhookEndpoint.objects.update(verified_at=None)
    before = [WebhookEndpoint.objects.get(pk=one.endpoint_id).version for one in (first, second)]

    ledger.write([outcome(first, 1, verifies=True), outcome(second, 1)])
    after = [WebhookEndpoint.objects.get(pk=one.endpoint_id) for one in (first, second)]
    assert [row.verified_at is None for row in after] == [False, True]

    assert all(row.last_success_at for row in after)
    assert [row.version - known for row, known in zip(after, before, strict=True)] == [1, 0]
