"""A store, its credentials, and a receiver for what it sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from integrations.sandbox.woocommerce import SandboxStore
from tests.contracts.replay import picture

ROWS: list[dict[str, object]] = [
    {"name": "Stone Mug", "sku": "MUG", "price": "24.00", "description": "Thrown by hand."},
    {
        "name": "Tote",
        "sku": "TOTE",
        "type": "variable",
        "price": "18.00",
        "variations": [
            {"sku": "TOTE-R", "options": {"Color": "Red"}},
            {"sku": "TOTE-B", "options": {"Color": "Blue"}},
        ],
    },
]


@dataclass(slots=True)
class Shop:
    """A signed-in client of one store."""

    store: SandboxStore
    auth: tuple[str, str]

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to a REST path, e.g. `wc/v3/products`."""
        url = f"{self.store.url}/wp-json/{path}"
        options.setdefault("auth", self.auth)
        options.setdefault("timeout", 10)
        return requests.request(method, url, **options)

    def product(self, sku: str = "MUG") -> dict[str, Any]:
        """Read a product by SKU."""
        body = self.call("GET", f"wc/v3/products/{self.store.product(sku).id}").json()
        return dict(body)

    def put(self, body: Any, *, sku: str = "MUG") -> requests.Response:
        """Change a product by SKU."""
        return self.call("PUT", f"wc/v3/products/{self.store.product(sku).id}", json=body)

    def upload(self, name: str = "front.jpg", data: bytes | None = None) -> int:
        """Upload a picture and return its id."""
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        answer = self.call("POST", "wp/v2/media", data=data or picture(), headers=headers)
        return int(answer.json()["id"])

    def subscribe(self, topic: str, url: str, secret: str = "s3cret") -> int:
        """Create a webhook and return its id."""
        body = {"topic": topic, "delivery_url": url, "secret": secret}
        return int(self.call("POST", "wc/v3/webhooks", json=body).json()["id"])


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A store with a mug and a tote."""
    with SandboxStore(ROWS) as store:
        yield Shop(store, ("admin", store.create_app_password().password))


@dataclass(slots=True)
class Inbox:
    """What a webhook receiver got, and the status it answers."""

    url: str
    requests: list[Request]
    status: int = 200

    def deliveries(self) -> list[Request]:
        """The requests that are deliveries, not pings."""
        return [r for r in self.requests if "X-WC-Webhook-Topic" in r.headers]


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait for a background thread to have done something; fail after ten seconds."""

    def wait(done: Callable[[], bool]) -> None:
        for _ in range(200):
            if done():
                return
            time.sleep(0.05)
        pytest.fail("nothing happened within ten seconds")

    return wait


@pytest.fixture
def inbox(httpserver: HTTPServer) -> Inbox:
    """A receiver on loopback."""
    box = Inbox(httpserver.url_for("/hook"), [])

    def answer(request: Request) -> Response:
        request.get_data()
        box.requests.append(request)
        return Response("", box.status)

    httpserver.expect_request("/hook").respond_with_handler(answer)
    return box
