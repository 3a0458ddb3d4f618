"""Guarded connections: the checked address is the connected one, and every read has a limit.

The guard sits where the socket is opened, so it holds whatever any URL parser thought. It keeps
the time, size and speed limits of the request in progress; it knows nothing about HTTP methods.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http.client import HTTPResponse
from typing import Any

import requests.adapters
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from productviz.lib.outbound import OutboundError, resolve

MIN_BYTES_PER_SECOND = 1024
# Of a name's addresses, so that a time-out is not divided into nothing.
_MOST_ADDRESSES = 4
# A server that closes an idle connection in the moment a write sets out leaves the writer not
# knowing; the shortest usual limit is 2 s (gunicorn), so connections serve again in bursts only.
_MOST_IDLE_SECONDS = 1.0
# Head and chunk lengths come on top of the body; a body in tiny chunks is an attack.
_OVERHEAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes, and the moment (``time.monotonic``) at which everything must be over."""

    deadline: float
    connect: float
    read: float
    max_bytes: int

    def left(self) -> float:
        """Seconds until the deadline. Raises OutboundError once there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise OutboundError("source_timeout")
        return seconds


# urllib3 hands a connection two plain numbers at most, so the rest travels beside it.
LIMITS: ContextVar[Limits] = ContextVar("LIMITS")


class _Meter(io.RawIOBase):
    """The receiving side of a socket, with the limits looked at before and after every read."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, limits: Limits) -> None:
        self._raw, self._sock, self._limits = raw, sock, limits
        self._received = 0
        self._first_byte_at = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._patience())
        try:
            count: int = self._raw.readinto(buffer) or 0
        except TimeoutError as error:
            raise OutboundError("source_timeout") from error
        self._first_byte_at = self._first_byte_at or time.monotonic()
        self._received += count
        if self._received > 2 * self._limits.max_bytes + _OVERHEAD_BYTES:
            raise OutboundError("payload_too_large")
        return count

    def _patience(self) -> float:
        """Seconds the next byte may take: the read limit, the deadline and the minimum speed."""
        seconds = min(self._limits.left(), self._limits.read)
        if not self._first_byte_at:
            return seconds
        earned = self._limits.read + self._received / MIN_BYTES_PER_SECOND
        seconds = min(seconds, self._first_byte_at + earned - time.monotonic())
        if seconds <= 0:
            raise OutboundError("source_timeout")
        return seconds

    def close(self) -> None:
        self._raw.close()
        super().close()


class _MeteredResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Meter(raw, sock, LIMITS.get()))


class _Connection(HTTPConnection):
    response_class = _MeteredResponse
    idle_since = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether the pool may hand this connection out again."""
        return super().is_connected and time.monotonic() - self.idle_since < _MOST_IDLE_SECONDS

    def _new_conn(self) -> socket.socket:
        limits = LIMITS.get()
        until = time.monotonic() + min(limits.connect, limits.left())
        host = f"[{self.host}]" if ":" in self.host else self.host
        addresses = resolve(host, self.port, timeout=until - time.monotonic())
        return _connect(addresses[:_MOST_ADDRESSES], until=until)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        # urllib3 would send under the connect limit, which a large upload exceeds.
        self.sock.settimeout(LIMITS.get().left())
        try:
            super().send(data)
        except TimeoutError as error:
            raise OutboundError("source_timeout") from error


class _TLSConnection(_Connection, HTTPSConnection):
    pass


def _connect(addresses: list[tuple[socket.AddressFamily, Any]], *, until: float) -> socket.socket:
    """The first of ``addresses`` that answers; each gets an equal share of the time left."""
    failure: OSError | None = None
    for index, (family, address) in enumerate(addresses):
        share = (until - time.monotonic()) / (len(addresses) - index)
        try:
            return _open(family, address, timeout=max(share, 0.001), until=until)
        except OSError as error:
            failure = error
    code = "source_timeout" if isinstance(failure, TimeoutError) else "source_unreachable"
    raise OutboundError(code) from failure


def _open(
    family: socket.AddressFamily, address: Any, *, timeout: float, until: float
) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)
        sock.connect(address)
        if sock.getpeername()[0] != address[0]:
            raise OutboundError("url_forbidden_address")
        # What is left is for the TLS handshake.
        sock.settimeout(max(until - time.monotonic(), 0.001))
    except BaseException:
        sock.close()
        raise
    return sock


class _Pool(HTTPConnectionPool):
    ConnectionCls: type[_Connection] = _Connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class _TLSPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class GuardedAdapter(HTTPAdapter):
    """The transport of ``requests``, over guarded connections; needs LIMITS to be set."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use our pools for both schemes."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        """As the parent's, with the context that all connections share."""
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        context = _tls_context(requests.adapters.DEFAULT_CA_BUNDLE_PATH)
        return host, {**tls, "ssl_context": context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Certificates are always verified; the context has read the authorities already."""
        conn.cert_reqs = "CERT_REQUIRED"


@cache
def _tls_context(authorities: str) -> ssl.SSLContext:
    """One for all connections: reading the authorities takes 19 ms (measured 2026-11)."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(authorities)
    return context
