"""Limits of size, time and speed, with the figures scaled down where time is the subject."""

from __future__ import annotations

import contextlib
import gzip
import socket
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from productviz.lib import http
from productviz.lib.http import OutboundError, fetch_image, request

Serve = Callable[..., Any]
HEAD = b"HTTP/1.1 200 OK\r\n"


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


def test_a_body_of_exactly_the_limit_is_taken(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000)

    assert len(request("GET", server.url, max_bytes=1000).body) == 1000


@pytest.mark.parametrize(
    "body",
    [b"\r\n" + b"x" * 1001, b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001],
    ids=["until closed", "chunked"],
)
def test_one_byte_over_the_limit_is_refused(serve: Serve, body: bytes) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(HEAD + body + b"\r\n0\r\n\r\n")
        connection.shutdown(socket.SHUT_RDWR)

    server = serve(send)

    error = failure(lambda: request("GET", server.url, max_bytes=1000))

    assert error.code == "payload_too_large"


def test_a_declared_length_over_the_limit_is_refused_unread(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Length: 1001\r\n\r\n")

    error = failure(lambda: request("GET", server.url, max_bytes=1000))

    assert (error.code, error.retryable) == ("payload_too_large", False)


@pytest.mark.parametrize(
    "endless",
    [
        drip(HEAD + b"\r\n", b"x" * 65536, seconds=0),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8\r\nxxxxxxxx\r\n" * 999, seconds=0),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 999, seconds=0),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 999, seconds=0),
    ],
    ids=["body", "chunks", "trailers", "interim answers"],
)
def test_an_endless_answer_is_cut_off_by_its_size(
    serve: Serve, endless: Callable[[socket.socket], None]
) -> None:
    server = serve(endless)

    error = failure(lambda: request("GET", server.url, max_bytes=100_000))

    assert error.code == "payload_too_large"


@pytest.mark.parametrize(
    "endless",
    [
        drip(HEAD, b"X-A: b\r\n" * 999, seconds=0),
        drip(HEAD, b"X" * 65536, seconds=0),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1" * 65536, seconds=0),
    ],
    ids=["headers", "header", "chunk length"],
)
def test_endless_framing_is_cut_off(serve: Serve, endless: Callable[[socket.socket], None]) -> None:
    server = serve(endless)

    assert failure(lambda: request("GET", server.url)).code == "source_unreachable"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, gzip", "x-unknown"])
def test_a_compressed_answer_is_refused_unread(serve: Serve, encoding: str) -> None:
    bomb = gzip.compress(bytes(20_000_000))
    head = f"Content-Encoding: {encoding}\r\nContent-Length: {len(bomb)}\r\n\r\n"
    server = serve(HEAD + head.encode() + bomb)

    tracemalloc.start()
    error = failure(lambda: request("GET", server.url))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (error.code, error.retryable) == ("source_unreachable", False)
    assert most < 2_000_000


@pytest.mark.parametrize("coding", ["Identity", "identity"])
def test_identity_is_no_compression(serve: Serve, coding: str) -> None:
    server = serve(HEAD + f"Content-Encoding: {coding}\r\nContent-Length: 1\r\n\r\nx".encode())

    assert request("GET", server.url).body == b"x"


def test_a_head_answer_may_describe_what_a_get_would_refuse(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 99999999999\r\n\r\n")

    reply = request("HEAD", server.url)

    assert (reply.body, reply.headers["content-length"]) == (b"", "99999999999")


@pytest.mark.parametrize(
    "slow",
    [
        drip(HEAD + b"Content-Length: 1000000\r\n\r\n", b"x", seconds=0.02),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", seconds=0.02),
        drip(HEAD, b"x", seconds=0.02),
        drip(b"", b"H", seconds=0.02),
    ],
    ids=["body", "chunks", "headers", "status line"],
)
def test_a_dripping_answer_falls_below_the_minimum_speed(
    serve: Serve, slow: Callable[[socket.socket], None]
) -> None:
    server = serve(slow)

    error = failure(lambda: request("GET", server.url, timeout=(5, 0.2), total_timeout=60))

    assert (error.code, error.retryable) == ("source_timeout", True)


def test_a_fast_answer_without_an_end_meets_the_whole_limit(serve: Serve) -> None:
    server = serve(drip(HEAD + b"\r\n", b"x" * 4096, seconds=0.02))

    error = failure(lambda: request("GET", server.url, timeout=(5, 20), total_timeout=0.3))

    assert error.code == "source_timeout"


@pytest.mark.parametrize(
    "start", [b"", HEAD, HEAD + b"Content-Length: 9\r\n\r\n", HEAD + b"Content-Length: 9\r\n\r\nx"]
)
def test_a_silent_server_is_a_timeout(serve: Serve, start: bytes) -> None:
    def fall_silent(connection: socket.socket) -> None:
        connection.sendall(start)
        connection.recv(1)

    server = serve(fall_silent)

    assert failure(lambda: request("GET", server.url, timeout=(5, 0.1))).code == "source_timeout"


def test_a_host_that_does_not_answer_the_door_is_a_timeout(settings: Any) -> None:
    # A full queue of connections makes the kernel drop the next ones, as a firewall would.
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    settings.OUTBOUND_ALLOW_HOSTS = [f"127.0.0.1:{port}"]
    waiting = [socket.socket() for _ in range(4)]
    for caller in waiting:
        caller.setblocking(False)
        caller.connect_ex(("127.0.0.1", port))

    error = failure(lambda: request("GET", f"http://127.0.0.1:{port}/", timeout=(0.2, 5)))

    for caller in (*waiting, listener):
        caller.close()
    assert error.code == "source_timeout"


def test_a_server_that_does_not_read_an_upload_is_a_timeout(serve: Serve) -> None:
    # More than the socket buffers hold.
    upload = bytes(50_000_000)
    server = serve(lambda connection: time.sleep(10))
    server.reads_bodies = False

    error = failure(
        lambda: request("POST", server.url, data=upload, timeout=(5, 5), total_timeout=0.3)
    )

    assert error.code == "source_timeout"


def test_sending_may_take_longer_than_connecting(serve: Serve) -> None:
    upload = bytes(20_000_000)

    def read_late(connection: socket.socket) -> None:
        time.sleep(0.5)
        connection.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while connection.recv(1_000_000):
                pass
        connection.sendall(HEAD + b"Content-Length: 0\r\n\r\n")

    server = serve(read_late)
    server.reads_bodies = False

    assert request("POST", server.url, data=upload, timeout=(0.2, 20)).ok


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
        b"\x16\x03\x01\x02\x00",
        b"220 smtp.example ESMTP\r\n",
        b"-ERR unknown command 'GET'\r\n",
        b"",
    ],
)
def test_a_broken_answer_is_unreachable(serve: Serve, broken: bytes) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(broken)
        connection.shutdown(socket.SHUT_RDWR)

    server = serve(send)

    error = failure(lambda: request("GET", server.url))

    assert (error.code, error.retryable) == ("source_unreachable", True)
    assert "smtp" not in str(error)


def test_fetch_image_has_the_limits_written_down() -> None:
    assert (http.IMAGE_TIMEOUT, http.IMAGE_TOTAL_TIMEOUT) == ((5.0, 10.0), 30.0)
    assert (http.MAX_BYTES, http.IMAGE_REDIRECTS) == (26_214_400, 3)
    assert (http.IMAGES_PER_HOST, http.IMAGES_IN_ALL) == (4, 32)


def test_fetch_image_stops_a_body_that_is_too_large(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_BYTES", 1000)
    server = serve(drip(HEAD + b"\r\n", b"x" * 1000, seconds=0))

    assert failure(lambda: fetch_image(server.url)).code == "payload_too_large"
