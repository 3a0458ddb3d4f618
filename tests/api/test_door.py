"""Who gets in, and how everything that cannot be done is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from productviz.accounts.models import RateCount
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db


def test_it_tells_a_key_who_it_is() -> None:
    caller = Caller()

    status, me = caller.get("/me")

    assert status == 200
    assert me["workspace"] == {"id": caller.workspace.public_id, "name": caller.workspace.name}
    assert caller.last["RateLimit"].startswith('"read";r=599;t=')
    assert caller.last["Cache-Control"] == "no-store"
    assert caller.last["Request-Id"].startswith("req_")


@pytest.mark.parametrize("text", ["", "hello", "pk_live_ABCDEFGH_" + "a" * 43 + "_000000"])
def test_it_says_the_same_of_every_key_that_is_none(text: str) -> None:
    caller = Caller()
    caller.text = text

    status, problem = caller.get("/me")

    assert (status, problem["code"]) == (401, "unauthenticated")
    assert problem["type"] == "/problems/unauthenticated"
    assert problem["request_id"] == caller.last["Request-Id"]
    assert caller.last["Content-Type"] == "application/problem+json"
    assert caller.last["WWW-Authenticate"].startswith("Bearer")
    assert Client().get(problem["type"]).status_code == 200


@pytest.mark.parametrize(
    ("column", "code"), [("expires_at", "key_expired"), ("revoked_at", "key_revoked")]
)
def test_it_says_what_became_of_a_genuine_key(column: str, code: str) -> None:
    caller = Caller()
    setattr(caller.key, column, timezone.now() - timedelta(seconds=1))
    caller.key.save(update_fields=[column])

    status, problem = caller.get("/me")

    assert (status, problem["code"]) == (401, code)


def test_it_refuses_a_key_in_an_address() -> None:
    caller = Caller()

    assert caller.get(f"/me?x={caller.text}")[1]["code"] == "credential_in_url"
    assert caller.get("/me?access_token=x")[1]["code"] == "credential_in_url"


def test_it_stops_who_guesses_keys() -> None:
    guesser, caller = Caller(), Caller()
    guesser.text = "pk_live_ABCDEFGH_" + "a" * 43 + "_000000"
    said = [guesser.get("/me")[0] for _ in range(21)]

    assert said == [401] * 20 + [429]
    assert int(guesser.last["Retry-After"]) > 0
    assert caller.get("/me")[0] == 429, "the address is stopped, whatever key it tries now"


def test_it_lets_a_key_in_from_its_networks_only() -> None:
    inside, outside = Caller(allowed_cidrs=["127.0.0.0/8"]), Caller(allowed_cidrs=["10.0.0.0/8"])

    assert inside.get("/me")[0] == 200
    assert outside.get("/me")[1]["code"] == "ip_not_allowed"


def test_it_believes_no_forwarded_address_but_a_trusted_proxys(settings: Any) -> None:
    """A10: a client writes whatever it likes before what the proxy adds."""
    caller = Caller(allowed_cidrs=["10.0.0.0/8"])
    lie, true = (
        {"X-Forwarded-For": "10.0.0.1, 203.0.113.9"},
        {"X-Forwarded-For": "9.9.9.9, 10.0.0.1"},
    )

    assert caller.get("/me", **lie)[1]["code"] == caller.get("/me", **true)[1]["code"]
    assert caller.last.status_code == 403, "there is no proxy, so nothing forwarded counts"

    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert caller.get("/me", **lie)[1]["code"] == "ip_not_allowed"
    assert caller.get("/me", **true)[0] == 200


def test_a_guesser_does_not_hide_behind_forwarded_addresses() -> None:
    """A5, A10."""
    guesser = Caller()
    guesser.text = "pk_live_ABCDEFGH_" + "a" * 43 + "_000000"

    said = [guesser.get("/me", **{"X-Forwarded-For": f"203.0.113.{n}"})[0] for n in range(21)]

    assert said == [401] * 20 + [429]


def test_it_writes_its_own_name_into_what_it_answers(settings: Any) -> None:
    """A10: addresses come from the settings, never from the request."""
    caller, body = Caller(), {"kind": "custom", "base_url": "https://shop.example"}
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}

    status, store = caller.ask("POST", "/stores", body, {**forged, "X-Forwarded-Proto": "https"})
    page = Client().get("/accounts/password/reset/", headers=forged)

    assert status == 201
    assert store["inbound_webhook"]["url"].startswith(f"{settings.PUBLIC_URL}/")
    assert "evil.example" not in str(store) + page.content.decode() + str(page.headers)


def test_it_keeps_a_suspended_workspace_out() -> None:
    caller = Caller()
    caller.workspace.suspended_at = timezone.now()
    caller.workspace.save()

    assert caller.get("/me")[1]["code"] == "workspace_suspended"


def test_it_counts_each_key_by_itself(settings: Any) -> None:
    settings.API_LIMITS = {"read": (2, 60), "write": (2, 60)}
    caller, other = Caller(), Caller()
    said = [caller.get("/me")[0] for _ in range(3)]

    assert said == [200, 200, 429]
    assert caller.last.json()["violated-policies"] == ["read"]
    assert caller.last.json()["type"].endswith("#quota-exceeded")
    assert other.get("/me")[0] == 200
    assert RateCount.objects.get(caller=f"{caller.key.pk.hex}:read").count == 2


def test_it_knows_no_other_address() -> None:
    status, problem = Caller().get("/nothing/here")

    assert (status, problem["code"]) == (404, "not_found")


def test_it_refuses_other_methods() -> None:
    caller = Caller()
    assert [caller.ask(method, "/me")[0] for method in ("DELETE", "TRACE", "OPTIONS")] == [405] * 3
