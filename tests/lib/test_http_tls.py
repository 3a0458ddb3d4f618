from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests.adapters
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from productviz.lib import exchange
from productviz.lib.http import OutboundError, fetch_image, request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Serve = Callable[..., Any]
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(autouse=True)
def fresh_connections() -> None:
    """TLS settings belong to a connection pool, so one of an earlier test must not serve."""
    exchange._local.owner = 0


def certificate(folder: Path, name: str, *, until: dt.datetime) -> Path:
    """A self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=2))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def context(pem: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pem)
    return made


def refusal(server: Any, names: Any) -> OutboundError:
    names["shop.test"] = [["127.0.0.1"]]
    with pytest.raises(OutboundError) as caught:
        request("GET", f"https://shop.test:{server.port}/", headers={"X-Key": "k"})
    assert server.requests == []
    return caught.value


def test_a_trusted_certificate_of_the_name_is_accepted_with_its_name_sent(
    serve: Serve, names: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "shop.test", until=NOW + dt.timedelta(days=1))
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pem))
    tls, asked = context(pem), []
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    server = serve(OK, tls=tls)
    names["shop.test"] = [["127.0.0.1"]]

    assert fetch_image(f"https://shop.test:{server.port}/").body == b"ok"
    assert asked == ["shop.test"]
    assert f"Host: shop.test:{server.port}\r\n" in server.requests[0]


def test_a_self_signed_certificate_is_refused(serve: Serve, names: Any, tmp_path: Path) -> None:
    pem = certificate(tmp_path, "shop.test", until=NOW + dt.timedelta(days=1))

    error = refusal(serve(OK, tls=context(pem)), names)

    assert (error.code, error.retryable) == ("source_unreachable", False)
    assert "certificate" in str(error)


@pytest.mark.parametrize(("name", "days"), [("other.test", 1), ("shop.test", -1)])
def test_a_trusted_certificate_of_another_name_or_time_is_refused(
    serve: Serve,
    names: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    days: int,
) -> None:
    pem = certificate(tmp_path, name, until=NOW + dt.timedelta(days=days))
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pem))

    assert not refusal(serve(OK, tls=context(pem)), names).retryable


def test_a_bundle_named_by_the_environment_is_ignored(
    serve: Serve, names: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "shop.test", until=NOW + dt.timedelta(days=1))
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(pem))

    assert not refusal(serve(OK, tls=context(pem)), names).retryable


def test_an_old_tls_version_is_refused(serve: Serve, names: Any, tmp_path: Path) -> None:
    pem = certificate(tmp_path, "shop.test", until=NOW + dt.timedelta(days=1))
    tls = context(pem)
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = ssl.TLSVersion.TLSv1
    tls.maximum_version = ssl.TLSVersion.TLSv1_1

    assert refusal(serve(OK, tls=tls), names).code == "source_unreachable"


def test_https_leads_to_http_never(
    serve: Serve, names: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "shop.test", until=NOW + dt.timedelta(days=1))
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pem))
    plain = serve(OK)
    moved = f"HTTP/1.1 302 Moved\r\nLocation: {plain.url}/\r\nContent-Length: 0\r\n\r\n"
    server = serve(moved.encode(), tls=context(pem))
    names["shop.test"] = [["127.0.0.1"]]

    with pytest.raises(OutboundError) as caught:
        fetch_image(f"https://shop.test:{server.port}/")

    assert caught.value.code == "url_scheme_not_allowed"
    assert plain.connections == 0


def test_a_server_that_stalls_the_handshake_is_a_timeout(serve: Serve, settings: Any) -> None:
    server = serve(lambda connection: connection.recv(1))

    with pytest.raises(OutboundError) as caught:
        request("GET", f"https://127.0.0.1:{server.port}/", timeout=(0.2, 0.2))

    assert caught.value.code == "source_timeout"


def test_it_reads_the_authorities_once_for_all_connections(
    serve: Serve,
    names: dict[str, list[list[str]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reading them takes most of the time of a connection: the second one needs no file."""
    pem = certificate(tmp_path, "shop.test", until=NOW + dt.timedelta(days=1))
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(pem.read_bytes())
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(trusted))
    server = serve(OK, tls=context(pem))
    names["shop.test"] = [["127.0.0.1"], ["127.0.0.1"]]
    url = f"https://shop.test:{server.port}/"
    assert request("GET", url).status == 200
    trusted.unlink()
    exchange._local.owner = 0

    assert request("GET", url).status == 200
    assert server.connections == 2
