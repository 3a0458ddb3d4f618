"""A certificate for 127.0.0.1 and stores behind it whose web servers have habits of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]


def certificate(folder: Path) -> tuple[Path, Path]:
    """Self-signed certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    crt, pem = folder / "crt.pem", folder / "key.pem"
    crt.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return crt, pem


def dropping_authorization(app: App) -> App:
    """Apache with CGI: the Authorization header never reaches PHP."""

    def run(environ: Environ, start: Any) -> Iterable[bytes]:
        environ.pop("HTTP_AUTHORIZATION", None)
        return app(environ, start)

    return run


def hiding_https(app: App) -> App:
    """A proxy that ends TLS and does not say so."""

    def run(environ: Environ, start: Any) -> Iterable[bytes]:
        environ["wsgi.url_scheme"] = "http"
        return app(environ, start)

    return run
