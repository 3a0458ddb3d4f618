"""A shop, an app that is installed in it, and a receiver for webhooks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from integrations.sandbox.shopify import AppRegistration, SandboxShopify

DOCUMENTS = Path(__file__).parent / "documents"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ROWS: list[dict[str, object]] = [
    {
        "name": "Stone Mug",
        "price": "24.00",
        "description": "Thrown by hand.",
        "categories": ["Kitchen"],
        "photos": ["chalk.jpg", "ocean.jpg", "side.jpg"],
        "variations": [
            {"sku": "MUG-C", "options": {"Color": "Chalk"}, "photo": "chalk.jpg"},
            {"sku": "MUG-O", "options": {"Color": "Ocean"}, "photo": "ocean.jpg"},
            {"sku": "MUG-B", "options": {"Color": "Black"}},
        ],
    },
    {"name": "Tote &amp; Bag", "sku": "TOTE", "price": "18.00", "photos": ["tote.jpg"]},
    {"name": "Bare Board", "sku": "BOARD", "price": "45.00"},
]


def document(name: str) -> str:
    """Return one of the app's GraphQL documents by the start of its file's name."""
    (found,) = DOCUMENTS.glob(f"{name}_*.graphql")
    return found.read_text()


def jpeg(colour: str = "red", size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = 1_796_000_000.0

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass(slots=True)
class Client:
    """The app's side of one shop."""

    shopify: SandboxShopify
    clock: Clock
    token: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)

    def grant(self, **fields: object) -> requests.Response:
        """Ask the token endpoint with the app's own keys."""
        app = self.shopify.app
        body = {"client_id": app.client_id, "client_secret": app.client_secret, **fields}
        address = f"{self.shopify.admin}/admin/oauth/access_token"
        return requests.post(address, json=body, timeout=10)

    def exchange(self, **fields: object) -> requests.Response:
        """Exchange a fresh session token for an expiring offline token."""
        sent: dict[str, object] = {
            "grant_type": EXCHANGE,
            "subject_token": self.shopify.session_token(),
            "subject_token_type": ID_TOKEN,
            "requested_token_type": OFFLINE,
            "expiring": 1,
        }
        return self.grant(**{**sent, **fields})

    def refresh(self, refresh_token: str) -> requests.Response:
        """Ask for a new pair of tokens."""
        return self.grant(grant_type="refresh_token", refresh_token=refresh_token)

    def post(
        self, query: str, variables: object = None, *, token: str = "", version: str = "2026-10"
    ) -> requests.Response:
        """Send a GraphQL request as it is."""
        return requests.post(
            f"{self.shopify.admin}/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables or {}},
            headers={"X-Shopify-Access-Token": token or self.token},
            timeout=10,
        )

    def run(self, name: str, **variables: object) -> dict[str, Any]:
        """Run a document of the app and return its data; fail on errors."""
        answer = self.post(document(name), variables).json()
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def product(self, sku: str = "MUG-C") -> str:
        """Return a product's gid."""
        return f"gid://shopify/Product/{self.shopify.product(sku).id}"

    def variant(self, sku: str) -> str:
        """Return a variant's gid."""
        rows = self.shopify.shop.variants.values()
        return next(f"gid://shopify/ProductVariant/{row.id}" for row in rows if row.sku == sku)

    def gallery(self, sku: str = "MUG-C") -> list[str]:
        """Return the gids of a product's media, in order."""
        return [str(one["id"]) for one in self.shopify.gallery(self.shopify.product(sku).id)]

    def stage(self, name: str = "new.jpg", **fields: object) -> dict[str, Any]:
        """Ask for a place to upload to."""
        asked = {
            "resource": "IMAGE",
            "filename": name,
            "mimeType": "image/jpeg",
            "httpMethod": "POST",
            **fields,
        }
        targets = self.run("07", input=[asked])["stagedUploadsCreate"]["stagedTargets"]
        return dict(targets[0])

    def upload(self, data: bytes | None = None, name: str = "new.jpg") -> str:
        """Upload bytes and return their resourceUrl."""
        target = self.stage(name)
        answer = requests.post(
            target["url"],
            data={one["name"]: one["value"] for one in target["parameters"]},
            files={"file": (name, data if data is not None else jpeg(), "image/jpeg")},
            timeout=10,
        )
        assert answer.status_code == 201, answer.text
        return str(target["resourceUrl"])

    def create(self, source: str, name: str = "new.jpg", **fields: object) -> dict[str, Any]:
        """Make a file and return the mutation's payload."""
        asked = {
            "originalSource": source,
            "contentType": "IMAGE",
            "filename": name,
            "duplicateResolutionMode": "RAISE_ERROR",
            **fields,
        }
        return dict(self.run("08", files=[asked])["fileCreate"])

    def file(self, data: bytes | None = None, name: str = "new.jpg") -> str:
        """Upload and make a file, wait until it is processed, and return its gid."""
        made = self.create(self.upload(data, name), name)
        self.clock.turn(self.shopify.state.processing_seconds)
        return str(made["files"][0]["id"])

    def status(self, gid: str) -> dict[str, Any]:
        """Poll a file."""
        return dict(self.run("09", ids=[gid])["nodes"][0])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The catalog's photos."""
    colours = {"chalk": "white", "ocean": "navy", "side": "gray", "tote": "green"}
    for name, colour in colours.items():
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(colour))
    return tmp_path


@dataclass(slots=True)
class Inbox:
    """What a webhook receiver got, and the status it answers."""

    url: str
    requests: list[Request] = field(default_factory=list)
    status: int = 200

    def topics(self) -> list[str]:
        """The topics that arrived, in order."""
        return [str(request.headers["X-Shopify-Topic"]) for request in self.requests]


@pytest.fixture
def inbox(httpserver: HTTPServer) -> Inbox:
    """A receiver on loopback."""
    box = Inbox(httpserver.url_for("/hook"))

    def answer(request: Request) -> Response:
        request.get_data()
        box.requests.append(request)
        return Response("", box.status, headers={"Location": "/elsewhere"})

    httpserver.expect_request("/hook").respond_with_handler(answer)
    return box


@pytest.fixture
def client(photos: Path, inbox: Inbox) -> Iterator[Client]:
    """A shop with three products and the app installed, its token in hand."""
    clock = Clock()
    app = AppRegistration(application_url="http://127.0.0.1:9/app")
    app.subscribe(inbox.url)
    with SandboxShopify(ROWS, app=app, photos=photos, clock=clock, bulk_seconds=0.02) as shopify:
        one = Client(shopify, clock)
        one.token = one.exchange().json()["access_token"]
        yield one


Waiter = Callable[[Callable[[], bool]], None]
