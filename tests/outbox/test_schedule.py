"""Time travel along the whole ladder, and everything else that waits for hours or days."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from productviz.accounts.models import Role
from productviz.lib.ids import uuid7
from productviz.outbox import endpoints
from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from productviz.outbox.tries import Job, Outcome, next_try
from tests.factories import make_user
from tests.outbox.conftest import Listen, Send, is_quiet
from tests.outbox.receiver import echo, status
from tests.outbox.rows import SECRET, delivery_of, make_endpoint, tell

pytestmark = pytest.mark.django_db

HOURS = 3600
LADDER = [5, 300, 1800, 2 * HOURS, 5 * HOURS, 10 * HOURS, 14 * HOURS, 20 * HOURS, 24 * HOURS]
START = datetime.fromisoformat("2026-11-29T23:50:00+00:00")  # soon midnight, soon December


def test_it_walks_the_whole_ladder_and_gives_up(listen: Listen, send: Send) -> None:
    receiver = listen(status(500))
    with time_machine.travel(START, tick=True) as clock:
        endpoint = make_endpoint(receiver.url)
        event = tell(endpoint.workspace)
        waits = []
        for _ in LADDER:
            send()
            row = delivery_of(event)
            assert row.state == "pending"
            waits.append((row.next_at - timezone.now()).total_seconds())
            clock.move_to(row.next_at - timedelta(seconds=3))
            assert is_quiet(), "it is not due earlier"
            clock.move_to(row.next_at)
        send()
        receiver.hooks[-1].verify(SECRET)

    for waited, planned in zip(waits, LADDER, strict=True):
        assert planned * 0.9 - 3 <= waited <= planned * 1.1  # the test takes time, too
    row = delivery_of(event)
    assert (row.state, row.attempts) == ("exhausted", 10)
    assert [hook.headers["webhook-attempt"] for hook in receiver.hooks] == [
        str(number) for number in range(1, 11)
    ]
    assert {hook.headers["webhook-id"] for hook in receiver.hooks} == {event.public_id}
    assert DeliveryAttempt.objects.filter(delivery=row, status=500).count() == 10
    assert WebhookEndpoint.objects.get().status == "enabled"


@pytest.mark.parametrize("number", range(1, 10))
def test_the_waits_are_spread_by_a_tenth_either_way(number: int) -> None:
    job = Job(uuid7(), uuid7(), "", "evt_1", "batch.completed", number, body=b"", secrets=())
    planned = LADDER[number - 1]
    with time_machine.travel(START, tick=False):
        outcome = Outcome(job, START, 5, status=500, error="status_not_2xx")
        waits = [(next_try(outcome) - START).total_seconds() for _ in range(300)]

    assert planned * 0.9 <= min(waits) < planned * 0.93
    assert planned * 1.07 < max(waits) <= planned * 1.1


@pytest.mark.parametrize("kind", ["batch.progress", "generation.stage_changed"])
def test_news_of_the_way_is_tried_once(kind: str, listen: Listen, send: Send) -> None:
    receiver = listen(status(500))
    endpoint = make_endpoint(receiver.url)
    event = tell(endpoint.workspace, kind)

    send()

    row = delivery_of(event)
    assert (row.state, row.attempts, len(receiver.hooks)) == ("exhausted", 1, 1)


@pytest.mark.parametrize(
    ("code", "asked", "least", "most"),
    [
        (503, "120", 100, 121),
        (429, "120", 100, 121),
        (503, "999999", 3580, 3601),
        (503, "0", 1, 6),
        (500, "120", 1, 6),
    ],
    ids=["503", "429", "capped at an hour", "never sooner than the ladder", "only of the busy"],
)
def test_it_leaves_a_busy_receiver_alone_as_long_as_it_asks(
    code: int, asked: str, least: int, most: int, listen: Listen, send: Send
) -> None:
    receiver = listen(status(code, Retry_After=asked))
    endpoint = make_endpoint(receiver.url)
    event = tell(endpoint.workspace)

    send()

    wait = (delivery_of(event).next_at - timezone.now()).total_seconds()
    assert least <= wait <= most


def test_the_receivers_other_events_wait_as_long(listen: Listen, send: Send) -> None:
    receiver = listen(status(429, Retry_After="60"))
    endpoint = make_endpoint(receiver.url)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        tell(endpoint.workspace)
        send()
        receiver.answer = echo
        later = tell(endpoint.workspace)
        send(lambda: not Event.objects.filter(spread=False).exists())
        assert (len(receiver.hooks), delivery_of(later).attempts) == (1, 0)

        clock.shift(61)
        send()

    assert len(receiver.hooks) == 3
    assert not Delivery.objects.exclude(state="delivered").exists()


def test_a_gone_receiver_is_believed_at_once(listen: Listen, send: Send) -> None:
    receiver, other = listen(status(410)), listen()
    endpoint = make_endpoint(receiver.url)
    make_endpoint(other.url, endpoint.workspace, event_types=["batch.completed"])
    event = tell(endpoint.workspace)

    send()

    endpoint.refresh_from_db()
    assert (endpoint.status, len(receiver.hooks)) == ("disabled", 1)
    assert "410" in endpoint.disabled_reason
    assert delivery_of(event, endpoint).state == "exhausted"
    (told,) = other.hooks
    assert told.event["type"] == "webhook_endpoint.disabled"
    assert told.event["data"]["object"]["id"] == endpoint.public_id
    assert told.event["data"]["previous"] == {"status": "enabled"}
    assert told.event["sequence"] == endpoint.version


def test_ten_failures_in_a_row_open_the_breaker_and_a_minutes_probe_closes_it(
    listen: Listen, send: Send
) -> None:
    receiver = listen(status(500))
    endpoint = make_endpoint(receiver.url)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        for _ in range(14):
            tell(endpoint.workspace)
        send(lambda: WebhookEndpoint.objects.get().failures == 10)
        endpoint.refresh_from_db()
        assert len(receiver.hooks) == 10
        assert endpoint.retry_at is not None
        assert 40 < (endpoint.retry_at - timezone.now()).total_seconds() < 61

        clock.shift(61)
        send(lambda: WebhookEndpoint.objects.get().failures == 11)
        assert len(receiver.hooks) == 11

        receiver.answer = echo
        clock.shift(61)
        send(lambda: Delivery.objects.filter(state="delivered").count() >= 4)

    after = WebhookEndpoint.objects.values_list("failures", "failing_since", "retry_at").get()
    assert after == (0, None, None)


def failing_for(endpoint: WebhookEndpoint, ago: timedelta) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        failures=9, failing_since=timezone.now() - ago
    )


@pytest.mark.django_db(transaction=True)
def test_five_days_of_failures_disable_and_tell_the_owners_and_the_others(
    listen: Listen, send: Send
) -> None:
    receiver, other = listen(status(500)), listen()
    endpoint = make_endpoint(receiver.url)
    owner = make_user(endpoint.workspace)
    make_user(endpoint.workspace, Role.EDITOR)
    make_endpoint(other.url, endpoint.workspace, event_types=["webhook_endpoint.*"])
    failing_for(endpoint, timedelta(days=5))
    given_up, waiting = (tell(endpoint.workspace) for _ in range(2))

    send()

    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    assert endpoint.disabled_reason.startswith("Every try has failed for 5 days.")
    assert {delivery_of(one).state for one in (given_up, waiting)} == {"exhausted"}
    assert [hook.event["type"] for hook in other.hooks] == ["webhook_endpoint.disabled"]
    (letter,) = await_letters(1)
    assert letter.to == [owner.email]
    assert receiver.url in letter.body
    assert "/webhook-endpoints/" in letter.body


def await_letters(count: int) -> list[mail.EmailMessage]:
    """Letters go out in a thread."""
    for thread in threading.enumerate():
        if thread.name == "letters":
            thread.join()
    assert len(mail.outbox) == count
    return list(mail.outbox)


def test_less_than_five_days_of_failures_do_not(listen: Listen, send: Send) -> None:
    receiver = listen(status(500))
    endpoint = make_endpoint(receiver.url)
    failing_for(endpoint, timedelta(days=5) - timedelta(minutes=5))
    tell(endpoint.workspace)

    send()

    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.failures) == ("enabled", 10)


def test_one_success_forgives_all_failures(listen: Listen, send: Send) -> None:
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    failing_for(endpoint, timedelta(days=6))
    tell(endpoint.workspace)

    send()

    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.failures, endpoint.failing_since) == ("enabled", 0, None)
    assert endpoint.last_success_at is not None


def test_an_endpoint_that_never_answers_its_ping_is_switched_off(
    listen: Listen, send: Send
) -> None:
    receiver = listen(status(404, b"Nothing here"))
    with time_machine.travel(START, tick=True) as clock:
        endpoint = make_endpoint(receiver.url, verified=False)
        event = tell(endpoint.workspace)
        for _ in range(10):
            send(lambda: not Event.objects.filter(spread=False).exists())
            ping = Delivery.objects.get(event__type="ping")
            clock.move_to(max(ping.next_at, timezone.now()) + timedelta(seconds=1))

    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    assert "never answered its first ping" in endpoint.disabled_reason
    assert {hook.event["type"] for hook in receiver.hooks} == {"ping"}
    assert len(receiver.hooks) == 10
    assert delivery_of(event).state == "exhausted"


def test_recover_replays_in_order_ten_a_second_at_most(listen: Listen, send: Send) -> None:
    receiver = listen(status(410))
    endpoint = make_endpoint(receiver.url)
    before = timezone.now()
    events = [tell(endpoint.workspace, version=number) for number in range(25)]
    send()
    receiver.answer = echo
    receiver.hooks.clear()
    endpoints.change(endpoint, status="enabled")

    assert endpoints.recover(endpoint, before) == 25
    send(lambda: WebhookEndpoint.objects.get().recover_since is None and is_quiet())

    assert [hook.headers["webhook-id"] for hook in receiver.hooks] == [
        event.public_id for event in events
    ]
    planned = list(Delivery.objects.order_by("next_at").values_list("next_at", flat=True))
    assert all(
        late - early >= timedelta(seconds=1)
        for early, late in zip(planned, planned[10:], strict=False)
    )
    assert not Delivery.objects.exclude(state="delivered").exists()


def test_recover_leaves_out_what_was_given_up_before(listen: Listen, send: Send) -> None:
    receiver = listen(status(500))
    endpoint = make_endpoint(receiver.url)
    old, new = (tell(endpoint.workspace, "batch.progress") for _ in range(2))
    send()
    Delivery.objects.filter(event=old).update(created_at=timezone.now() - timedelta(days=2))
    receiver.answer = echo

    assert endpoints.recover(endpoint, timezone.now() - timedelta(days=1)) == 1
    send(lambda: WebhookEndpoint.objects.get().recover_since is None and is_quiet())

    assert (delivery_of(old).state, delivery_of(new).state) == ("exhausted", "delivered")


def test_what_is_given_up_again_is_not_replayed_for_ever(listen: Listen, send: Send) -> None:
    receiver = listen(status(500))
    endpoint = make_endpoint(receiver.url)
    for _ in range(3):
        tell(endpoint.workspace, "batch.progress")
    send()
    endpoints.recover(endpoint, timezone.now() - timedelta(days=1))

    send(lambda: WebhookEndpoint.objects.get().recover_since is None and is_quiet())

    assert len(receiver.hooks) == 6
