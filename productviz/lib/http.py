"""The one door out: every request of the product to any other host goes through here.

outbound.py says where a request may go, sockets.py connects to the very address that was checked
and keeps the limits, exchange.py sends. Proxies, netrc, cookies and compressed answers are not
used; redirects are not followed unless asked for.
"""

from __future__ import annotations

import hashlib
import json as json_codec
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO
from weakref import WeakValueDictionary

import requests
import stamina
from django.utils import timezone
from requests.structures import CaseInsensitiveDict

from productviz.lib.exchange import prepare, send
from productviz.lib.outbound import OutboundError, parse
from productviz.lib.sockets import Limits

__all__ = [
    "Download",
    "OutboundError",
    "Reply",
    "check_url",
    "download",
    "fetch_image",
    "parse_retry_after",
    "request",
    "requests_request",
]

MAX_BYTES = 25 * 1024 * 1024
MAX_RETRY_AFTER = 3600.0
IMAGE_TIMEOUT = (5.0, 10.0)
IMAGE_TOTAL_TIMEOUT = 30.0
IMAGE_REDIRECTS = 3
DOWNLOAD_TIMEOUT = (5.0, 30.0)
IMAGES_PER_HOST = 4
IMAGES_IN_ALL = 32

_BUSY = frozenset({429, 502, 503, 504})
_ATTEMPTS = 3
# Time for the body when no limit for the whole call is given, in seconds.
_BODY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read whole. ``headers`` ignore case; ``url`` is the one that answered."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asks to wait, 0 to 3600; None if it names no time."""
        return parse_retry_after(self.headers.get("Retry-After", ""))

    def json(self) -> object:
        """The body as JSON. Raises OutboundError ``bad_reply``."""
        try:
            return json_codec.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise OutboundError("bad_reply") from error


@dataclass(frozen=True, slots=True)
class Download:
    """What a download brought: ``size`` in bytes, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


def check_url(url: str) -> None:
    """Apply the rules that need no network. Raises OutboundError with a ``url_`` code."""
    parse(url)


def request(
    method: str,
    url: str,
    *,
    params: Any = None,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: Any = None,
    files: Any = None,
    auth: Any = None,
    timeout: tuple[float, float] = (5.0, 30.0),
    total_timeout: float | None = None,
    max_bytes: int = MAX_BYTES,
    redirects: int = 0,
    allow_retries: bool = False,
) -> Reply:
    """Send one request and read the answer, whatever its status. Raises OutboundError.

    ``timeout`` is (connect, next byte) and ``total_timeout`` the whole call with its redirects
    and retries, in seconds; left out, it is the sum of both and 30. ``redirects`` and
    ``allow_retries`` hold for GET and HEAD only. On another origin a redirect carries neither
    ``headers`` nor ``auth``. A busy server is asked again only if its Retry-After fits.
    """
    method = method.upper()
    is_safe = method in ("GET", "HEAD")
    if redirects and not is_safe:
        raise ValueError("Only GET and HEAD may follow redirects.")
    target = parse(url)
    prepared = prepare(
        method,
        target,
        params=params,
        headers=headers,
        json=json,
        data=data,
        files=files,
        auth=auth,
    )
    limits = _limits(timeout, total_timeout=total_timeout, max_bytes=max_bytes)

    def once() -> requests.Response:
        return send(prepared, target, limits, redirects=redirects)

    return _reply(_with_retries(once, limits) if allow_retries and is_safe else once())


def fetch_image(url: str) -> Reply:
    """The file behind a public ``url``: 200 or OutboundError, within the limits for pictures.

    The declared type is not looked at: what the bytes are is for the decoder to say.
    """
    target = parse(url)
    limits = _limits(IMAGE_TIMEOUT, total_timeout=IMAGE_TOTAL_TIMEOUT, max_bytes=MAX_BYTES)
    with _image_slots.taken(target.host, limits):
        try:
            response = send(prepare("GET", target), target, limits, redirects=IMAGE_REDIRECTS)
        except OutboundError as error:
            if error.code == "url_forbidden_address":
                # Only the name service or a redirect can have led there: parse passed the text.
                raise OutboundError("source_forbidden") from error
            raise
    if response.status_code != 200:
        raise _file_error(response.status_code)
    return _reply(response)


def download(url: str, into: BinaryIO, *, max_bytes: int, total_timeout: float) -> Download:
    """Stream the file behind a public ``url`` into an open file: 200 or OutboundError.

    Memory does not grow with the file. No header or key of ours is sent: the address itself is the
    permission. After an error ``into`` holds a part; ``total_timeout`` is in seconds.
    """
    target = parse(url)
    limits = _limits(DOWNLOAD_TIMEOUT, total_timeout=total_timeout, max_bytes=max_bytes)
    digest, size = hashlib.sha256(), 0

    def keep(chunk: bytes) -> None:
        nonlocal size
        digest.update(chunk)
        size += len(chunk)
        try:
            into.write(chunk)
        except OSError as error:
            # A full disk of ours must not look like a store that cannot be reached.
            raise OutboundError("disk_unwritable") from error

    response = send(prepare("GET", target), target, limits, redirects=IMAGE_REDIRECTS, sink=keep)
    if response.status_code != 200:
        raise _file_error(response.status_code)
    return Download(size=size, sha256=digest.hexdigest())


def requests_request(
    method: str,
    url: str,
    *,
    verify: bool = True,
    timeout: float | tuple[float, float] = (5.0, 30.0),
    **parts: Any,
) -> requests.Response:
    """``requests.request`` for packages that insist on it, through this door.

    Takes params, headers, json, data, files and auth; follows no redirect; the answer is read
    whole. Raises OutboundError, and ValueError where TLS is not to be verified.
    """
    if verify is not True:
        raise ValueError("TLS certificates are always verified.")
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    limits = _limits((connect, read), total_timeout=None, max_bytes=MAX_BYTES)
    target = parse(url)
    return send(prepare(method.upper(), target, **parts), target, limits, redirects=0)


def _limits(timeout: tuple[float, float], *, total_timeout: float | None, max_bytes: int) -> Limits:
    connect, read = timeout
    total = connect + read + _BODY_SECONDS if total_timeout is None else total_timeout
    return Limits(
        deadline=time.monotonic() + total, connect=connect, read=read, max_bytes=max_bytes
    )


def _file_error(status: int) -> OutboundError:
    if status in (404, 410):
        return OutboundError("source_not_found")
    if status in (401, 403):
        return OutboundError("source_forbidden")
    return OutboundError("source_unreachable", retryable=status >= 500 or status in (408, 429))


def _reply(response: requests.Response) -> Reply:
    return Reply(
        status=response.status_code,
        headers=CaseInsensitiveDict(response.headers),
        body=response.content,
        url=response.url,
    )


def parse_retry_after(value: str) -> float | None:
    """Seconds that a Retry-After asks for, 0 to 3600; None if it names no time."""
    text = value.strip()
    if re.fullmatch("[0-9]{1,9}", text):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(text) - timezone.now()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


class _BusyError(Exception):
    def __init__(self, response: requests.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def _with_retries(once: Callable[[], requests.Response], limits: Limits) -> requests.Response:
    def wait(error: Exception) -> bool | float:
        left = limits.deadline - time.monotonic()
        if isinstance(error, _BusyError):
            asked = parse_retry_after(error.response.headers.get("Retry-After", ""))
            return left > 0 if asked is None else asked < left and asked
        return isinstance(error, OutboundError) and error.retryable and left > 0

    try:
        for attempt in stamina.retry_context(on=wait, attempts=_ATTEMPTS, timeout=None):
            with attempt:
                response = once()
                if response.status_code in _BUSY:
                    raise _BusyError(response)
    except _BusyError as busy:
        return busy.response
    return response


class _ImageSlots:
    """At most 4 pictures at a time from one host and 32 in all, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all = threading.BoundedSemaphore(IMAGES_IN_ALL)
        self._hosts: WeakValueDictionary[str, threading.BoundedSemaphore] = WeakValueDictionary()

    @contextmanager
    def taken(self, host: str, limits: Limits) -> Iterator[None]:
        """Hold a slot; raises OutboundError ``source_timeout`` if none comes free in time."""
        with self._lock:
            mine = self._hosts.setdefault(host, threading.BoundedSemaphore(IMAGES_PER_HOST))
        with self._hold(mine, limits), self._hold(self._all, limits):
            yield

    @contextmanager
    def _hold(self, slots: threading.BoundedSemaphore, limits: Limits) -> Iterator[None]:
        if not slots.acquire(timeout=limits.left()):
            raise OutboundError("source_timeout")
        try:
            yield
        finally:
            slots.release()


_image_slots = _ImageSlots()
