"""One developer's whole way over a real server: ask, poll, watch, and fetch the image."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.db import connections
from PIL import Image

from generation import work
from generation.models import Generation
from productviz.lib.lease import new_owner
from tests.api.rows import Shop, make_shop
from tests.conftest import Serve

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
SECONDS = 60


@pytest.fixture
def begin() -> Iterator[Callable[[], None]]:
    """A function that lets a worker of its own begin; it works until the test is over."""
    over = threading.Event()

    def run() -> None:
        owner = new_owner()
        while not over.is_set():
            if not work.run_generations(owner):
                time.sleep(0.02)
        connections.close_all()

    worker = threading.Thread(target=run)
    yield worker.start
    over.set()
    if worker.ident is not None:
        worker.join()


class Program:
    """The developer's program."""

    def __init__(self, shop: Shop, server: Any) -> None:
        self.base = f"{server.url}/api/v1"
        self.server = server.url
        self.headers = {"Authorization": f"Bearer {shop.caller.text}"}

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        """POST."""
        return requests.post(
            self.base + path, json=body, headers={**self.headers, **headers}, timeout=SECONDS
        )

    def get(self, path: str, **headers: str) -> requests.Response:
        """GET, without following redirects; the body is read as it is asked for."""
        return requests.get(
            self.base + path,
            headers={**self.headers, **headers},
            timeout=SECONDS,
            stream=True,
            allow_redirects=False,
        )


def test_it_asks_polls_watches_and_fetches(
    photos: Serve, live_server: Any, begin: Callable[[], None], settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    shop = make_shop(photos("mug.jpg"))
    program = Program(shop, live_server)

    accepted = program.post(
        "/generations", shop.body(metadata={"order": "A-17"}), **{"Idempotency-Key": "a"}
    )
    assert accepted.status_code == 202
    path = accepted.headers["Location"].removeprefix("/api/v1")

    etag = accepted.headers["ETag"]
    unchanged = program.get(path, **{"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")

    with program.get(f"{path}/events", Accept="text/event-stream") as stream:
        begin()
        lines = list(stream.iter_lines(decode_unicode=True, chunk_size=1))
    told = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert told[0] == "generation.accepted"
    assert told[-1] == "generation.completed"
    assert told.count("generation.completed") == 1

    done = program.get(path, **{"If-None-Match": etag})
    assert done.status_code == 200
    made = done.json()
    assert (made["status"], made["progress"], made["quality"]["verdict"]) == (
        "succeeded",
        100,
        "pass",
    )
    assert [stage["status"] for stage in made["stages"]] == ["succeeded"] * 6
    assert all(stage["started_at"] <= stage["finished_at"] for stage in made["stages"])

    shown = program.get(f"/assets/{made['assets'][0]}").json()
    redirected = program.get(f"/assets/{made['assets'][0]}/content")
    assert redirected.status_code == 302
    for address in (shown["url"], redirected.headers["Location"]):
        file = requests.get(address, timeout=SECONDS)
        assert file.status_code == 200
        assert file.headers["Content-Type"] == "image/jpeg"
        assert Image.open(io.BytesIO(file.content)).size == (400, 400)


def test_it_waits_with_whoever_prefers_to(
    photos: Serve, live_server: Any, begin: Callable[[], None]
) -> None:
    shop = make_shop(photos("mug.jpg"))
    program = Program(shop, live_server)
    begin()

    made = program.post(
        "/generations", shop.body(), **{"Idempotency-Key": "a", "Prefer": "wait=30"}
    )
    again = program.post(
        "/generations", shop.body(), **{"Idempotency-Key": "b", "Prefer": "wait=30"}
    )

    assert made.status_code == 200
    assert made.json()["status"] == "succeeded"
    assert made.headers["Preference-Applied"] == "wait=30"
    assert again.status_code == 200
    assert (again.json()["status"], again.json()["reused"]) == ("succeeded", True)
    assert again.json()["assets"] == made.json()["assets"]


def test_it_does_not_wait_longer_than_was_wished(live_server: Any) -> None:
    shop = make_shop()
    program = Program(shop, live_server)

    answer = program.post(
        "/generations", shop.body(), **{"Idempotency-Key": "a", "Prefer": "respond-async, wait=1"}
    )

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert Generation.objects.count() == 1
