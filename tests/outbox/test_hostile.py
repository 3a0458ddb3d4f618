"""Receivers that mean no good, addresses that lead elsewhere, and workspaces that are gone."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.utils import timezone

from productviz.lib import posting
from productviz.outbox import endpoints, rows
from productviz.outbox.endpoints import EndpointRefused
from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from productviz.outbox.spread import spread
from tests.factories import make_workspace
from tests.outbox.conftest import Listen, Send
from tests.outbox.receiver import Hook, echo, status
from tests.outbox.rows import delivery_of, make_endpoint, tell

pytestmark = pytest.mark.django_db


def outcome(event: Event) -> tuple[str, int | None, str]:
    one = DeliveryAttempt.objects.get(delivery__event=event)
    return one.delivery.state, one.status, one.error


def test_it_does_not_follow_a_redirect_to_the_inside(listen: Listen, send: Send) -> None:
    inside = listen()
    receiver = listen(status(301, Location=inside.url))
    event = tell(make_endpoint(receiver.url).workspace)

    send()

    assert outcome(event) == ("pending", 301, "redirect_not_followed")
    assert inside.hooks == []


def test_a_receiver_that_hangs_is_given_up_after_the_limit(
    listen: Listen, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert posting.TOTAL_SECONDS == 15.0
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 0.5)
    receiver = listen(lambda handler, hook: time.sleep(1.5))
    event = tell(make_endpoint(receiver.url).workspace)

    send()

    assert outcome(event) == ("pending", None, "source_timeout")
    assert DeliveryAttempt.objects.get().milliseconds >= 450


def test_it_reads_4_kb_of_a_gigabyte(listen: Listen, send: Send) -> None:
    poured: list[int] = []

    def pour(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        while True:
            poured.append(handler.wfile.write(b"x" * 65536))

    event = tell(make_endpoint(listen(pour).url).workspace)

    send()

    assert outcome(event) == ("delivered", 200, "")
    assert len(DeliveryAttempt.objects.get().answer) == 4096
    assert sum(poured) < 64 << 20


def test_html_with_200_is_a_success_and_only_text_in_the_log(listen: Listen, send: Send) -> None:
    page = b"<html><script>alert(1)</script>\x00\xff</html>"
    event = tell(make_endpoint(listen(status(200, page)).url).workspace)

    send()

    assert outcome(event) == ("delivered", 200, "")
    assert DeliveryAttempt.objects.get().answer == "<html><script>alert(1)</script>�</html>"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", ("pending", None, "source_unreachable")),
        (b"HTTP/1.1 20", ("pending", None, "source_unreachable")),
        (b"garbage\r\n\r\n", ("pending", None, "source_unreachable")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", ("delivered", 200, "")),
    ],
    ids=["before a byte", "in the status", "no HTTP", "in the body"],
)
def test_a_receiver_may_close_mid_way(
    sent: bytes, expected: tuple[str, int | None, str], listen: Listen, send: Send
) -> None:
    def close(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
        handler.wfile.write(sent)
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    event = tell(make_endpoint(listen(close).url).workspace)

    send()

    assert outcome(event) == expected


def test_a_receiver_that_is_not_there(listen: Listen, send: Send) -> None:
    receiver = listen()
    event = tell(make_endpoint(receiver.url).workspace)
    receiver.close()

    send()

    assert outcome(event) == ("pending", None, "source_unreachable")


def test_an_address_that_moved_inside_fails_each_try_and_is_switched_off(
    listen: Listen, send: Send, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was public when it was entered; now every query says loopback."""
    trap = listen()
    settings.OUTBOUND_ALLOW_HOSTS = [f"hooks.test:{trap.port}"]
    endpoint = make_endpoint(f"http://hooks.test:{trap.port}/")
    settings.OUTBOUND_ALLOW_HOSTS = []
    monkeypatch.setattr("productviz.lib.outbound.PORTS", {trap.port})
    real = socket.getaddrinfo

    def lookup(host: str, *args: Any, **kwargs: Any) -> Any:
        is_literal = kwargs.get("flags") == socket.AI_NUMERICHOST
        return real(
            "127.0.0.1" if host == "hooks.test" and not is_literal else host, *args, **kwargs
        )

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    events = [tell(endpoint.workspace) for _ in range(4)]

    send()

    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    assert "private network" in endpoint.disabled_reason
    tries = DeliveryAttempt.objects.values_list("error", "status")
    assert list(tries) == [("url_forbidden_address", None)] * 3
    assert trap.hooks == []
    assert {delivery_of(event).state for event in events} == {"exhausted"}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://169.254.169.254/latest/meta-data/", "url_forbidden_address"),
        ("https://10.0.0.5/", "url_forbidden_address"),
        ("https://[::1]/", "url_forbidden_address"),
        ("https://2130706433/", "url_forbidden_address"),
        ("https://0x7f.1/", "url_forbidden_address"),
        ("https://[::ffff:169.254.169.254]/", "url_forbidden_address"),
        ("https://localhost./", "url_forbidden_address"),
        ("https://127.0.0.1\\@example.com/", "url_invalid"),
        ("https://user@example.com/", "url_invalid"),
        ("https://example.com/%0d%0aX-Evil:1", "url_invalid"),
        ("https:/example.com", "url_invalid"),
        ("", "url_invalid"),
        ("file:///etc/passwd", "url_scheme_not_allowed"),
        ("javascript:alert(1)", "url_scheme_not_allowed"),
        ("https://example.com:22/", "url_port_not_allowed"),
        ("https://example.com:65536/", "url_invalid"),
        ("https://images.example.com/webhooks/shopify", "url_forbidden_address"),
        ("https://images.example.com:8443/", "url_forbidden_address"),
    ],
)
def test_it_refuses_addresses_at_registration(url: str, code: str, settings: Any) -> None:
    settings.PUBLIC_URL = "https://images.example.com"
    workspace = make_workspace()

    with pytest.raises(EndpointRefused) as refused:
        endpoints.create(workspace=workspace, url=url, event_types=["*"])

    assert refused.value.code == code
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "url_scheme_not_allowed"),
        ("https://example.com:8080/", "url_port_not_allowed"),
        ("https://example.com/", ""),
        ("https://example.com:8443/", ""),
        ("http://shop.lan:8080/", ""),
    ],
)
def test_production_sends_by_https_alone_but_where_the_operator_says_otherwise(
    url: str, code: str, settings: Any
) -> None:
    settings.DEVELOPMENT = False
    settings.OUTBOUND_ALLOW_HOSTS = ["shop.lan:8080"]
    try:
        endpoints.create(workspace=make_workspace(), url=url, event_types=["*"])
        said = ""
    except EndpointRefused as refused:
        said = refused.code

    assert said == code


def test_the_rules_hold_at_every_try(listen: Listen, send: Send, settings: Any) -> None:
    """An operator who closes a door closes it for those inside, too."""
    receiver = listen()
    event = tell(make_endpoint(receiver.url).workspace)
    settings.OUTBOUND_ALLOW_HOSTS = []

    send()

    assert outcome(event) == ("pending", None, "url_port_not_allowed")
    assert receiver.hooks == []


def test_tests_are_limited_to_ten_an_hour() -> None:
    endpoint = make_endpoint("https://example.com/hook")
    for _ in range(10):
        endpoints.send_test(endpoint)

    with pytest.raises(EndpointRefused, match="tested 10 times within an hour") as refused:
        endpoints.send_test(endpoint)

    assert refused.value.code == "quota-exceeded"
    Event.objects.update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    endpoints.send_test(endpoint)


def test_nobody_can_ping_for_ever_by_making_endpoints_anew() -> None:
    workspace = make_workspace()

    def make() -> None:
        endpoint, _ = endpoints.create(
            workspace=workspace, url="https://example.com/", event_types=["*"]
        )
        endpoints.remove(endpoint)

    for _ in range(60):
        make()

    with pytest.raises(EndpointRefused, match="60 pings within an hour"):
        make()


def test_a_suspended_workspace_is_told_nothing(listen: Listen, send: Send) -> None:
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    waiting = tell(endpoint.workspace)
    spread()
    endpoint.workspace.suspended_at = timezone.now()
    endpoint.workspace.save(update_fields=["suspended_at"])
    later = tell(endpoint.workspace)

    assert rows.drop_suspended() == 1
    send(lambda: not Event.objects.filter(spread=False).exists())

    assert receiver.hooks == []
    assert delivery_of(waiting).state == "dropped"
    assert not Delivery.objects.filter(event=later).exists()


def test_what_is_under_way_to_a_removed_endpoint_ends_unheard(listen: Listen, send: Send) -> None:
    def remove(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
        time.sleep(0.3)
        echo(handler, hook)

    receiver = listen(remove)
    endpoint = make_endpoint(receiver.url)
    tell(endpoint.workspace)
    removed: list[bool] = []

    def until() -> bool:
        if receiver.hooks and not removed:
            endpoints.remove(endpoint)
            removed.append(True)
        return bool(removed)

    send(until)

    assert len(receiver.hooks) == 1
    assert not Delivery.objects.exists()
    assert not DeliveryAttempt.objects.exists()
    assert not WebhookEndpoint.objects.exists()
