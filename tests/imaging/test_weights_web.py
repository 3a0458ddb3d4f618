from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from generation.preprocessing import weights_fetch
from generation.preprocessing.weights import PINS, Pin, WeightsError, is_intact
from generation.preprocessing.weights_fetch import fetch

CONTENT = bytes(range(256)) * 400
PIECE = 30_000


@dataclass
class Web:
    """Two hosts on loopback: one that redirects, and one that has the file."""

    first: int = 0
    second: int = 0
    ranges: list[str] = field(default_factory=list)
    content: bytes = CONTENT
    keeps_ranges: bool = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.first}/releases/tiny.onnx"


@pytest.fixture
def web(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(weights_fetch, "_PIECE_BYTES", PIECE)
    web = Web()

    class Redirects(_Quiet):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{web.second}/files/tiny.onnx?signed=1")
            self.end_headers()

    class Has(_Quiet):
        def do_GET(self) -> None:
            web.ranges.append(self.headers["Range"])
            start, end = map(int, re.findall(r"\d+", self.headers["Range"]))
            part = web.content[start : end + 1] if web.keeps_ranges else web.content
            self.send_response(206 if web.keeps_ranges else 200)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (Redirects, Has)]
    web.first, web.second = (server.server_address[1] for server in servers)
    settings.OUTBOUND_ALLOW_HOSTS = [f"127.0.0.1:{port}" for port in (web.first, web.second)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield web
    for server in servers:
        server.shutdown()
        server.server_close()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return


def _pin(web: Web) -> Pin:
    return Pin(
        name="tiny",
        url=web.url,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        download_size=len(CONTENT),
        licence="test",
        note="a test",
    )


def test_it_fetches_in_pieces_behind_a_redirect(web: Web, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []

    path = fetch(_pin(web), tmp_path, lambda done, total: steps.append((done, total)))

    assert path.read_bytes() == CONTENT
    assert is_intact(_pin(web), tmp_path)
    assert web.ranges[0] == f"bytes=0-{PIECE - 1}"
    assert len(web.ranges) == 4
    assert steps[-1] == (len(CONTENT), len(CONTENT))


def test_it_installs_nothing_when_the_web_gives_something_else(web: Web, tmp_path: Path) -> None:
    web.content = bytes(reversed(CONTENT))

    with pytest.raises(WeightsError, match="Nothing was installed"):
        fetch(_pin(web), tmp_path, lambda done, total: None)

    assert list(tmp_path.iterdir()) == []


def test_it_refuses_a_server_that_ignores_the_range(web: Web, tmp_path: Path) -> None:
    web.keeps_ranges = False

    with pytest.raises(WeightsError, match=r"server answered 200.*--file PATH"):
        fetch(_pin(web), tmp_path, lambda done, total: None)


def test_it_says_what_to_do_where_the_web_is_out_of_reach(
    web: Web, settings: Settings, tmp_path: Path
) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = []

    with pytest.raises(WeightsError, match="fetch_model tiny --file PATH"):
        fetch(_pin(web), tmp_path, lambda done, total: None)


def test_larger_networks_are_fetched_by_name_only() -> None:
    larger = [pin for pin in PINS.values() if pin.is_optional]

    assert [pin.name for pin in larger] == ["isnet", "birefnet-lite", "birefnet"]
    assert all(pin.url.startswith("https://") and len(pin.sha256) == 64 for pin in larger)
