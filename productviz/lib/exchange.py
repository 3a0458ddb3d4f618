"""One request and its redirects on the wire, turned into one answer or one OutboundError.

The steps below http.py, which is the door that everything else uses.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from productviz.lib.outbound import OutboundError, Target, parse
from productviz.lib.sockets import LIMITS, GuardedAdapter, Limits

_CHUNK_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULT_HEADERS = {"User-Agent": "ProductViz", "Accept": "*/*"}

Sink = Callable[[bytes], object]
Reader = Callable[[requests.Response], None]


def prepare(
    method: str, target: Target, *, headers: Mapping[str, str] | None = None, **parts: Any
) -> requests.PreparedRequest:
    """A request that asks for an uncompressed answer. Raises OutboundError."""
    merged = CaseInsensitiveDict(_DEFAULT_HEADERS)
    merged.update(headers or {})
    merged["Accept-Encoding"] = "identity"
    try:
        return requests.Request(method, target.url, headers=merged, **parts).prepare()
    except (requests.exceptions.InvalidHeader, UnicodeError) as error:
        raise OutboundError("header_invalid") from error
    except requests.exceptions.InvalidURL as error:
        raise OutboundError("url_invalid") from error


def send(
    prepared: requests.PreparedRequest,
    target: Target,
    limits: Limits,
    *,
    redirects: int,
    sink: Sink | None = None,
) -> requests.Response:
    """The answer, read whole, after at most ``redirects`` hops that each pass every rule.

    With a ``sink`` the body of a 200 goes there piece by piece, and no other body is read.
    """
    for _ in range(redirects):
        response = _exchange(prepared, limits, _reader(limits, sink, skip_redirect_body=True))
        if not _is_redirect(response):
            return response
        there = _next_target(target, str(prepared.url), response.headers["Location"])
        prepared = _hop(prepared, there, same_origin=there.origin == target.origin)
        target = there
    response = _exchange(prepared, limits, _reader(limits, sink))
    if redirects and _is_redirect(response):
        raise OutboundError(
            "source_unreachable",
            message="The address leads on too many times. Enter the address it ends at.",
            retryable=False,
        )
    return response


def send_briefly(
    prepared: requests.PreparedRequest, limits: Limits, *, most: int
) -> requests.Response:
    """The answer's head and at most ``most`` bytes of its body; no redirect is followed.

    Once the status has been said a body that breaks off, never ends or is compressed is no error.
    """

    def read(response: requests.Response) -> None:
        response._content = _beginning(response, most)

    return _exchange(prepared, limits, read)


def _beginning(response: requests.Response, most: int) -> bytes:
    if _is_compressed(response):
        return b""
    received = bytearray()
    with contextlib.suppress(OSError, urllib3.exceptions.HTTPError, HTTPException, OutboundError):
        while len(received) < most:
            chunk = response.raw.read1(most - len(received), decode_content=False)
            if not chunk:
                break
            received += chunk
    return bytes(received)


def _is_redirect(response: requests.Response) -> bool:
    return response.status_code in _REDIRECTS and "Location" in response.headers


def _next_target(target: Target, url: str, location: str) -> Target:
    try:
        # http.client reads header bytes as Latin-1; servers send UTF-8.
        there = parse(urljoin(url, location.encode("latin-1").decode()))
    except ValueError as error:
        raise OutboundError("url_invalid") from error
    if (target.scheme, there.scheme) == ("https", "http"):
        raise OutboundError("url_scheme_not_allowed")
    return there


def _hop(
    prepared: requests.PreparedRequest, target: Target, *, same_origin: bool
) -> requests.PreparedRequest:
    if not same_origin:
        return prepare(str(prepared.method), target)
    hop = prepared.copy()
    hop.url = target.url
    return hop


def _exchange(
    prepared: requests.PreparedRequest, limits: Limits, read: Reader
) -> requests.Response:
    """One request on the wire; every way it can fail becomes an OutboundError."""
    token = LIMITS.set(limits)
    try:
        response = _adapter().send(
            prepared, stream=True, timeout=(limits.connect, limits.read), verify=True
        )
        with response:
            read(response)
        return response
    except UnicodeError as error:
        raise OutboundError("header_invalid") from error
    except (OSError, urllib3.exceptions.HTTPError) as error:
        raise _transport_error(error) from error
    finally:
        LIMITS.reset(token)


def _reader(limits: Limits, sink: Sink | None, *, skip_redirect_body: bool = False) -> Reader:
    """What ``send`` does with an answer's body."""

    def read(response: requests.Response) -> None:
        if sink is not None:
            _pour(response, limits.max_bytes, sink)
        elif not (skip_redirect_body and _is_redirect(response)):
            _read(response, limits.max_bytes)

    return read


def _pour(response: requests.Response, max_bytes: int, sink: Sink) -> None:
    """Hand a 200's body to ``sink``; ``response.content`` is empty."""
    response._content = b""
    if response.status_code == 200:
        _stream(response, max_bytes, sink)


def _read(response: requests.Response, max_bytes: int) -> None:
    """Fill ``response.content``."""
    body = bytearray()
    if response.request.method != "HEAD":
        _stream(response, max_bytes, body.extend)
    response._content = bytes(body)


def _stream(response: requests.Response, max_bytes: int, sink: Sink) -> None:
    """Read the raw stream to its end, undecoded: inflating is how bombs work."""
    if _is_compressed(response):
        raise OutboundError(
            "source_unreachable",
            message="The server sends compressed answers only, which are not accepted. Switch"
            " compression off for this address.",
            retryable=False,
        )
    declared = response.headers.get("Content-Length", "")
    if re.fullmatch("[0-9]+", declared) and int(declared) > max_bytes:
        raise OutboundError("payload_too_large")
    received = 0
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
        received += len(chunk)
        if received > max_bytes:
            raise OutboundError("payload_too_large")
        sink(chunk)


def _is_compressed(response: requests.Response) -> bool:
    return response.headers.get("Content-Encoding", "identity").strip().lower() != "identity"


def _transport_error(error: Exception) -> OutboundError:
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return OutboundError("source_timeout")
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return OutboundError(
            "source_unreachable",
            message="No secure connection could be made. Check that the server's certificate is"
            " valid, complete and made out to this name.",
            retryable="CERTIFICATE_VERIFY_FAILED" not in str(error),
        )
    if isinstance(error, requests.exceptions.InvalidHeader):
        return OutboundError("header_invalid")
    return OutboundError("source_unreachable")


class _Local(threading.local):
    owner = 0
    adapter: GuardedAdapter


_local = _Local()


def _adapter() -> GuardedAdapter:
    """This thread's connections; a forked child never writes to its parent's."""
    if _local.owner != os.getpid():
        _local.owner, _local.adapter = os.getpid(), GuardedAdapter(8, 1)
    return _local.adapter
