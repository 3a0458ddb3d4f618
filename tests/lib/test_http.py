from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
import time_machine
from django.utils.http import http_date

from productviz.lib import sockets
from productviz.lib.http import OutboundError, Reply, fetch_image, request, requests_request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Serve = Callable[..., Any]
Names = dict[str, list[list[str]]]


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def failure(function: Callable[[], object]) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        function()
    return caught.value


def test_request_returns_the_whole_answer(serve: Serve) -> None:
    server = serve(answer("418 Teapot", "X-Thing: 1", body=b'{"a": [1]}'))

    reply = request(
        "GET",
        f"{server.url}/a",
        params={"b": "c d"},
        headers={"X-Mine": "2", "accept-encoding": "gzip"},
    )

    assert (reply.status, reply.ok, reply.json()) == (418, False, {"a": [1]})
    assert reply.headers["x-thing"] == "1"
    assert reply.url == f"{server.url}/a?b=c+d"
    assert server.requests[0].startswith("GET /a?b=c+d HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in server.requests[0]
    assert "X-Mine: 2\r\n" in server.requests[0]
    assert "accept-encoding: identity\r\n" in server.requests[0].lower()


def test_request_sends_what_it_is_given(serve: Serve) -> None:
    server = serve(answer("201 Created"))

    assert request("POST", server.url, json={"a": 1}, auth=("key", "secret")).status == 201
    assert server.requests[0].endswith('\r\n\r\n{"a": 1}')
    assert "Authorization: Basic a2V5OnNlY3JldA==\r\n" in server.requests[0]


def test_a_reply_keeps_its_content_out_of_its_repr() -> None:
    reply = Reply(status=200, url="http://a/", headers={"Set-Cookie": "geheim"}, body=b"geheim")

    assert "geheim" not in repr(reply)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b'{"a":', b"[" * 100_000])
def test_json_of_a_page_is_a_bad_reply(body: bytes) -> None:
    error = failure(Reply(status=200, url="", headers={}, body=body).json)

    assert (error.code, error.retryable) == ("bad_reply", True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("86400", 3600.0),
        (http_date(2_000_000_030), 30.0),
        (http_date(1_999_999_000), 0.0),
        (http_date(2_000_090_000), 3600.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 400, None),
        ("Sun, 99 Nov 2026 99:99:99 GMT", None),
        ("Sun, 22 Nov 2026 10:00:00", None),
    ],
)
@time_machine.travel(2_000_000_000, tick=False)
def test_retry_after_reads_both_forms(value: str, seconds: float | None) -> None:
    assert (
        Reply(status=429, url="", headers={"Retry-After": value}, body=b"").retry_after == seconds
    )


def test_connections_are_used_again_but_cookies_are_not(serve: Serve) -> None:
    server = serve(answer("200 OK", "Set-Cookie: session=1", body=b"a"))

    for _ in range(3):
        request("GET", server.url)

    assert (server.connections, len(server.requests)) == (1, 3)
    assert "Cookie" not in "".join(server.requests)


def test_a_connection_that_was_idle_is_not_used_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_MOST_IDLE_SECONDS", 0.0)
    server = serve(OK)

    assert request("GET", server.url).ok
    assert request("get", server.url).ok
    assert server.connections == 2


def test_a_forked_worker_opens_connections_of_its_own(serve: Serve) -> None:
    server = serve(OK)
    request("GET", server.url)
    child = os.fork()
    if child == 0:
        os._exit(0 if request("GET", server.url).ok else 1)
    _, status = os.waitpid(child, 0)
    request("GET", server.url)

    assert os.waitstatus_to_exitcode(status) == 0
    assert (server.connections, len(server.requests)) == (2, 3)


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nX-Evil: 1"}, {"X-A": "snow \u2603"}])
def test_a_header_that_cannot_be_sent_is_named(serve: Serve, headers: dict[str, str]) -> None:
    server = serve(OK)

    assert failure(lambda: request("GET", server.url, headers=headers)).code == "header_invalid"
    assert server.requests == []


def test_a_busy_server_is_asked_again_when_allowed(serve: Serve) -> None:
    busy = answer("503 Busy", "Retry-After: 0")
    server = serve(busy, busy, OK)

    assert request("GET", server.url, allow_retries=True).ok
    assert len(server.requests) == 3


def test_a_server_that_stays_busy_gets_three_requests(serve: Serve) -> None:
    server = serve(answer("429 Busy", "Retry-After: 0"))

    assert request("GET", server.url, allow_retries=True).status == 429
    assert len(server.requests) == 3


def test_a_long_retry_after_is_left_to_the_caller(serve: Serve) -> None:
    server = serve(answer("429 Busy", "Retry-After: 3000"))

    reply = request("GET", server.url, allow_retries=True)

    assert (reply.status, reply.retry_after) == (429, 3000.0)
    assert len(server.requests) == 1


def test_a_broken_connection_is_tried_again_when_allowed(serve: Serve) -> None:
    server = serve(lambda connection: connection.close(), OK)

    assert request("GET", server.url, allow_retries=True).ok


@pytest.mark.parametrize(("method", "allow"), [("POST", True), ("PUT", True), ("GET", False)])
def test_other_requests_are_sent_once(serve: Serve, method: str, allow: bool) -> None:
    server = serve(answer("503 Busy", "Retry-After: 0"), OK)

    assert request(method, server.url, allow_retries=allow).status == 503
    assert len(server.requests) == 1


def test_fetch_image_returns_the_bytes_of_a_200(serve: Serve) -> None:
    server = serve(answer("200 OK", "Content-Type: text/html", body=b"\xff\xd8\xff"))

    assert fetch_image(f"{server.url}/a.jpg").body == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (404, "source_not_found", False),
        (410, "source_not_found", False),
        (401, "source_forbidden", False),
        (403, "source_forbidden", False),
        (204, "source_unreachable", False),
        (206, "source_unreachable", False),
        (400, "source_unreachable", False),
        (429, "source_unreachable", True),
        (500, "source_unreachable", True),
    ],
)
def test_fetch_image_takes_nothing_but_200(
    serve: Serve, status: int, code: str, retryable: bool
) -> None:
    server = serve(answer(f"{status} internal-secret", body=b"" if status == 204 else b"secret"))

    error = failure(lambda: fetch_image(server.url))

    assert (error.code, error.retryable) == (code, retryable)
    assert "secret" not in f"{error} {error!r}"


def test_fetch_image_takes_four_at_a_time_from_one_host(serve: Serve) -> None:
    four = threading.Barrier(4, timeout=20)
    active, most, lock = 0, 0, threading.Lock()

    def count(connection: socket.socket) -> None:
        nonlocal active, most
        with lock:
            active += 1
            most = max(most, active)
        four.wait()
        with lock:
            active -= 1
        connection.sendall(OK)

    server = serve(count)
    replies: list[Reply] = []
    threads = [
        threading.Thread(target=lambda: replies.append(fetch_image(server.url))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(replies), most) == (8, 4)


def test_requests_request_answers_like_requests(serve: Serve) -> None:
    server = serve(answer("200 OK", "X-Total: 3", body=b'{"a": "\xc3\xa4"}'))

    response = requests_request(
        method="get", url=server.url, verify=True, auth=None, params={"a": 1}, data=None, timeout=5
    )

    assert isinstance(response, requests.Response)
    assert (response.status_code, response.json()) == (200, {"a": "ä"})
    assert response.headers["x-total"] == "3"
    assert response.request.method == "GET"


def test_requests_request_never_skips_tls_checks_or_follows(serve: Serve, trap: Any) -> None:
    server = serve(answer("302 Found", f"Location: http://127.0.0.1:{trap.port}/"))

    with pytest.raises(ValueError, match="always verified"):
        requests_request("GET", server.url, verify=False)
    assert requests_request("GET", server.url).status_code == 302
    assert not trap.was_reached()


def test_the_woocommerce_package_goes_through_the_door(
    serve: Serve, trap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import woocommerce.api

    monkeypatch.setattr(woocommerce.api, "request", requests_request)
    server = serve(answer("200 OK", body=b"[]"))
    shop = woocommerce.API(url=server.url, consumer_key="ck", consumer_secret="cs", timeout=5)
    inside = woocommerce.API(
        url=f"http://127.0.0.1:{trap.port}", consumer_key="ck", consumer_secret="cs"
    )

    assert shop.get("products", params={"page": 1}).json() == []
    assert "oauth_signature=" in server.requests[0]
    assert failure(lambda: inside.get("products")).code == "url_port_not_allowed"
    assert not trap.was_reached()
