"""The use cases of endpoints: adding, changing, rotating, removing, sending again."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from productviz.accounts.models import Workspace
from productviz.outbox import endpoints
from productviz.outbox.endpoints import EndpointRefused
from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from productviz.outbox.spread import spread
from tests.factories import make_store, make_workspace
from tests.outbox.conftest import Listen, Send
from tests.outbox.receiver import echo, status
from tests.outbox.rows import delivery_of, make_endpoint, tell

pytestmark = [pytest.mark.django_db]
URL = "https://example.com/hook"


def refusal(**fields: Any) -> EndpointRefused:
    values = {"workspace": make_workspace(), "url": URL, "event_types": ["*"], **fields}
    with pytest.raises(EndpointRefused) as caught:
        endpoints.create(**values)
    return caught.value


def test_it_is_made_enabled_and_unverified_and_pinged() -> None:
    workspace = make_workspace()
    store = make_store(workspace)

    endpoint, secret = endpoints.create(
        workspace=workspace,
        url="HTTPS://Example.com./Hook?a=1#part",
        event_types=["batch.*", "generation.completed", "batch.*"],
        stores=[store.public_id],
        description="Shop",
        include_urls=True,
    )

    row = WebhookEndpoint.objects.get(pk=endpoint.pk)
    assert (row.url, row.status, row.verified_at) == (
        "https://example.com/Hook?a=1", "enabled", None,
    )  # fmt: skip
    assert (row.event_types, row.stores) == (["batch.*", "generation.completed"], [str(store.pk)])
    assert (row.description, row.include_urls, row.secret) == ("Shop", True, secret)
    assert secret.startswith("whsec_")
    ping = Event.objects.get()
    assert (ping.type, ping.object_id, ping.spread) == ("ping", row.pk, True)
    assert secret not in str(ping.data)
    assert Delivery.objects.get().endpoint == row


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"event_types": []}, "validation_failed"),
        ({"event_types": ["generation.finished"]}, "validation_failed"),
        ({"event_types": ["ping"]}, "validation_failed"),
        ({"stores": ["str_01ARZ3NDEKTSV4RRFFQ69G5FAV"]}, "validation_failed"),
        ({"stores": ["nonsense"]}, "validation_failed"),
        ({"description": "x" * 201}, "validation_failed"),
        ({"url": "ftp://example.com"}, "url_scheme_not_allowed"),
    ],
)
def test_it_refuses_what_cannot_be(fields: dict[str, Any], code: str) -> None:
    assert refusal(**fields).code == code
    assert not WebhookEndpoint.objects.exists()
    assert not Event.objects.exists()


def test_it_refuses_a_store_of_another_workspace() -> None:
    assert refusal(stores=[make_store().public_id]).code == "validation_failed"


def test_a_workspace_has_20_endpoints_at_most() -> None:
    workspace = make_workspace()
    for _ in range(20):
        make_endpoint(URL, workspace)

    assert refusal(workspace=workspace).code == "quota-exceeded"
    assert workspace.webhook_endpoints.count() == 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_stay_twenty_when_many_are_added_at_once() -> None:
    workspace = make_workspace()
    for _ in range(18):
        make_endpoint(URL, workspace)
    start = threading.Barrier(6)

    def add() -> None:
        try:
            start.wait()
            endpoints.create(workspace=workspace, url=URL, event_types=["*"])
        except EndpointRefused:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Workspace.objects.get(pk=workspace.pk).webhook_endpoints.count() == 20


def test_another_address_has_to_answer_a_ping_of_its_own() -> None:
    endpoint = make_endpoint(URL)

    changed = endpoints.change(endpoint, url="https://example.com/other")

    assert (changed.url, changed.verified_at) == ("https://example.com/other", None)
    assert changed.version > endpoint.version
    assert Delivery.objects.get(endpoint=endpoint).event.type == "ping"


def test_the_same_address_does_not() -> None:
    endpoint = make_endpoint(URL)

    changed = endpoints.change(endpoint, url=URL, description="New", event_types=["batch.*"])

    assert changed.verified_at == endpoint.verified_at
    assert (changed.description, changed.event_types) == ("New", ["batch.*"])
    assert not Delivery.objects.exists()


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(EndpointRefused) as caught:
        endpoints.change(make_endpoint(URL), secret="whsec_mine")

    assert caught.value.code == "unknown_field"


def test_disabling_gives_up_what_waits_and_enabling_forgets_the_failures() -> None:
    endpoint = make_endpoint(URL)
    event = tell(endpoint.workspace)
    spread()
    off = endpoints.change(endpoint, status="disabled")
    assert (off.status, bool(off.disabled_reason)) == ("disabled", True)
    assert delivery_of(event).state == "exhausted"
    WebhookEndpoint.objects.update(
        failures=40, failing_since=timezone.now(), retry_at=timezone.now()
    )

    on = endpoints.change(endpoint, status="enabled")

    assert (on.status, on.disabled_reason, on.failures, on.retry_at) == ("enabled", "", 0, None)
    assert on.failing_since is None
    assert not Event.objects.filter(type="webhook_endpoint.disabled").exists()


def test_enabling_one_that_was_never_verified_pings_it_again() -> None:
    endpoint = make_endpoint(URL, verified=False)
    endpoints.change(endpoint, status="disabled")

    endpoints.change(endpoint, status="enabled")

    assert Event.objects.filter(type="ping").count() == 2


def test_a_delivery_can_be_sent_again_with_a_fresh_schedule(listen: Listen, send: Send) -> None:
    receiver = listen(status(410))
    endpoint = make_endpoint(receiver.url)
    event = tell(endpoint.workspace)
    send()
    with pytest.raises(EndpointRefused) as caught:
        endpoints.redeliver(delivery_of(event))
    assert caught.value.code == "state_conflict"
    receiver.answer = echo
    endpoints.change(endpoint, status="enabled")

    endpoints.redeliver(delivery_of(event))
    send()
    endpoints.redeliver(delivery_of(event))
    send()

    row = delivery_of(event)
    assert (row.state, row.attempts) == ("delivered", 1)
    assert [hook.headers["webhook-id"] for hook in receiver.hooks] == [event.public_id] * 3
    assert DeliveryAttempt.objects.filter(delivery=row).count() == 3


def test_a_test_is_a_ping_to_this_endpoint_alone(listen: Listen, send: Send) -> None:
    receiver, other = listen(), listen()
    endpoint = make_endpoint(receiver.url, event_types=["batch.*"])
    make_endpoint(other.url, endpoint.workspace)

    event = endpoints.send_test(endpoint)
    send()

    (hook,) = receiver.hooks
    assert (hook.event["type"], hook.event["id"]) == ("ping", event.public_id)
    assert other.hooks == []


def test_nothing_can_be_asked_of_a_disabled_endpoint() -> None:
    endpoint = make_endpoint(URL)
    endpoints.change(endpoint, status="disabled")

    with pytest.raises(EndpointRefused, match="Enable it first"):
        endpoints.send_test(endpoint)
    with pytest.raises(EndpointRefused, match="Enable it first"):
        endpoints.recover(endpoint, timezone.now() - timedelta(days=1))


def test_a_removed_endpoint_takes_its_deliveries_along_and_leaves_the_events() -> None:
    endpoint = make_endpoint(URL)
    event = tell(endpoint.workspace)
    delivery = Delivery.objects.create(event=event, endpoint=endpoint, next_at=timezone.now())
    DeliveryAttempt.objects.create(
        delivery=delivery, number=1, at=timezone.now(), milliseconds=1, status=500
    )

    endpoints.remove(endpoint)

    assert not WebhookEndpoint.objects.exists()
    assert not Delivery.objects.exists()
    assert not DeliveryAttempt.objects.exists()
    assert Event.objects.filter(pk=event.pk).exists()
    with pytest.raises(EndpointRefused, match="removed") as caught:
        endpoints.rotate(endpoint)
    assert caught.value.code == "not_found"


def test_the_secret_shows_in_no_text_of_the_row() -> None:
    endpoint, secret = endpoints.create(workspace=make_workspace(), url=URL, event_types=["*"])

    assert secret not in repr(endpoint.__dict__)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM outbox_webhookendpoint")
        assert secret not in repr(cursor.fetchall())
