"""Requests to a shop: throttling, tokens that end, and every answer that is not data."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from integrations.contract import (
    Gone,
    ImageFile,
    ImageGone,
    NeedsMerchant,
    Permanent,
    PlatformError,
    Retryable,
    RightMissing,
)
from integrations.platforms.shopify import bucket
from integrations.platforms.shopify.client import Client
from integrations.platforms.shopify.rights import missing_scopes
from tests.integrations.conftest import allow
from tests.shopify.conftest import SHOP, Tokens, app_at

__all__ = ["allow"]

PATH = f"/{SHOP}/admin/api/2026-10/graphql.json"
DATA = {"data": {"job": {"id": "gid://shopify/Job/1", "done": True}}}


def cost(requested: float, available: float, *, rate: float = 100.0) -> dict[str, Any]:
    status = {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": available,
        "restoreRate": rate,
    }
    return {"cost": {"requestedQueryCost": requested, "throttleStatus": status}}


def throttled(requested: float, available: float) -> dict[str, Any]:
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return {"errors": [error], "extensions": cost(requested, available)}


class Shop:
    """Answers in order, the last one for good, and remembers what was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        server.expect_request(PATH, method="POST").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        token = request.headers.get("X-Shopify-Access-Token", "")
        self.asked.append((token, json.loads(request.data)))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(body, str):
            return Response(body, status, content_type="text/html")
        headers = {"X-Request-Id": "req-77"}
        return Response(json.dumps(body), status, headers, content_type="application/json")


@pytest.fixture
def shop(
    httpserver: HTTPServer, allow: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> Shop:
    monkeypatch.setattr(bucket, "_buckets", {})
    allow(httpserver.url_for("").rstrip("/"))
    return Shop(httpserver)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def client(httpserver: HTTPServer, shop: Shop, tokens: Tokens) -> Client:
    return Client(SHOP, app_at(httpserver.url_for("").rstrip("/")), tokens)


def ask(client: Client) -> Any:
    return client.run("job", {"id": "gid://shopify/Job/1"})


def test_it_sends_a_document_by_name_with_the_token(client: Client, shop: Shop) -> None:
    shop.answers = [(200, DATA)]
    assert ask(client)["job"]["done"] is True
    token, body = shop.asked[0]
    assert token == "shpat_one"
    assert body["query"].startswith("query Job(")
    assert body["variables"] == {"id": "gid://shopify/Job/1"}


def test_it_waits_as_long_as_a_throttled_answer_says(
    client: Client, shop: Shop, pauses: list[float]
) -> None:
    shop.answers = [(200, throttled(270, 20)), (200, DATA | {"extensions": cost(270, 900)})]
    assert ask(client)["job"]["done"] is True
    waits = [one for one in pauses if one]
    assert len(waits) == 1
    assert 2.5 <= waits[0] <= 3.0


def test_it_leaves_a_long_throttle_to_the_row(
    client: Client, shop: Shop, pauses: list[float]
) -> None:
    shop.answers = [(200, throttled(1900, 0))]
    with pytest.raises(Retryable) as caught:
        ask(client)
    assert caught.value.code == "store_busy"
    assert 19.0 <= (caught.value.after or 0) <= 23.0
    assert len(shop.asked) == 1


def test_it_gives_up_on_a_shop_that_throttles_for_ever(
    client: Client, shop: Shop, pauses: list[float]
) -> None:
    shop.answers = [(200, throttled(70, 66))]
    with pytest.raises(Retryable) as caught:
        ask(client)
    assert caught.value.code == "store_busy"
    assert len(shop.asked) == 5


def test_it_waits_before_sending_what_the_balance_does_not_cover(
    client: Client, shop: Shop, pauses: list[float]
) -> None:
    shop.answers = [(200, DATA | {"extensions": cost(400, 100)})]
    ask(client)
    ask(client)
    waits = [one for one in pauses if one]
    assert len(waits) == 1
    assert 2.5 <= waits[0] <= 3.0


def test_a_refused_token_is_replaced_once(client: Client, shop: Shop, tokens: Tokens) -> None:
    tokens.waiting.append("shpat_two")
    shop.answers = [(401, {"errors": "[API] Invalid API key or access token"}), (200, DATA)]
    assert ask(client)["job"]["done"] is True
    assert [token for token, _ in shop.asked] == ["shpat_one", "shpat_two"]
    assert tokens.refused == ["shpat_one"]


def test_a_token_refused_twice_needs_the_merchant(
    client: Client, shop: Shop, tokens: Tokens
) -> None:
    tokens.waiting.append("shpat_two")
    shop.answers = [(401, {"errors": "[API] Invalid API key or access token"})]
    with pytest.raises(NeedsMerchant, match="Open the app"):
        ask(client)
    assert len(shop.asked) == 2


def coded(code: str) -> dict[str, Any]:
    return {"errors": [{"message": "Words of Shopify", "extensions": {"code": code}}]}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (402, {"errors": "Unavailable Shop"}, NeedsMerchant, "store_frozen"),
        (403, {"errors": "scope missing"}, RightMissing, "store_right_missing"),
        (403, "<html>blocked</html>", Retryable, "store_unreachable"),
        (404, {"errors": "Not Found"}, NeedsMerchant, "store_moved"),
        (404, "<html>no shop</html>", NeedsMerchant, "store_moved"),
        (301, "", NeedsMerchant, "store_moved"),
        (423, {"errors": "Locked"}, Retryable, "store_locked"),
        (429, {"errors": "slow down"}, Retryable, "store_busy"),
        (430, "", Retryable, "store_busy"),
        (400, {"errors": "bad"}, Permanent, "store_refused"),
        (400, "<html></html>", Retryable, "store_unreachable"),
        (500, "<html></html>", Retryable, "store_busy"),
        (502, "", Retryable, "store_busy"),
        (503, {"errors": "down"}, Retryable, "store_busy"),
        (200, "<html>maintenance</html>", Retryable, "store_unreachable"),
        (200, "", Retryable, "store_unreachable"),
        (200, [], Retryable, "store_unreachable"),
        (200, {"data": None}, Retryable, "store_unreachable"),
        (200, {}, Retryable, "store_unreachable"),
        (200, DATA | coded("INTERNAL_SERVER_ERROR"), Retryable, "store_busy"),
        (200, {"errors": [{"message": "no code"}]}, Retryable, "store_busy"),
        (200, {"errors": "a sentence"}, Retryable, "store_busy"),
        (200, {"errors": {"query": "odd"}}, Retryable, "store_busy"),
        (200, coded("MAX_COST_EXCEEDED"), Permanent, "query_too_costly"),
        (200, coded("ACCESS_DENIED"), RightMissing, "store_right_missing"),
        (200, DATA | coded("ACCESS_DENIED"), RightMissing, "store_right_missing"),
        (200, coded("SHOP_INACTIVE"), NeedsMerchant, "store_frozen"),
        (200, coded("undefinedField"), Permanent, "store_refused"),
    ],
)
def test_every_bad_answer_is_a_typed_error(
    client: Client, shop: Shop, status: int, body: Any, kind: type[PlatformError], code: str
) -> None:
    shop.answers = [(status, body)]
    with pytest.raises(kind) as caught:
        ask(client)
    assert caught.value.code == code


def refused(code: str, *, field: list[str] | None = None) -> dict[str, Any]:
    error = {"code": code, "field": field, "message": "Words of Shopify"}
    return {"data": {"fileUpdate": {"files": [], "userErrors": [error]}}}


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"data": {"fileUpdate": None}}, Retryable, "store_unreachable"),
        (refused("FILE_LOCKED"), Retryable, "store_busy"),
        (refused("NON_READY_STATE"), Retryable, "store_busy"),
        (refused("PRODUCT_VARIANT_ALREADY_HAS_MEDIA"), Retryable, "store_busy"),
        (refused("INVALID_IMAGE_SOURCE_URL"), Retryable, "store_fetch_failed"),
        (refused("PRODUCT_MEDIA_LIMIT_EXCEEDED"), Permanent, "store_refused"),
        (refused("UNACCEPTABLE_TRIAL_ASSET"), Permanent, "store_refused"),
        (refused("REFERENCE_TARGET_DOES_NOT_EXIST"), Gone, "not_found"),
        (refused("SOMETHING_NEW"), Permanent, "store_refused"),
    ],
)
def test_a_mutation_that_refuses_is_a_typed_error(
    client: Client, shop: Shop, answer: Any, kind: type[PlatformError], code: str
) -> None:
    shop.answers = [(200, answer)]
    with pytest.raises(kind) as caught:
        client.change("file_update", {"files": []})
    assert caught.value.code == code


def test_a_file_that_is_no_more_is_named(client: Client, shop: Shop) -> None:
    shop.answers = [(200, refused("FILE_DOES_NOT_EXIST", field=["files", "1", "id"]))]
    with pytest.raises(ImageGone) as caught:
        client.change("file_update", {"files": []}, subjects=("first", "second"))
    assert caught.value.external_id == "second"


def test_an_upload_sends_the_fields_in_order_and_the_file_last(
    client: Client, httpserver: HTTPServer
) -> None:
    bodies: list[bytes] = []

    def take(request: Request) -> Response:
        assert "X-Shopify-Access-Token" not in request.headers
        bodies.append(request.get_data())
        return Response(status=204)

    httpserver.expect_request("/bucket", method="POST").respond_with_handler(take)
    parameters = [{"name": "key", "value": "tmp/1"}, {"name": "policy", "value": "p"}]
    target = {"url": httpserver.url_for("/bucket"), "parameters": parameters}
    client.upload(target, ImageFile("a.jpg", "image/jpeg", b"\xff\xd8\xff", "", ""))
    body = bodies[0]
    assert body.index(b'name="key"') < body.index(b'name="policy"') < body.index(b'name="file"')
    assert b'filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff' in body


def test_an_upload_that_is_refused_can_be_tried_again(
    client: Client, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/bucket").respond_with_data("<Error>Expired</Error>", status=403)
    target = {"url": httpserver.url_for("/bucket"), "parameters": []}
    with pytest.raises(Retryable) as caught:
        client.upload(target, ImageFile("a.jpg", "image/jpeg", b"x", "", ""))
    assert caught.value.code == "store_fetch_failed"


def test_it_logs_the_request_id_and_never_a_token(
    client: Client, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.answers = [(500, {"errors": "Internal"})]
    with caplog.at_level(logging.DEBUG), pytest.raises(Retryable):
        ask(client)
    assert "req-77" in caplog.text
    assert "shpat_" not in caplog.text + repr(client)


def test_a_right_to_write_includes_the_one_to_read_only() -> None:
    assert missing_scopes(["write_products", "write_files", "read_orders"]) == ()
    assert missing_scopes(["read_products", "write_files"]) == ("write_products",)
    assert missing_scopes([]) == ("write_products", "write_files")
