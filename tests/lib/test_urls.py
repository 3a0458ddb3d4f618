from __future__ import annotations

import pickle
from typing import Any

import pytest

from productviz.lib import outbound
from productviz.lib.http import OutboundError, check_url, fetch_image, request
from productviz.lib.outbound import parse

# Every way to write 127.0.0.1 or 0.0.0.0 that getaddrinfo, a browser or a merchant may know.
LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "0177.0.0.1",
    "0x7f.1",
    "0x7F000001",
    "2130706433",
    "0",
    "localhost",
    "LOCALHOST.",
    "shop.localhost",
    "[::1]",
    "[::FFFF:7F00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
]


def code_of(url: str) -> str:
    with pytest.raises(OutboundError) as caught:
        check_url(url)
    return caught.value.code


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTPS://Example.COM.:443/A?b=%20c#part", "https://example.com/A?b=%20c"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("https://bücher.example/ä?q=é", "https://xn--bcher-kva.example/%C3%A4?q=%C3%A9"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::1111]:8443/", "http://[2606:4700::1111]:8443/"),
        ("http://my_shop.example/a@b?c=@d", "http://my_shop.example/a@b?c=@d"),
    ],
)
def test_parse_accepts_and_writes_in_one_spelling(url: str, written: str) -> None:
    assert parse(url).url == written
    assert parse(written).url == written


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/a.jpg",
        "//example.com/",
        "http:/example.com",
        "http:///a",
        "http://",
        "http://127.0.0.1\\@example.com/",
        "http://example.com\\a",
        "http://example.com@127.0.0.1/",
        "http://user:password@example.com/",
        "http://127.0.0.1%2f@example.com/",
        "http://ex%61mple.com/",
        "http://a#@b/",
        "http://a?@b/",
        " http://example.com/",
        "http://example.com/a b",
        "http://exa\tmple.com/",
        "http://example.com/\r\nX-Evil: 1",
        "http://example.com/%0d%0aX-Evil:1",
        "http://example.com/%00",
        "http://example.com/\x7f",
        "http://example.com/\u00a0",
        "http://example.com/\u2028",
        "http://example.com:65536/",
        "http://example.com:-1/",
        "http://example.com:8o/",
        "http://a..b/",
        "http://-a.example/",
        "http://[::1/",
        "http://[::g]/",
        "http://[fe80::1%25eth0]/",
        "http://1.2.3.4.5/",
        "http://256.256.256.256/",
        "http://127.0.0.0x/",
        "http://１２７.0.0.1/",
        "http://①②⑦.0.0.1/",
        f"http://example.com/{'a' * 2048}",
        f"http://{'a' * 64}.example/",
    ],
)
def test_check_url_calls_invalid(url: str) -> None:
    assert code_of(url) == "url_invalid"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "data:text/html,x",
        "dict://example.com/",
        "jar:http://example.com/",
        "JavaScript:alert(1)",
        "httpx://example.com/",
    ],
)
def test_check_url_refuses_other_schemes(url: str) -> None:
    assert code_of(url) == "url_scheme_not_allowed"


@pytest.mark.parametrize("port", [0, 21, 22, 25, 81, 3306, 5432, 6379, 8081, 65535])
def test_check_url_refuses_other_ports(port: int) -> None:
    assert code_of(f"http://example.com:{port}/") == "url_port_not_allowed"


@pytest.mark.parametrize(
    "host",
    [
        *LOOPBACK,
        "169.254.169.254",
        "10.0.0.5",
        "100.64.0.1",
        "192.168.1.20",
        "2852039166",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[fec0::1]",
        "[ff02::1]",
        "255.255.255.255",
    ],
)
def test_check_url_refuses_inside_addresses_in_every_spelling(host: str) -> None:
    assert code_of(f"http://{host}/latest/meta-data/") == "url_forbidden_address"


@pytest.mark.parametrize("host", [*LOOPBACK, "full.test"])
def test_no_packet_reaches_a_listener_that_is_not_listed(
    host: str, trap: Any, names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "PORTS", frozenset({trap.port}))
    names["full.test"] = [["127.0.0.1"]] * 2

    with pytest.raises(OutboundError, match="private network"):
        request("GET", f"http://{host}:{trap.port}/")
    with pytest.raises(OutboundError):
        fetch_image(f"http://{host}:{trap.port}/")

    assert not trap.was_reached()


def test_the_operator_may_list_a_host_or_a_host_with_its_port(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = ["192.168.1.20", "SHOP.localhost:9000", "[fd12::1]:8000"]

    check_url("http://192.168.1.20/")
    check_url("http://192.168.1.20:8080/")
    check_url("http://shop.localhost:9000/")
    check_url("http://[fd12::1]:8000/")
    assert code_of("http://192.168.1.20:9000/") == "url_port_not_allowed"
    assert code_of("http://shop.localhost/") == "url_forbidden_address"
    assert code_of("http://[fd12::1]/") == "url_forbidden_address"
    assert code_of("http://192.168.1.21/") == "url_forbidden_address"


def test_the_operator_may_list_an_address_range(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = ["192.168.1.0/24", "fd12::/16"]

    check_url("http://192.168.1.77/")
    check_url("http://[fd12::77]/")
    assert code_of("http://192.168.2.1/") == "url_forbidden_address"
    assert code_of("http://192.168.1.77:22/") == "url_port_not_allowed"


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]"])
def test_metadata_stays_refused_even_when_listed(host: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_HOSTS = [host, f"{host}:80"]
    settings.OUTBOUND_ALLOW_CIDRS = ["0.0.0.0/0", "::/0"]

    assert code_of(f"http://{host}/") == "url_forbidden_address"


def test_an_error_survives_pickling_and_keeps_its_text_out_of_its_repr() -> None:
    error = OutboundError("source_unreachable", message="words", retryable=False)

    again = pickle.loads(pickle.dumps(error))

    assert (again.code, str(again), again.retryable) == ("source_unreachable", "words", False)
    assert repr(again) == "OutboundError('source_unreachable')"


def test_it_refuses_the_installation_itself(settings: Any) -> None:
    settings.PUBLIC_URL = "https://images.example.com"
    settings.ALLOWED_HOSTS = ["images.example.com", "alias.example.com"]

    for url in ("https://images.example.com/hooks/x/", "https://alias.example.com/"):
        with pytest.raises(OutboundError, match="ProductViz itself"):
            check_url(url)
    check_url("https://shop.example.com/")
