"""Streaming a file to disk through the one door: whole, bounded, and no key of ours with it."""

from __future__ import annotations

import hashlib
import io
import socket
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from productviz.lib import http
from productviz.lib.http import OutboundError, download

Serve = Callable[..., Any]
HEAD = b"HTTP/1.1 200 OK\r\n"


def fetch(url: str, *, max_bytes: int = 100_000, total_timeout: float = 10.0) -> io.BytesIO:
    into = io.BytesIO()
    download(url, into, max_bytes=max_bytes, total_timeout=total_timeout)
    return into


def failure(function: Callable[[], object]) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        function()
    return caught.value


def drip(first: bytes, then: bytes, *, seconds: float) -> Callable[[socket.socket], None]:
    """Send ``first``, then ``then`` again and again until the client goes away."""

    def send(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(then)
            time.sleep(seconds)

    return send


def test_it_writes_the_bytes_and_says_how_many_and_which(serve: Serve) -> None:
    body = bytes(range(256)) * 300
    server = serve(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    into = io.BytesIO()

    got = download(server.url, into, max_bytes=len(body), total_timeout=10)

    assert into.getvalue() == body
    assert (got.size, got.sha256) == (len(body), hashlib.sha256(body).hexdigest())


def test_it_sends_no_key_of_ours(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Length: 0\r\n\r\n")

    fetch(server.url + "/catalog.jsonl?signature=abc")

    sent = server.requests[0].lower()
    assert "authorization" not in sent
    assert "cookie" not in sent
    assert "get /catalog.jsonl?signature=abc " in sent


def test_memory_does_not_grow_with_the_file(serve: Serve) -> None:
    size = 30_000_000

    def send(connection: socket.socket) -> None:
        connection.sendall(HEAD + f"Content-Length: {size}\r\n\r\n".encode())
        for _ in range(30):
            connection.sendall(bytes(size // 30))

    class Nowhere(io.BytesIO):
        def write(self, data: Any) -> int:
            return len(data)

    server = serve(send)
    tracemalloc.start()
    got = download(server.url, Nowhere(), max_bytes=size, total_timeout=60)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert got.size == size
    assert most < 3_000_000


@pytest.mark.parametrize(
    "endless",
    [
        drip(HEAD + b"\r\n", b"x" * 65536, seconds=0),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8\r\nxxxxxxxx\r\n" * 999, seconds=0),
        drip(HEAD + b"Content-Length: 100001\r\n\r\n", b"x", seconds=0),
    ],
    ids=["body", "chunks", "declared"],
)
def test_an_endless_body_is_cut_off_by_its_size(
    serve: Serve, endless: Callable[[socket.socket], None]
) -> None:
    server = serve(endless)
    into = io.BytesIO()

    error = failure(lambda: download(server.url, into, max_bytes=100_000, total_timeout=10))

    assert error.code == "payload_too_large"
    assert len(into.getvalue()) <= 100_000


def test_a_dripping_body_falls_below_the_minimum_speed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "DOWNLOAD_TIMEOUT", (5.0, 0.2))
    server = serve(drip(HEAD + b"Content-Length: 90000\r\n\r\n", b"x", seconds=0.02))

    error = failure(lambda: fetch(server.url, total_timeout=60))

    assert (error.code, error.retryable) == ("source_timeout", True)


def test_a_fast_body_without_an_end_meets_the_whole_limit(serve: Serve) -> None:
    server = serve(drip(HEAD + b"\r\n", b"x" * 4096, seconds=0.02))

    error = failure(lambda: fetch(server.url, max_bytes=10**9, total_timeout=0.3))

    assert error.code == "source_timeout"


@pytest.mark.parametrize(
    "broken",
    [
        HEAD + b"Content-Length: 10\r\n\r\nshort",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
    ],
    ids=["shorter than declared", "chunk", "chunk length"],
)
def test_a_body_that_breaks_off_is_no_file(serve: Serve, broken: bytes) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(broken)
        connection.shutdown(socket.SHUT_RDWR)

    server = serve(send)

    error = failure(lambda: fetch(server.url))

    assert (error.code, error.retryable) == ("source_unreachable", True)


def test_what_comes_after_the_declared_length_is_not_part_of_the_file(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Length: 4\r\nConnection: close\r\n\r\nfilemore")

    assert fetch(server.url).getvalue() == b"file"


def test_a_compressed_body_is_refused_unread(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb")

    error = failure(lambda: fetch(server.url))

    assert (error.code, error.retryable) == ("source_unreachable", False)


def test_a_redirect_inside_is_not_followed(serve: Serve, trap: Any) -> None:
    inside = f"http://127.0.0.1:{trap.port}/"
    moved = f"HTTP/1.1 302 Found\r\nLocation: {inside}\r\nContent-Length: 4\r\n\r\nhtml"
    server = serve(moved.encode())
    into = io.BytesIO()

    error = failure(lambda: download(server.url, into, max_bytes=100, total_timeout=10))

    assert error.code in ("url_forbidden_address", "url_port_not_allowed")
    assert into.getvalue() == b""
    assert not trap.was_reached()


def test_it_follows_a_redirect_to_where_it_may_go(serve: Serve) -> None:
    there = serve(HEAD + b"Content-Length: 4\r\n\r\nfile")
    moved = f"HTTP/1.1 302 Found\r\nLocation: {there.url}/x\r\nContent-Length: 4\r\n\r\nhtml"

    assert fetch(serve(moved.encode()).url).getvalue() == b"file"


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (403, "source_forbidden", False),
        (404, "source_not_found", False),
        (500, "source_unreachable", True),
        (206, "source_unreachable", False),
    ],
)
def test_the_body_of_any_other_answer_is_not_written(
    serve: Serve, status: int, code: str, retryable: bool
) -> None:
    server = serve(f"HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\noops".encode())
    into = io.BytesIO()

    error = failure(lambda: download(server.url, into, max_bytes=100, total_timeout=10))

    assert (error.code, error.retryable) == (code, retryable)
    assert into.getvalue() == b""


def test_a_full_disk_of_ours_is_not_blamed_on_the_server(serve: Serve) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    server = serve(HEAD + b"Content-Length: 4\r\n\r\nfile")

    error = failure(lambda: download(server.url, Full(), max_bytes=100, total_timeout=10))

    assert (error.code, error.retryable) == ("disk_unwritable", True)
