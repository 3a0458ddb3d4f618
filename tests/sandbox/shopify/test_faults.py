"""The faults: each one as a client meets it, and nothing more than it says."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from integrations.sandbox.shopify.faults import KINDS
from tests.sandbox.shopify.conftest import Client, document, jpeg

SHOP = "{ shop { id } }"


def arm(client: Client, **fault: object) -> None:
    """Set a fault over HTTP, as for a sandbox in another process."""
    url = f"{client.shopify.url}/__sandbox/faults"
    assert requests.post(url, json=fault, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("401", 401, "Invalid API key"),
        ("402", 402, "Unavailable Shop"),
        ("423", 423, "Locked"),
        ("429", 429, "Reduce request rates"),
        ("500", 500, "500 error"),
        ("502", 502, "502 error"),
        ("503", 503, "503 error"),
        ("html", 200, "needs to be verified"),
    ],
)
def test_an_answer_in_the_shops_place(client: Client, kind: str, status: int, words: str) -> None:
    arm(client, kind=kind)

    answer = client.post(SHOP)

    assert (answer.status_code, words in answer.text) == (status, True)
    assert client.post(SHOP).status_code == 200


def test_a_fault_waits_counts_and_picks_its_field(client: Client) -> None:
    arm(client, kind="500", field="product", after=1, count=2)
    detail = document("22"), {"productId": client.product()}

    others = [client.post(SHOP).status_code for _ in range(2)]
    answers = [client.post(*detail).status_code for _ in range(4)]

    assert others == [200, 200]
    assert answers == [200, 500, 500, 200]


def test_401_can_last(client: Client) -> None:
    arm(client, kind="401", count=None)

    assert [client.post(SHOP).status_code for _ in range(3)] == [401, 401, 401]
    arm(client, clear=True)
    assert client.post(SHOP).status_code == 200


def test_a_revoked_token_is_dead_with_its_refresh_token(client: Client) -> None:
    tokens = client.exchange().json()
    arm(client, kind="revoked_token")

    assert client.post(SHOP, token=tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).json() == {"error": "invalid_grant"}


def errors(answer: requests.Response) -> list[str]:
    return [str(error["extensions"]["code"]) for error in answer.json().get("errors", [])]


def test_throttled_n_times(client: Client) -> None:
    arm(client, kind="throttled", count=2)

    first = client.post(SHOP)
    assert (first.status_code, errors(first)) == (200, ["THROTTLED"])
    assert first.json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0
    assert errors(client.post(SHOP)) == ["THROTTLED"]
    client.clock.turn(1)
    assert errors(client.post(SHOP)) == []


def test_a_mutation_that_answers_null_made_nothing(client: Client) -> None:
    before, source = len(client.shopify.shop.media), client.upload()
    arm(client, kind="null_answer", field="fileCreate")

    answer = client.post(document("08"), {"files": [{"originalSource": source}]}).json()

    assert answer["data"] == {"fileCreate": None}
    assert "errors" not in answer
    assert len(client.shopify.shop.media) == before
    assert client.create(source)["userErrors"] == []


def test_a_user_error_of_choice(client: Client) -> None:
    arm(client, kind="user_error", field="fileUpdate", code="FILE_LOCKED")
    files = [{"id": client.gallery()[0], "alt": "x"}]

    payload = client.run("11", files=files)["fileUpdate"]

    assert (payload["files"], payload["userErrors"][0]["code"]) == (None, "FILE_LOCKED")
    assert client.shopify.gallery(client.product())[0]["alt"] == ""


def test_partial_data_comes_with_errors(client: Client) -> None:
    arm(client, kind="partial", field="featuredMedia")

    answer = client.post(document("22"), {"productId": client.product()})

    assert answer.json()["data"]["product"]["featuredMedia"] is None
    assert answer.json()["data"]["product"]["title"] == "Stone Mug"
    (error,) = answer.json()["errors"]
    assert error["path"] == ["product", "featuredMedia"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"]


def test_an_internal_error_at_200(client: Client) -> None:
    arm(client, kind="internal_error", field="shop")

    answer = client.post(SHOP)

    assert (answer.status_code, errors(answer)) == (200, ["INTERNAL_SERVER_ERROR"])


def test_a_lost_answer_is_a_finished_write(client: Client) -> None:
    arm(client, kind="lost_answer")
    files = [{"id": client.gallery()[0], "alt": "Written"}]

    with pytest.raises(requests.ConnectionError):
        client.run("11", files=files)

    assert client.shopify.gallery(client.product())[0]["alt"] == "Written"


def test_the_answer_of_a_refresh_can_be_lost_and_asked_for_again(client: Client) -> None:
    tokens = client.exchange().json()
    arm(client, kind="lost_answer", path="/access_token")

    with pytest.raises(requests.ConnectionError):
        client.refresh(tokens["refresh_token"])

    assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_a_refresh_can_come_without_expires_in(client: Client) -> None:
    tokens = client.exchange().json()
    arm(client, kind="no_expires_in")

    assert "expires_in" not in client.refresh(tokens["refresh_token"]).json()


def test_half_an_answer(client: Client) -> None:
    arm(client, kind="truncated_json")

    with pytest.raises(requests.JSONDecodeError):
        client.post(SHOP).json()


def test_a_slow_answer(client: Client) -> None:
    arm(client, kind="slow", seconds=0.3)
    begun = time.monotonic()

    client.post(SHOP)

    assert time.monotonic() - begun >= 0.3


def test_processing_fails_with_a_code_of_choice(client: Client) -> None:
    arm(client, kind="processing_fails", code="MEDIA_TIMEOUT_ERROR")

    status = client.status(client.file())

    assert status["fileErrors"][0]["code"] == "MEDIA_TIMEOUT_ERROR"
    assert client.status(client.file(name="next.jpg"))["fileStatus"] == "READY"


def test_a_staged_address_can_be_too_old_at_once(client: Client) -> None:
    arm(client, kind="staged_expired")
    target = client.stage()

    answer = requests.post(
        target["url"],
        data={one["name"]: one["value"] for one in target["parameters"]},
        files={"file": ("new.jpg", jpeg(), "image/jpeg")},
        timeout=10,
    )

    assert (answer.status_code, "ExpiredToken" in answer.text) == (400, True)


def test_new_files_can_be_late_in_the_search(client: Client) -> None:
    client.file(name="new.jpg")
    client.clock.turn(1)
    arm(client, kind="search_lag", count=None, seconds=60)

    assert client.run("10", query="filename:new.jpg")["files"]["nodes"] == []
    client.clock.turn(60)
    assert len(client.run("10", query="filename:new.jpg")["files"]["nodes"]) == 1


def test_a_job_can_hang(client: Client) -> None:
    arm(client, kind="job_stuck")
    moves = [{"id": client.gallery()[2], "newPosition": "0"}]
    job = client.run("13", id=client.product(), moves=moves)["productReorderMedia"]["job"]["id"]
    client.clock.turn(60)

    assert client.run("14", id=job)["job"]["done"] is False


def test_a_fault_that_does_not_exist_is_named_with_those_that_do(client: Client) -> None:
    url = f"{client.shopify.url}/__sandbox/faults"

    answer = requests.post(url, json={"kind": "nonsense"}, timeout=10)

    said: dict[str, Any] = answer.json()
    assert answer.status_code == 400
    assert all(kind in said["error"] for kind in KINDS)
