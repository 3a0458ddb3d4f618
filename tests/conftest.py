"""Shared fixtures: a photo server on loopback and a worker that drains in this process."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from django.test import TransactionTestCase
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Response

from generation import work
from productviz.lib.lease import new_owner
from tests import emptying
from tests.pictures import photo

Serve = Callable[..., str]


# Secrets as they look: ours, the stores', and the password of people in tests/factories.
SECRET = re.compile(
    r"pk_(live|test)_\w{8}_[\w-]{43}|whsec_[\w+/]{30}|\bc[ks]_[0-9a-f]{40}|\bshp(at|ca|ss|ua|rt)_\w{20}"
    r"|(Bearer|Basic) [\w+/=.-]{16}|correct horse battery"
)
OURS = ("productviz", "integrations", "generation", "django", "allauth", "urllib3", "q")


@pytest.fixture(autouse=True, scope="session")
def quick_emptying() -> Iterator[None]:
    """Have what commits cleaned up quickly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.empty)
        yield


@pytest.fixture(autouse=True)
def no_log_line_holds_a_secret(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A22: whatever a test does, what the product writes into its log names no secret."""
    yield
    for phase in ("setup", "call"):
        for record in caplog.get_records(phase):
            if record.name.split(".")[0] in OURS and ".sandbox" not in record.name:
                line = logging.Formatter().format(record)
                assert not SECRET.search(line), f"a secret is in a line of {record.name}"


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
