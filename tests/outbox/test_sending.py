"""One event on its way: headers, body, signature, state, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from productviz.env import ROOT
from productviz.lib.signing import sign
from productviz.outbox import endpoints
from productviz.outbox.message import MAX_BODY_BYTES, body_of, new_secret
from productviz.outbox.models import Delivery, DeliveryAttempt, WebhookEndpoint
from tests.factories import make_workspace
from tests.outbox.conftest import Listen, Send
from tests.outbox.receiver import echo, status
from tests.outbox.rows import SECRET, delivery_of, make_endpoint, tell

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_it_signs_like_the_specification() -> None:
    """The vector that the libraries of Standard Webhooks share."""
    at = datetime.fromtimestamp(1614265330, UTC)

    signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_delivers_an_event_with_the_headers_of_the_specification(
    listen: Listen, send: Send
) -> None:
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    event = tell(endpoint.workspace, object={"id": "gen_1", "title": "Täßchen ☕"})

    send()

    (hook,) = receiver.hooks
    assert hook.headers["webhook-id"] == event.public_id
    assert abs(int(hook.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 10
    assert hook.headers["webhook-attempt"] == "1"
    assert hook.headers["content-type"] == "application/json"
    assert hook.headers["user-agent"] == "ProductViz-Webhooks/1"
    stamp = event.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    assert hook.verify(SECRET) == {
        "type": "generation.completed",
        "timestamp": stamp,
        "id": event.public_id,
        "api_version": "v1",
        "workspace": endpoint.workspace.public_id,
        "sequence": 1,
        "data": {"object": {"id": "gen_1", "title": "Täßchen ☕"}, "previous": {}},
    }
    row = delivery_of(event)
    assert (row.state, row.attempts) == ("delivered", 1)
    assert row.finished_at is not None


def test_the_guides_receiver_verifies_what_is_sent(
    listen: Listen, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python of docs/webhooks.md as it stands there."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), re.S)
    assert block is not None
    guide: dict[str, Any] = {"__name__": "guide"}
    exec(block[1], guide)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    receiver, client = listen(), guide["app"].test_client()
    tell(make_endpoint(receiver.url).workspace, object={"id": "gen_1", "title": "Täßchen ☕"})

    send()

    (hook,) = receiver.hooks
    assert client.post("/hook", data=hook.body, headers=hook.headers).status_code == 204
    assert client.post("/hook", data=hook.body + b" ", headers=hook.headers).status_code == 500
    late = {**hook.headers, "webhook-timestamp": "1700000000"}
    assert client.post("/hook", data=hook.body, headers=late).status_code == 500


def test_its_signature_is_hmac_sha256_of_id_time_and_body(listen: Listen, send: Send) -> None:
    """Checked with the standard library alone."""
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    tell(endpoint.workspace)

    send()

    (hook,) = receiver.hooks
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    head = f"{hook.headers['webhook-id']}.{hook.headers['webhook-timestamp']}.".encode()
    expected = base64.b64encode(hmac.digest(key, head + hook.body, hashlib.sha256)).decode()
    assert hook.headers["webhook-signature"] == f"v1,{expected}"


def test_both_secrets_sign_for_24_hours_after_a_rotation(listen: Listen, send: Send) -> None:
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        new = endpoints.rotate(endpoint)
        tell(endpoint.workspace)
        send()
        (first,) = receiver.hooks
        first.verify(SECRET)
        first.verify(new)
        assert re.fullmatch(r"v1,\S{44} v1,\S{44}", first.headers["webhook-signature"])

        clock.shift(timedelta(hours=24, seconds=1))
        tell(endpoint.workspace)
        send()

        second = receiver.hooks[1]
        second.verify(new)
        assert re.fullmatch(r"v1,\S{44}", second.headers["webhook-signature"])


def test_a_secret_is_32_random_bytes_in_the_standard_form() -> None:
    one, two = new_secret(), new_secret()

    assert one != two
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32


def test_it_tries_again_with_the_same_id_and_a_new_time_and_signature(
    listen: Listen, send: Send
) -> None:
    receiver = listen(status(500, b"<h1>Oops</h1>\x00"))
    endpoint = make_endpoint(receiver.url)
    event = tell(endpoint.workspace)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        send()
        receiver.answer = echo
        clock.shift(6)
        send()

        first, second = receiver.hooks
        assert second.verify(SECRET) == json.loads(first.body)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == event.public_id
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert (first.headers["webhook-attempt"], second.headers["webhook-attempt"]) == ("1", "2")
    assert delivery_of(event).state == "delivered"
    log = list(DeliveryAttempt.objects.order_by("number").values_list("number", "status", "error"))
    assert log == [(1, 500, "status_not_2xx"), (2, 200, "")]
    assert DeliveryAttempt.objects.get(number=1).answer == "<h1>Oops</h1>"


def test_a_large_body_is_trimmed_to_its_ids(listen: Listen, send: Send) -> None:
    receiver = listen()
    endpoint = make_endpoint(receiver.url)
    large = {"id": "prd_1", "object": "product", "version": 3, "title": "x" * 30_000}
    tell(endpoint.workspace, "product.updated", object=large)

    send()

    (hook,) = receiver.hooks
    assert len(hook.body) <= MAX_BODY_BYTES
    assert hook.verify(SECRET)["data"] == {
        "object": {"id": "prd_1", "object": "product", "version": 3},
        "previous": {},
        "trimmed": True,
    }


def test_a_body_of_exactly_20_kb_is_left_as_it_is() -> None:
    event = tell(make_workspace(), object={"id": "prd_1", "title": ""})
    empty = len(body_of(event))
    event.data["object"]["title"] = "x" * (MAX_BODY_BYTES - empty)
    assert len(body_of(event)) == MAX_BODY_BYTES
    assert b"trimmed" not in body_of(event)

    event.data["object"]["title"] += "x"

    assert b'"trimmed":true' in body_of(event)


def test_it_sends_text_that_no_utf_8_holds(listen: Listen, send: Send) -> None:
    event = tell(make_workspace(), object={"id": "prd_1"})
    event.data["object"]["title"] = "half \ud800 pair"

    assert json.loads(body_of(event))["data"]["object"]["title"] == "half ? pair"


def test_it_adds_addresses_of_files_only_where_they_are_wanted(
    listen: Listen, send: Send, settings: Any
) -> None:
    settings.EVENT_URLS = "tests.outbox.test_sending.made_up_urls"
    plain, wanted = listen(), listen()
    first = make_endpoint(plain.url)
    make_endpoint(wanted.url, first.workspace, include_urls=True)
    tell(first.workspace)

    send()

    assert "urls" not in plain.hooks[0].event["data"]
    assert wanted.hooks[0].event["data"]["urls"] == {"main": "https://files.example/1"}


def made_up_urls(event: object) -> dict[str, str]:
    return {"main": "https://files.example/1"}


def test_it_keeps_the_version_that_the_api_shows_while_only_health_changes(
    listen: Listen, send: Send
) -> None:
    receiver = listen(status(500))
    endpoint = make_endpoint(receiver.url)
    tell(endpoint.workspace)

    send()

    now = WebhookEndpoint.objects.get(pk=endpoint.pk)
    assert (now.failures, now.version) == (1, endpoint.version)


def test_nothing_but_pings_comes_before_one_was_answered(listen: Listen, send: Send) -> None:
    receiver = listen(status(404))
    endpoint = make_endpoint(receiver.url, verified=False)
    event = tell(endpoint.workspace)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        send(lambda: len(receiver.hooks) == 1)

        ping = Delivery.objects.get(event__type="ping")
        assert (ping.state, ping.tries.get().error) == ("pending", "status_not_2xx")
        assert [hook.event["type"] for hook in receiver.hooks] == ["ping"]
        assert delivery_of(event).state == "pending"

        receiver.answer = echo
        clock.shift(6)
        send()

    assert [hook.event["type"] for hook in receiver.hooks] == [
        "ping", "ping", "generation.completed",
    ]  # fmt: skip
    endpoint.refresh_from_db()
    assert endpoint.verified_at is not None
    assert receiver.hooks[1].event["data"]["object"]["id"] == endpoint.public_id
