"""The token endpoint: exchange, refresh with rotation, revocation."""

from __future__ import annotations

import pytest
import requests

from integrations.sandbox.shopify.signing import session_token
from tests.sandbox.shopify.conftest import EXCHANGE, ID_TOKEN, OFFLINE, Client

SHOP = "{ shop { id } }"
DAY = 86_400.0


def test_a_session_token_is_exchanged_for_an_expiring_offline_token(client: Client) -> None:
    answer = client.exchange()

    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("access_token").startswith("shpat_")
    assert body.pop("refresh_token")
    assert body == {
        "scope": "write_products,write_files",
        "expires_in": 3600,
        "refresh_token_expires_in": 7_776_000,
    }


def test_a_form_body_is_as_good_as_json(client: Client) -> None:
    app = client.shopify.app
    form = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": EXCHANGE,
        "subject_token": client.shopify.session_token(),
        "subject_token_type": ID_TOKEN,
        "requested_token_type": OFFLINE,
        "expiring": "1",
    }

    address = f"{client.shopify.admin}/admin/oauth/access_token"
    assert requests.post(address, data=form, timeout=10).json()["expires_in"] == 3600


def test_without_expiring_the_token_has_no_end(client: Client) -> None:
    body = client.exchange(expiring=0).json()
    client.clock.turn(400 * DAY)

    assert set(body) == {"access_token", "scope"}
    assert client.post(SHOP, token=body["access_token"]).status_code == 200


def forged(client: Client, **changed: object) -> str:
    given: dict[str, object] = {
        "shop": "demo.myshopify.com",
        "user_id": 1,
        "client_id": client.shopify.app.client_id,
        "secret": client.shopify.app.client_secret,
        "now": client.clock(),
        **changed,
    }
    return session_token(str(given.pop("shop")), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "another"},
        {"client_id": "another"},
        {"shop": "other.myshopify.com"},
        {"now": 1_796_000_000.0 - 70},
        {"now": 1_796_000_000.0 + 70},
    ],
    ids=["signature", "aud", "dest", "expired", "not yet valid"],
)
def test_a_session_token_that_is_not_in_order_is_refused(
    client: Client, changed: dict[str, object]
) -> None:
    answer = client.exchange(subject_token=forged(client, **changed))

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_subject_token"})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"subject_token": "no.token.atall"}, "invalid_subject_token"),
    ],
)
def test_a_wrong_grant_is_refused(client: Client, fields: dict[str, object], error: str) -> None:
    answer = client.exchange(**fields)

    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_the_old_secret_still_counts_after_a_rotation(client: Client) -> None:
    old, token = client.shopify.app.client_secret, client.shopify.session_token()
    client.shopify.application.rotate_secret("new-secret")

    answer = client.exchange(client_secret=old, subject_token=token)

    assert answer.status_code == 200
    assert client.exchange().status_code == 200


def test_exchanging_anew_kills_the_former_tokens(client: Client) -> None:
    first = client.exchange().json()
    second = client.exchange().json()

    assert client.post(SHOP, token=first["access_token"]).status_code == 401
    assert client.refresh(first["refresh_token"]).json() == {"error": "invalid_grant"}
    assert client.post(SHOP, token=second["access_token"]).status_code == 200


def test_an_access_token_lives_an_hour(client: Client) -> None:
    client.clock.turn(3599)
    assert client.post(SHOP).status_code == 200

    client.clock.turn(1)

    assert client.post(SHOP).status_code == 401


def test_a_refresh_rotates_both_tokens(client: Client) -> None:
    first = client.exchange().json()

    second = client.refresh(first["refresh_token"]).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert client.post(SHOP, token=first["access_token"]).status_code == 401
    assert client.post(SHOP, token=second["access_token"]).status_code == 200


def test_the_old_refresh_token_counts_until_the_new_pair_is_used(client: Client) -> None:
    first = client.exchange().json()
    lost = client.refresh(first["refresh_token"]).json()

    again = client.refresh(first["refresh_token"]).json()

    assert client.post(SHOP, token=lost["access_token"]).status_code == 401
    assert client.post(SHOP, token=again["access_token"]).status_code == 200
    assert client.refresh(first["refresh_token"]).json() == {"error": "invalid_grant"}
    assert client.refresh(again["refresh_token"]).status_code == 200


def test_a_refresh_token_lives_90_days(client: Client) -> None:
    tokens = client.exchange().json()
    client.clock.turn(90 * DAY)

    answer = client.refresh(tokens["refresh_token"])

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_uninstalling_kills_every_token_and_a_reinstall_needs_new_ones(client: Client) -> None:
    tokens = client.exchange().json()
    lasting = client.exchange(expiring=0).json()["access_token"]

    client.shopify.uninstall()

    assert client.exchange().json() == {"error": "invalid_subject_token"}
    client.shopify.reinstall()
    for token in (tokens["access_token"], lasting):
        assert client.post(SHOP, token=token).status_code == 401
    assert client.refresh(tokens["refresh_token"]).json() == {"error": "invalid_grant"}
    assert client.exchange().status_code == 200
