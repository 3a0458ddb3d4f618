"""One POST to hostile receivers: the status counts, the body is only looked at."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from productviz.lib import posting
from productviz.lib.http import OutboundError
from productviz.lib.posting import post

Serve = Callable[..., Any]
HEAD = b"HTTP/1.1 200 OK\r\n"


def send(url: str) -> posting.Answer:
    return post(url, b'{"a": 1}', headers={"user-agent": "Us/1", "webhook-id": "evt_1"})


def failure(url: str) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        send(url)
    return caught.value


def test_it_sends_the_very_bytes_and_headers_and_reads_the_answer(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Length: 2\r\n\r\nok")

    answer = send(f"{server.url}/hook?a=b")

    assert (answer.status, answer.text, answer.retry_after) == (200, "ok", None)
    (request,) = server.requests
    assert request.startswith("POST /hook?a=b HTTP/1.1\r\n")
    assert request.endswith('\r\n\r\n{"a": 1}')
    assert "user-agent: Us/1\r\n" in request
    assert "webhook-id: evt_1\r\n" in request
    assert "Accept-Encoding: identity\r\n" in request


def test_it_uses_a_connection_again_when_the_answer_was_short(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Length: 2\r\n\r\nok")

    send(server.url)
    send(server.url)

    assert (len(server.requests), server.connections) == (2, 1)


def test_it_reads_4_kb_of_an_endless_answer_and_hangs_up(serve: Serve) -> None:
    sent: list[int] = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        while True:
            sent.append(connection.send(b"x" * 1_000_000))

    answer = send(serve(endless).url)

    assert (answer.status, answer.text) == (200, "x" * 4096)
    assert sum(sent) < 100_000_000


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 100\r\n\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n50\r\nx",
    ],
    ids=["too short", "bad chunk", "cut chunk"],
)
def test_a_body_that_breaks_off_takes_nothing_back(serve: Serve, rest: bytes) -> None:
    def cut(connection: socket.socket) -> None:
        connection.sendall(HEAD + rest)
        connection.shutdown(socket.SHUT_RDWR)

    answer = send(serve(cut).url)

    assert answer.status == 200
    assert answer.text.startswith("half")


def test_it_does_not_inflate_an_answer(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")

    assert send(server.url) == posting.Answer(200, None, "")


def test_it_follows_no_redirect(serve: Serve) -> None:
    inside = serve(HEAD + b"Content-Length: 0\r\n\r\n")
    head = f"HTTP/1.1 301 Moved\r\nLocation: {inside.url}/\r\nContent-Length: 0\r\n\r\n"

    answer = send(serve(head.encode()).url)

    assert answer.status == 301
    assert inside.requests == []


@pytest.mark.parametrize(("asked", "seconds"), [(b"30", 30.0), (b"999999", 3600.0), (b"x", None)])
def test_it_says_how_long_a_busy_receiver_wants_to_be_left_alone(
    serve: Serve, asked: bytes, seconds: float | None
) -> None:
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + asked + b"\r\n\r\n"

    assert send(serve(head).url).retry_after == seconds


def test_it_gives_up_a_receiver_that_says_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 0.5)

    error = failure(serve(lambda connection: time.sleep(3)).url)

    assert error.code == "source_timeout"


def test_it_gives_up_a_receiver_that_drips_its_head(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 0.5)

    def drip(connection: socket.socket) -> None:
        for letter in HEAD * 20:
            connection.send(bytes([letter]))
            time.sleep(0.05)

    assert failure(serve(drip).url).code == "source_timeout"


def test_no_packet_leaves_for_an_address_nobody_listed(trap: Any) -> None:
    assert failure(f"http://127.0.0.1:{trap.port}/").code == "url_port_not_allowed"
    assert not trap.was_reached()


def test_it_keeps_no_bytes_that_a_database_refuses(serve: Serve) -> None:
    server = serve(HEAD + b"Content-Length: 6\r\n\r\na\x00\xff\xed\xa0b")

    assert "\x00" not in send(server.url).text
