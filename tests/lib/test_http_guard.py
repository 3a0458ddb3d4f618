"""Where connections go: names, addresses, and what the environment would like."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from productviz.lib import outbound
from productviz.lib.http import OutboundError, fetch_image, request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
Serve = Callable[..., Any]
Names = dict[str, list[list[str]]]


def failure(function: Callable[[], object]) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        function()
    return caught.value


def test_proxies_and_netrc_of_the_environment_are_ignored(
    serve: Serve, trap: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(OK)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password geheim\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    assert request("GET", server.url).ok
    assert not trap.was_reached()
    assert "Authorization" not in server.requests[0]


def test_a_name_is_resolved_once_and_the_checked_address_is_connected(
    serve: Serve, names: Names
) -> None:
    server = serve(CLOSING)
    names["shop.test"] = [["127.0.0.1"]]

    assert request("GET", f"http://shop.test:{server.port}/").ok
    assert f"Host: shop.test:{server.port}\r\n" in server.requests[0]
    assert names["shop.test"] == []


def test_a_name_that_turns_inside_later_is_refused(
    serve: Serve, trap: Any, names: Names, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(CLOSING)
    monkeypatch.setattr(outbound, "PORTS", frozenset({server.port}))
    settings.OUTBOUND_ALLOW_HOSTS = []
    settings.OUTBOUND_ALLOW_CIDRS = ["127.0.0.1/32"]
    names["rebind.test"] = [["127.0.0.1"], ["127.0.0.2"]]

    assert request("GET", f"http://rebind.test:{server.port}/").ok
    error = failure(lambda: request("GET", f"http://rebind.test:{server.port}/"))

    assert error.code == "url_forbidden_address"
    assert server.connections == 1


@pytest.mark.parametrize("answers", [["93.184.216.34", "127.0.0.1"], ["::1", "93.184.216.34"]])
def test_one_inside_answer_refuses_the_name(
    answers: list[str], trap: Any, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "PORTS", frozenset({trap.port}))
    names["mixed.test"] = [answers, answers]

    error = failure(lambda: request("GET", f"http://mixed.test:{trap.port}/"))

    assert (error.code, error.retryable) == ("url_forbidden_address", False)
    assert "127.0.0.1" not in str(error)
    assert not trap.was_reached()
    assert (
        failure(lambda: fetch_image(f"http://mixed.test:{trap.port}/")).code == "source_forbidden"
    )


def test_the_port_is_checked_again_where_the_connection_is_opened() -> None:
    error = failure(lambda: outbound.resolve("8.8.8.8", 22, timeout=1))

    assert error.code == "url_port_not_allowed"


def test_a_name_that_does_not_resolve_is_unreachable(names: Names) -> None:
    def unknown(*args: Any, **kwargs: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        error = failure(lambda: request("GET", "http://nobody.test/"))

    assert (error.code, error.retryable) == ("source_unreachable", True)


def test_a_name_service_that_hangs_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        if not kwargs.get("flags"):
            release.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    error = failure(lambda: request("GET", "http://slow.test/", timeout=(0.1, 0.1)))
    release.set()

    assert error.code == "source_timeout"


def test_a_closed_port_is_unreachable(settings: Any, trap: Any) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = [f"127.0.0.1:{trap.port}"]
    trap.listener.close()

    error = failure(lambda: request("GET", f"http://127.0.0.1:{trap.port}/"))

    assert (error.code, error.retryable) == ("source_unreachable", True)
    assert "127.0.0.1" not in str(error)
