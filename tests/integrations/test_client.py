"""The signed requests to a store: every known defect of the vendor's package, and bad access."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.contract import Gone, NeedsMerchant, Permanent, Retryable, RightMissing
from integrations.platforms.woocommerce import client as client_module
from integrations.platforms.woocommerce.client import Client, Credentials, normal_url
from integrations.sandbox.woocommerce import SandboxStore
from tests.integrations import tls

Allow = Callable[[str], None]


def keys(store: SandboxStore, **options: Any) -> Credentials:
    key = store.create_key(**options)
    return Credentials(consumer_key=key.consumer_key, consumer_secret=key.consumer_secret)


@pytest.fixture
def client(shop: SandboxStore) -> Client:
    """Key pair over plain http: OAuth 1.0a."""
    return Client(shop.url, keys(shop))


@pytest.fixture
def secure(tmp_path: Path, allow: Allow, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxStore]:
    """The same store over https, with a certificate that we trust."""
    pair = tls.certificate(tmp_path)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pair[0]))
    with SandboxStore(products=[{"name": "Mug", "sku": "MUG"}], certificate=pair) as store:
        allow(store.url)
        yield store


def ids(answer: tuple[object, Any]) -> list[int]:
    rows = answer[0]
    assert isinstance(rows, list)
    return [row["id"] for row in rows]


@pytest.mark.parametrize(
    "params",
    [
        {"include": [10, 13]},
        {"include": "10,13"},
        {"search": "a/b"},
        {"search": ""},
        {"search": "50% + ü ~ & = x"},
        {"search": "a%2Fb"},
        {"sku": "MUG", "status": "any", "dates_are_gmt": True},
        {"modified_after": "2020-01-01T00:00:00", "dates_are_gmt": True},
    ],
)
def test_it_signs_every_kind_of_value_over_http(client: Client, params: dict[str, Any]) -> None:
    before = dict(params)
    _, reply = client.call("GET", "products", params=params)
    assert reply.ok
    assert params == before


def test_a_list_asks_for_all_its_members(client: Client, shop: SandboxStore) -> None:
    wanted = [shop.product(sku).id for sku in ("MUG", "VASE")]
    assert sorted(ids(client.call("GET", "products", params={"include": wanted}))) == wanted


def test_a_slash_in_front_of_the_path_is_not_doubled(client: Client) -> None:
    assert len(ids(client.call("GET", "/products"))) == 3


def test_an_address_in_capitals_is_the_same_store(shop: SandboxStore) -> None:
    shouting = Client(shop.url.replace("http://", "HTTP://") + "/", keys(shop))
    assert len(ids(shouting.call("GET", "products"))) == 3
    assert normal_url("HTTPS://Shop.Example/Sub/") == "https://shop.example/Sub"


def test_over_https_the_key_travels_in_the_header_only(secure: SandboxStore) -> None:
    seen = []
    secure.application.faults.before = lambda request: seen.append(request)  # type: ignore[method-assign]
    upper = Client(secure.url.replace("https", "HTTPS"), keys(secure))
    params = {"per_page": 5}
    assert len(ids(upper.call("GET", "products", params=params))) == 1
    assert params == {"per_page": 5}
    assert seen[0].headers["Authorization"].startswith("Basic ")
    assert "consumer" not in seen[0].full_path


@pytest.fixture
def behind(
    tmp_path: Path, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[tls.App], tls.App]], SandboxStore]]:
    """Start a store behind a web server with a habit."""
    pair = tls.certificate(tmp_path)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pair[0]))
    running: list[SandboxStore] = []

    def start(habit: Callable[[tls.App], tls.App]) -> SandboxStore:
        store = SandboxStore(products=[{"name": "Mug", "sku": "MUG"}], certificate=pair)
        store.application = habit(store.application)  # type: ignore[assignment]
        store.start()
        running.append(store)
        allow(store.url)
        return store

    yield start
    for store in running:
        store.application = None  # type: ignore[assignment]
        store._server.stop()


def test_a_dropped_authorization_header_is_worked_around(behind: Any) -> None:
    store = behind(tls.dropping_authorization)
    client = Client(store.url, keys(store))
    assert len(ids(client.call("GET", "products"))) == 1
    body, _ = client.call("PUT", f"products/{store.product('MUG').id}", json={"name": "Cup"})
    assert isinstance(body, dict)
    assert body["name"] == "Cup"


def test_a_proxy_that_hides_https_is_named_as_the_cause(behind: Any) -> None:
    store = behind(tls.hiding_https)
    with pytest.raises(NeedsMerchant, match="HTTPS=on"):
        Client(store.url, keys(store)).call("GET", "products")


def test_a_revoked_key_is_named_as_the_cause(secure: SandboxStore) -> None:
    client = Client(secure.url, keys(secure))
    secure.state.tables.keys.clear()
    with pytest.raises(NeedsMerchant, match="revoked"):
        client.call("GET", "products")


def test_a_revoked_key_over_http_is_named_as_the_cause(client: Client, shop: SandboxStore) -> None:
    shop.state.tables.keys.clear()
    with pytest.raises(NeedsMerchant, match="revoked"):
        client.call("GET", "products")


def test_a_revoked_password_is_named_as_the_cause(shop: SandboxStore) -> None:
    row = shop.create_app_password()
    spaced = " ".join(row.password[at : at + 4] for at in range(0, 24, 4))
    client = Client(shop.url, Credentials(username="admin", application_password=spaced))
    assert len(ids(client.call("GET", "products"))) == 3
    shop.state.tables.app_passwords.clear()
    with pytest.raises(NeedsMerchant, match="application password"):
        client.call("GET", "products")


def test_a_key_that_may_only_read_says_what_to_change(shop: SandboxStore) -> None:
    client = Client(shop.url, keys(shop, permissions="read"))
    with pytest.raises(RightMissing, match="Read/Write"):
        client.call("PUT", "products/10", json={})


def test_a_customers_key_says_who_should_connect(shop: SandboxStore) -> None:
    client = Client(shop.url, keys(shop, login="buyer"))
    with pytest.raises(RightMissing, match="administrator or shop manager"):
        client.call("GET", "products")


@pytest.mark.parametrize(("fault", "after"), [("429", 7.0), ("503", None), ("maintenance", None)])
def test_a_busy_store_is_an_error_that_says_when_to_come_back(
    client: Client, shop: SandboxStore, fault: str, after: float | None
) -> None:
    shop.faults.add(fault, seconds=7)
    with pytest.raises(Retryable) as caught:
        client.call("GET", "products")
    assert caught.value.after == after


def test_half_an_answer_is_no_answer(client: Client, shop: SandboxStore) -> None:
    shop.faults.add("truncated_json")
    with pytest.raises(Retryable):
        client.call("GET", "products")


def test_errors_of_the_store_are_errors_here(client: Client) -> None:
    with pytest.raises(Gone):
        client.call("GET", "products/99999")
    with pytest.raises(Permanent, match="rest_invalid_param"):
        client.call("GET", "products", params={"per_page": 101})
    with pytest.raises(NeedsMerchant, match="plug-in is active"):
        client.call("GET", "nothing-here")


def test_an_answer_is_never_read_without_a_limit(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MAX_BYTES", 100)
    with pytest.raises(Permanent, match="larger"):
        client.call("GET", "products")


def test_a_write_is_waited_for_longer_than_php_takes() -> None:
    assert client_module._limits("PUT")["timeout"][1] >= 120
    assert client_module._limits("PUT")["total_timeout"] >= 120


def test_a_slow_store_is_tried_again_later(
    shop: SandboxStore, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "READ_TIMEOUT", (1.0, 0.2))
    shop.faults.add("slow", seconds=1.5)
    with pytest.raises(Retryable, match="too long"):
        client.call("GET", "products")


def test_a_private_address_is_never_called(shop: SandboxStore, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = []
    with pytest.raises(NeedsMerchant, match="operator of this"):
        Client(shop.url, keys(shop)).call("GET", "products")


def test_credentials_do_not_show_in_a_log_line(shop: SandboxStore) -> None:
    shown = repr(keys(shop)) + repr(Credentials(username="a", application_password="p4ss"))
    assert "ck_" not in shown
    assert "cs_" not in shown
    assert "p4ss" not in shown
