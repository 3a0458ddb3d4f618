"""Webhook endpoints by the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from productviz.accounts.models import AuditEntry
from productviz.outbox.models import Delivery, Event, WebhookEndpoint
from tests.api.caller import Caller
from tests.factories import make_generation, make_preset, make_product, make_store

pytestmark = pytest.mark.django_db

BODY: dict[str, Any] = {"url": "https://93.184.215.14/in", "event_types": ["generation.*"]}


def made(caller: Caller, **fields: Any) -> dict[str, Any]:
    status, endpoint = caller.post("/webhook-endpoints", {**BODY, **fields})
    assert status == 201, endpoint
    found: dict[str, Any] = endpoint
    return found


def test_it_adds_an_endpoint_and_shows_its_secret_once() -> None:
    caller = Caller()

    endpoint = made(caller, description="ERP", metadata={"team": "web"}, include_urls=True)
    _, shown = caller.get(caller.last["Location"].removeprefix("/api/v1"))

    assert endpoint["secret"].startswith("whsec_")
    assert "secret" not in shown
    assert {**shown, "secret": endpoint["secret"]} == endpoint
    assert (shown["status"], shown["verified_at"]) == ("enabled", None)
    assert (shown["description"], shown["metadata"]) == ("ERP", {"team": "web"})


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://93.184.215.14/in", "url_scheme_not_allowed"),
        ("https://10.0.0.1/in", "url_forbidden_address"),
        ("https://93.184.215.14:22/in", "url_port_not_allowed"),
        ("https://user:secret@93.184.215.14/in", "url_invalid"),
        ("nonsense", "url_scheme_not_allowed"),
    ],
)
def test_it_calls_nobody_inside(url: str, code: str) -> None:
    status, problem = Caller().post("/webhook-endpoints", {**BODY, "url": url})

    assert status == 422
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [("/url", code)]
    assert not WebhookEndpoint.objects.exists()


def test_it_changes_what_is_named_and_nothing_else() -> None:
    caller = Caller()
    endpoint = made(caller, description="ERP")
    path = f"/webhook-endpoints/{endpoint['id']}"

    status, changed = caller.ask("PATCH", path, {"event_types": ["batch.completed"]})
    tag = caller.last["ETag"]
    late = caller.ask("PATCH", path, {"description": "x"}, {"If-Match": '"v1"'})

    assert (status, changed["event_types"]) == (200, ["batch.completed"])
    assert (changed["description"], changed["url"]) == ("ERP", BODY["url"])
    assert tag == f'"v{changed["version"]}"'
    assert late[1]["code"] == "version_conflict"


def test_it_switches_off_and_on() -> None:
    caller = Caller()
    path = f"/webhook-endpoints/{made(caller)['id']}"

    off = caller.ask("PATCH", path, {"status": "disabled"})[1]
    refused = caller.post(f"{path}/test")
    on = caller.ask("PATCH", path, {"status": "enabled"})[1]

    assert (off["status"], on["status"]) == ("disabled", "enabled")
    assert off["disabled_reason"]
    assert (refused[0], refused[1]["code"]) == (409, "state_conflict")


def test_it_sends_a_test_ten_times_an_hour() -> None:
    caller = Caller()
    path = f"/webhook-endpoints/{made(caller)['id']}/test"

    said = [caller.post(path)[0] for _ in range(12)]

    assert set(said[:9]) == {202}
    assert said[-1] == 429
    assert int(caller.last["Retry-After"]) > 0


def test_it_rotates_the_secret_and_removes_the_endpoint() -> None:
    caller = Caller()
    endpoint = made(caller)
    path = f"/webhook-endpoints/{endpoint['id']}"

    rotated = caller.post(f"{path}/rotate-secret")[1]
    removed = caller.ask("DELETE", path)[0]

    assert rotated["secret"] not in ("", endpoint["secret"])
    assert removed == 204
    assert caller.get(path)[0] == 404
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == [
        f"webhook_endpoint.{word}" for word in ("created", "secret_rotated", "removed")
    ]


def given_up(caller: Caller, endpoint: dict[str, Any]) -> Delivery:
    row = WebhookEndpoint.objects.get(workspace=caller.workspace)
    generation = make_generation(
        make_product(make_store(caller.workspace)), preset=make_preset(caller.workspace)
    )
    event = Event.objects.filter(object_id=generation.pk).latest("pk")
    now = timezone.now()
    return Delivery.objects.create(
        endpoint=row, event=event, state="exhausted", attempts=10, next_at=now, finished_at=now
    )


def test_it_lists_deliveries_and_sends_one_again() -> None:
    caller = Caller()
    endpoint = made(caller)
    delivery = given_up(caller, endpoint)
    path = f"/webhook-endpoints/{endpoint['id']}/deliveries"

    listed = caller.get(f"{path}?status=exhausted")[1]["data"]
    status, again = caller.post(f"/deliveries/{delivery.public_id}/redeliver")

    assert [(one["id"], one["attempts"]) for one in listed] == [(delivery.public_id, 10)]
    assert listed[0]["event_type"] == "generation.accepted"
    assert (status, again["status"], again["attempts"]) == (202, "pending", 0)


def test_it_recovers_what_was_given_up_since() -> None:
    caller = Caller()
    endpoint = made(caller)
    given_up(caller, endpoint)
    path = f"/webhook-endpoints/{endpoint['id']}/recover"
    hour = (timezone.now() - timedelta(hours=1)).isoformat()

    status, found = caller.post(path, {"since": hour})

    assert (status, found) == (202, {"object": "recovery", "deliveries": 1})
    for wrong in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        assert caller.post(path, {"since": wrong})[0] == 422


def test_it_is_not_seen_by_a_key_of_other_stores() -> None:
    caller = Caller()
    mine, other = make_store(caller.workspace), make_store(caller.workspace)
    everywhere = made(caller)
    narrow = Caller(caller.workspace, stores=[str(mine.pk)])

    own = made(narrow)
    foreign = narrow.post("/webhook-endpoints", {**BODY, "stores": [other.public_id]})
    widened = narrow.ask("PATCH", f"/webhook-endpoints/{own['id']}", {"stores": []})[1]

    assert own["stores"] == widened["stores"] == [mine.public_id]
    assert foreign[1]["errors"][0]["pointer"] == "/stores/0"
    assert [row["id"] for row in narrow.get("/webhook-endpoints")[1]["data"]] == [own["id"]]
    assert narrow.get(f"/webhook-endpoints/{everywhere['id']}")[0] == 404


def test_it_has_at_most_twenty() -> None:
    caller = Caller()
    WebhookEndpoint.objects.bulk_create(
        WebhookEndpoint(workspace=caller.workspace, url=BODY["url"], secret="x") for _ in range(20)
    )

    status, problem = caller.post("/webhook-endpoints", BODY)

    assert status == 429
    assert "at most 20" in problem["detail"]
