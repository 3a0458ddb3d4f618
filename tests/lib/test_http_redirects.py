from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from productviz.lib import outbound
from productviz.lib.http import OutboundError, fetch_image, request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Serve = Callable[..., Any]


def to(location: str, *, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def failure(function: Callable[[], object]) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        function()
    return caught.value


def test_redirects_are_not_followed_unless_asked(serve: Serve) -> None:
    server = serve(to("/b"), OK)

    reply = request("GET", f"{server.url}/a")

    assert (reply.status, reply.headers["Location"]) == (302, "/b")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_fetch_image_follows(serve: Serve, status: int) -> None:
    server = serve(to("b/c?d=1#e", status=status), OK)

    reply = fetch_image(f"{server.url}/a/x")

    assert (reply.body, reply.url) == (b"ok", f"{server.url}/a/b/c?d=1")


def test_fetch_image_follows_three_hops_and_no_fourth(serve: Serve) -> None:
    three = serve(to("/1"), to("/2"), to("/3"), OK)
    four = serve(to("/1"), to("/2"), to("/3"), to("/4"), OK)

    assert fetch_image(three.url).ok
    error = failure(lambda: fetch_image(four.url))

    assert (error.code, error.retryable) == ("source_unreachable", False)
    assert len(four.requests) == 4


def test_a_loop_ends(serve: Serve) -> None:
    server = serve(to("/"))

    assert failure(lambda: fetch_image(server.url)).code == "source_unreachable"
    assert len(server.requests) == 4


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::1]", "localhost", "inside.test"])
def test_a_redirect_to_inside_sends_no_packet(
    host: str, serve: Serve, trap: Any, names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "PORTS", frozenset({trap.port}))
    names["inside.test"] = [["127.0.0.1"]] * 2
    server = serve(to(f"http://{host}:{trap.port}/"))

    direct = failure(lambda: request("GET", server.url, redirects=3))
    picture = failure(lambda: fetch_image(server.url))

    assert (direct.code, picture.code) == ("url_forbidden_address", "source_forbidden")
    assert not trap.was_reached()


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://169.254.169.254/latest/meta-data/", "url_forbidden_address"),
        ("file:///etc/passwd", "url_scheme_not_allowed"),
        ("gopher://example.com/", "url_scheme_not_allowed"),
        ("http://example.com:22/", "url_port_not_allowed"),
        ("http://user@example.com/", "url_invalid"),
        ("http://127.0.0.1\\@example.com/", "url_invalid"),
        ("http://[::1", "url_invalid"),
        ("//169.254.169.254/", "url_forbidden_address"),
    ],
)
def test_each_hop_passes_every_rule(serve: Serve, location: str, code: str) -> None:
    server = serve(to(location))

    assert failure(lambda: request("GET", server.url, redirects=3)).code == code
    assert len(server.requests) == 1


def test_a_redirect_may_hold_utf_8(serve: Serve) -> None:
    server = serve(to("/\u00e4.jpg"), OK)

    assert fetch_image(server.url).url == f"{server.url}/%C3%A4.jpg"


def test_a_redirect_of_the_same_origin_keeps_the_headers(serve: Serve) -> None:
    server = serve(to("/b"), OK)

    request("GET", server.url, headers={"X-Key": "k"}, auth=("a", "b"), redirects=1)

    assert "X-Key: k" in server.requests[1]
    assert "Authorization: Basic" in server.requests[1]


def test_a_redirect_to_another_origin_drops_them_for_good(serve: Serve) -> None:
    back = serve(OK)
    elsewhere = serve(to(f"{back.url}/end"))
    back.answers = [to(f"{elsewhere.url}/"), OK]

    reply = request(
        "GET",
        back.url,
        headers={"X-Key": "k", "Cookie": "a=b"},
        auth=("a", "b"),
        params={"token": "t"},
        redirects=2,
    )

    assert reply.ok
    assert "X-Key: k" in back.requests[0]
    for sent in (elsewhere.requests[0], back.requests[1]):
        assert "X-Key" not in sent
        assert "Authorization" not in sent
        assert "Cookie" not in sent
        assert "token" not in sent
        assert "Accept-Encoding: identity" in sent


def test_the_body_of_a_redirect_is_not_read(serve: Serve) -> None:
    moved = b"HTTP/1.1 302 Moved\r\nLocation: /b\r\nContent-Length: 9000000000\r\n\r\n"
    server = serve(moved, OK)

    assert request("GET", server.url, redirects=1, max_bytes=10).ok


def test_only_get_and_head_may_follow() -> None:
    with pytest.raises(ValueError, match="GET and HEAD"):
        request("POST", "http://example.com/", redirects=1)
