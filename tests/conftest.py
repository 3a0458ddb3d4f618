"""Shared fixtures: a photo server on loopback and a worker that drains in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from generation import work
from productviz.lib.lease import new_owner
from tests.pictures import photo

Serve = Callable[..., str]


@pytest.fixture
def photos(httpserver: HTTPServer, settings: object) -> Iterator[Serve]:
    """A function that serves bytes (a good photograph by default) and returns their URL."""
    settings.OUTBOUND_ALLOW_HOSTS = [f"{httpserver.host}:{httpserver.port}"]  # type: ignore[attr-defined]

    def serve(
        name: str,
        data: bytes | None = None,
        *,
        status: int = 200,
        content_type: str = "image/jpeg",
        times: int | None = None,
    ) -> str:
        body = photo() if data is None else data
        response = Response(body, status, content_type=content_type)
        handler = httpserver.expect_ordered_request if times else httpserver.expect_request
        for _ in range(times or 1):
            handler(f"/{name}").respond_with_response(response)
        return httpserver.url_for(f"/{name}")

    yield serve
    httpserver.clear()


@pytest.fixture
def drain() -> Callable[[], int]:
    """Advance generations until none is due, as a worker would."""

    def run() -> int:
        owner, done = new_owner(), 0
        while count := work.run_generations(owner):
            done += count
        return done

    return run
