"""How fast a lane may go, and that nobody's lane stands in another one's way."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from productviz.lib import posting
from productviz.lib.lease import new_owner
from productviz.outbox import endpoints, ledger, sender as senders
from productviz.outbox.lanes import AT_ONCE, PER_SECOND, Lane, Pace
from productviz.outbox.models import Delivery, Event, WebhookEndpoint
from productviz.outbox.sender import Sender, rescue
from productviz.outbox.tries import Outcome
from tests.outbox.conftest import Listen, Send
from tests.outbox.receiver import Hook, Together, echo, status
from tests.outbox.rows import delivery_of, make_endpoint, tell

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_a_pace_lets_no_more_start_in_any_second() -> None:
    pace, now, starts = Pace(20), 100.0, []
    for _ in range(60):
        now += pace.wait(now)
        pace.start(now)
        starts.append(now)

    assert starts[19] == 100.0
    assert all(late - early >= 1.0 for early, late in zip(starts, starts[20:], strict=False))


def test_a_lane_opens_with_each_success_and_closes_with_a_failure() -> None:
    lane = Lane(WebhookEndpoint(), used_at=0.0)
    windows = []
    for ok in (True, True, True, True, True, False, True):
        lane.done(Delivery().pk, ok=ok, now=0.0)
        windows.append(lane.window)

    assert windows == [2, 3, 4, 5, 5, 1, 2]
    assert AT_ONCE == 5
    assert PER_SECOND == 20


def test_it_sends_at_most_five_at_a_time_to_one_endpoint(listen: Listen, send: Send) -> None:
    came, together, five = count(1), Together(), threading.Event()

    def hold(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
        """Answer the four that open the lane; hold the others until five are in hand."""
        if next(came) >= AT_ONCE:
            with together as held:
                if held == AT_ONCE:
                    five.set()
                five.wait(10)
                time.sleep(0.1)
        echo(handler, hook)

    receiver = listen(hold)
    endpoint = make_endpoint(receiver.url)
    for _ in range(30):
        tell(endpoint.workspace)

    send()

    assert together.most == AT_ONCE
    assert len(receiver.hooks) == 30


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each try began, by the sender's own clock."""
    found: list[float] = []
    take = Lane.take

    def noted(self: Lane, now: float) -> Delivery:
        found.append(now)
        return take(self, now)

    monkeypatch.setattr(Lane, "take", noted)
    return found


def at_most(limit: int, starts: list[float]) -> bool:
    """Whether no more than ``limit`` began in any second."""
    return all(late - early >= 1.0 for early, late in zip(starts, starts[limit:], strict=False))


def test_it_sends_at_most_twenty_a_second_to_one_endpoint(
    listen: Listen, send: Send, starts: list[float]
) -> None:
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    for _ in range(45):
        tell(endpoint.workspace)

    send()

    assert len(receiver.hooks) == len(starts) == 45
    assert at_most(20, starts)


def test_it_sends_at_most_fifty_a_second_to_one_host_whoever_asks(
    listen: Listen, send: Send, starts: list[float]
) -> None:
    receiver = listen()
    for _ in range(8):
        endpoint = make_endpoint(receiver.url)
        for _ in range(15):
            tell(endpoint.workspace)

    send()

    assert len(receiver.hooks) == len(starts) == 120
    assert at_most(50, starts)


def test_a_replaying_lane_starts_ten_a_second_one_by_one() -> None:
    lane = Lane(WebhookEndpoint(recover_since=timezone.now(), last_success_at=timezone.now()), 0.0)
    for _ in range(10):
        assert lane.wait(5.0) == 0.0
        lane.waiting.append(Delivery())
        lane.take(5.0)

    assert lane.window == 1
    assert lane.wait(5.25) == 0.75
    lane.endpoint.recover_since = None
    assert lane.wait(5.25) == 0.0


def test_a_failing_endpoint_gets_one_at_a_time(listen: Listen, send: Send) -> None:
    together = Together()

    def slow(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
        with together:
            time.sleep(0.05)
        status(500)(handler, hook)

    receiver = listen(slow)
    endpoint = make_endpoint(receiver.url)
    for _ in range(8):
        tell(endpoint.workspace)

    send()

    assert (len(receiver.hooks), together.most) == (8, 1)


def test_endpoints_that_hang_delay_nobody_else(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than threads that they may hold."""
    monkeypatch.setattr(senders, "UNPROVEN_THREADS", 3)
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 30.0)
    over = threading.Event()

    def hang(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
        over.wait(30)
        status(500)(handler, hook)

    hanging = [make_endpoint(listen(hang).url) for _ in range(5)]
    receiver = listen()
    well = make_endpoint(receiver.url)
    WebhookEndpoint.objects.filter(pk=well.pk).update(last_success_at=timezone.now())
    for endpoint in [*hanging, well]:
        for _ in range(4):
            tell(endpoint.workspace)
    arrived = Delivery.objects.filter(endpoint=well, state="delivered")
    sender = Sender()

    deadline = time.monotonic() + 25
    while arrived.count() < 4 and time.monotonic() < deadline:
        sender.turn()

    assert arrived.count() == 4
    assert sender.in_hand == 3
    over.set()
    sender.stop()
    sender._finish()


def test_two_senders_share_the_endpoints(listen: Listen) -> None:
    receivers = [listen() for _ in range(6)]
    workspaces = [make_endpoint(receiver.url).workspace for receiver in receivers]
    one, two = Sender(), Sender()
    senders_of = {one.owner: one, two.owner: two}
    for workspace in workspaces[:3]:
        tell(workspace)
    one.turn()
    for workspace in workspaces:
        tell(workspace)
    two.turn()

    owners = dict(WebhookEndpoint.objects.values_list("pk", "lease_owner"))

    assert set(one.lanes).isdisjoint(two.lanes)
    assert all(pk in senders_of[owner].lanes for pk, owner in owners.items() if owner)
    assert (len(one.lanes), len(two.lanes)) == (3, 3)
    for sender in (one, two):
        sender.stop()
        sender._finish()


def test_a_lane_is_handed_back_when_nothing_is_left(listen: Listen, send: Send) -> None:
    endpoint = make_endpoint(listen().url)
    tell(endpoint.workspace)
    sender = send()
    assert WebhookEndpoint.objects.get().lease_owner == sender.owner

    for lane in sender.lanes.values():
        lane.used_at -= senders.KEEP_LANE_SECONDS
    send()

    assert sender.lanes == {}
    assert (WebhookEndpoint.objects.get().lease_owner, endpoint.attempt) == ("", 0)


def test_stopping_finishes_what_is_under_way_and_hands_the_rest_back(listen: Listen) -> None:
    going = threading.Event()

    def slow(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
        going.set()
        time.sleep(0.3)
        echo(handler, hook)

    receiver = listen(slow)
    endpoint = make_endpoint(receiver.url)
    for _ in range(3):
        tell(endpoint.workspace)
    sender = Sender()
    while not going.is_set():
        sender.turn()

    sender.stop()
    sender.run()

    assert Delivery.objects.filter(state="delivered").count() == 1
    assert Delivery.objects.filter(state="pending", attempts=0).count() == 2
    row = WebhookEndpoint.objects.get()
    assert (row.lease_owner, row.lease_until, row.attempt) == ("", None, 0)


def test_what_waits_for_one_address_does_not_go_to_another(listen: Listen, send: Send) -> None:
    old, new = listen(), listen(status(404))
    endpoint = make_endpoint(old.url)
    for _ in range(30):
        tell(endpoint.workspace)
    send(lambda: len(old.hooks) >= 2)

    endpoints.change(endpoint, url=new.url)
    send(lambda: bool(new.hooks))
    send(lambda: True)

    assert {hook.event["type"] for hook in new.hooks} == {"ping"}
    assert Delivery.objects.filter(state="pending").count() == 31 - len(old.hooks)


def test_a_lost_lease_sends_nothing_more(listen: Listen, send: Send) -> None:
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    tell(endpoint.workspace)
    send()
    WebhookEndpoint.objects.update(
        lease_owner=new_owner(), lease_until=timezone.now() + timedelta(minutes=1)
    )
    tell(endpoint.workspace)

    send(lambda: not Event.objects.filter(spread=False).exists())

    assert len(receiver.hooks) == 1


def test_the_lanes_of_a_dead_process_are_freed_at_the_next_start() -> None:
    endpoint = make_endpoint("https://example.com/")
    machine, _, _ = new_owner().partition("-")
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        lease_owner=f"{machine}-999999999-a", lease_until=timezone.now() + timedelta(minutes=1)
    )

    assert rescue() == 1

    assert WebhookEndpoint.objects.get().lease_owner == ""


def test_a_try_is_written_down_once_the_database_is_back(
    listen: Listen, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = listen()
    event = tell(make_endpoint(receiver.url).workspace)
    write, away = ledger.write, [True, True]

    def sometimes(outcomes: Any) -> object:
        if away:
            away.pop()
            raise OperationalError("the database is away")
        return write(outcomes)

    monkeypatch.setattr(ledger, "write", sometimes)
    sender = Sender()

    refused = 0
    while not Delivery.objects.filter(state="delivered").exists():
        try:
            sender.turn()
        except OperationalError:
            refused += 1
        assert refused < 3
    sender._finish()

    assert refused == 2
    assert (delivery_of(event).state, len(receiver.hooks)) == ("delivered", 1)


def test_one_outcome_that_cannot_be_written_stops_no_other(
    listen: Listen, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, other = listen(), listen()
    bad, good = (tell(make_endpoint(one.url).workspace) for one in (receiver, other))
    write = ledger.write

    def picky(outcomes: list[Outcome]) -> object:
        if any(outcome.job.event_id == bad.public_id for outcome in outcomes):
            raise ValueError("a bug")
        return write(outcomes)

    monkeypatch.setattr(ledger, "write", picky)
    sender = Sender()
    arrived = Delivery.objects.filter(event=good, state="delivered")
    for _ in range(50):
        sender.turn()
        if arrived.exists() and receiver.hooks:
            break
    for _ in range(5):
        sender.turn()

    assert arrived.exists()

    assert delivery_of(bad).state == "pending"
    assert len(receiver.hooks) == 1, "it must not be sent again and again"


def test_one_delivery_that_nothing_can_be_made_of_stops_no_other(
    listen: Listen, send: Send, settings: Any
) -> None:
    settings.EVENT_URLS = "tests.outbox.test_lanes.broken"
    receiver = listen()
    endpoint = make_endpoint(receiver.url, include_urls=True)
    first, second = tell(endpoint.workspace), tell(endpoint.workspace, object={"ok": 1})

    send()

    assert (delivery_of(first).state, delivery_of(first).attempts) == ("pending", 0)
    assert delivery_of(second).state == "delivered"


def broken(event: Event) -> dict[str, str]:
    if "ok" not in event.data["object"]:
        raise ValueError("a bug")
    return {}
