"""What a request may ask for: the rules for URLs, ports and addresses, and the errors they give.

``parse`` applies the literal rules once, with the parser that also connects; ``resolve`` asks the
name service once and checks every answer. Sending is http.py's business.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple

from django.conf import settings
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from productviz.lib.addresses import is_metadata, is_public

PORTS = frozenset({80, 443, 8080, 8443})
MAX_URL_LENGTH = 2048

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# White space, control characters (also as %00-%1F and %7F) and the backslash, which
# urllib.parse and urllib3 read differently.
_FORBIDDEN = re.compile(r"[\s\\\x00-\x20\x7f-\x9f]|%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class _Known(NamedTuple):
    message: str
    retryable: bool


_KNOWN = {
    "url_invalid": _Known(
        "This is not a valid web address. Check it for spaces, backslashes, user names and"
        " characters that do not belong there.",
        retryable=False,
    ),
    "url_scheme_not_allowed": _Known(
        "Only http:// and https:// addresses can be used, and https:// may not lead back to"
        " http://. Check the address.",
        retryable=False,
    ),
    "url_forbidden_address": _Known(
        "This address leads into a private network. Use a public address, or ask the operator of"
        " this installation to list the host in OUTBOUND_ALLOW_HOSTS.",
        retryable=False,
    ),
    "url_port_not_allowed": _Known(
        "This port is not allowed. Use 80, 443, 8080 or 8443, or ask the operator of this"
        " installation to list the host and port in OUTBOUND_ALLOW_HOSTS.",
        retryable=False,
    ),
    "header_invalid": _Known(
        "A key or name holds characters that cannot be sent. Enter it again without line breaks.",
        retryable=False,
    ),
    "source_timeout": _Known(
        "The server took too long to answer. Try again later.", retryable=True
    ),
    "source_unreachable": _Known(
        "The server could not be reached, or broke off. Check the address or try again later.",
        retryable=True,
    ),
    "source_not_found": _Known(
        "The server has nothing at this address any more. Check the address.", retryable=False
    ),
    "source_forbidden": _Known(
        "Fetching this address is not permitted. Check that it is public.", retryable=False
    ),
    "payload_too_large": _Known(
        "The server's answer is larger than allowed. Offer a smaller file.", retryable=False
    ),
    "disk_unwritable": _Known(
        "A file could not be written on this server: its disk is full or read-only. Ask the"
        " operator of this installation to make room.",
        retryable=True,
    ),
    "bad_reply": _Known(
        "The server's answer is not JSON. Check the address, and whether a maintenance page or a"
        " plug-in answers in its place.",
        retryable=True,
    ),
}


_OURSELVES = "This is the address of ProductViz itself. Use the address of your store."


class OutboundError(Exception):
    """A request that could not be made or was cut off; the text is safe to show to anyone."""

    def __init__(
        self, code: str, *, message: str | None = None, retryable: bool | None = None
    ) -> None:
        super().__init__(code)
        known = _KNOWN[code]
        self.code = code
        self.message = known.message if message is None else message
        self.retryable = known.retryable if retryable is None else retryable

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that passed the literal rules; ``host`` is ASCII, an IPv6 number stands in brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials are bound to."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The URL again, in one spelling, without a fragment."""
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"


def parse(url: str) -> Target:
    """Apply the literal rules to ``url``. Raises OutboundError."""
    scheme, _, rest = url.partition(":")
    if len(url) > MAX_URL_LENGTH or not _SCHEME.fullmatch(scheme):
        raise OutboundError("url_invalid")
    if scheme.lower() not in _DEFAULT_PORTS:
        raise OutboundError("url_scheme_not_allowed")
    # Not only user names: parsers disagree on the host of every URL with "@" before the path.
    authority = rest.removeprefix("//").split("/", 1)[0]
    if not rest.startswith("//") or set("@%") & set(authority) or _FORBIDDEN.search(url):
        raise OutboundError("url_invalid")
    target = _split(url)
    if not port_allowed(target.host, target.port):
        raise OutboundError("url_port_not_allowed")
    if _is_ourselves(target):
        raise OutboundError("url_forbidden_address", message=_OURSELVES)
    for number in _literal_numbers(target.host):
        require_reachable(target.host, target.port, number)
    return target


def _is_ourselves(target: Target) -> bool:
    """A request to this very installation could go round in circles."""
    own = parse_url(settings.PUBLIC_URL)
    port = own.port or _DEFAULT_PORTS[str(own.scheme)]
    return target.port == port and target.host in {own.host, *settings.ALLOWED_HOSTS}


def _split(url: str) -> Target:
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise OutboundError("url_invalid") from error
    scheme, host = str(parts.scheme), (parts.host or "").lower().removesuffix(".")
    if not _is_host(host):
        raise OutboundError("url_invalid")
    port = _DEFAULT_PORTS[scheme] if parts.port is None else parts.port
    return Target(scheme=scheme, host=host, port=port, path=parts.request_uri)


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_ipv6(host[1:-1])
    return len(host) <= 253 and _NAME.fullmatch(host) is not None


def _is_ipv6(text: str) -> bool:
    try:
        return IPv6Address(text).scope_id is None
    except ValueError:
        return False


def _literal_numbers(host: str) -> list[str]:
    """The addresses that ``host`` spells out; getaddrinfo knows forms such as 127.1 and 0x7f.1."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        answers = socket.getaddrinfo(host.strip("[]"), None, flags=socket.AI_NUMERICHOST)
    except OSError:
        if _NUMERIC_END.fullmatch(host):
            raise OutboundError("url_invalid") from None
        return []
    return [str(address[0]) for *_, address in answers]


def port_allowed(host: str, port: int) -> bool:
    """Whether ``port`` is one of ours or the operator listed ``host:port``."""
    return port in PORTS or f"{host}:{port}" in _listed_hosts()


def require_reachable(host: str, port: int, number: str) -> None:
    """Refuse an address that is neither public nor listed by the operator; metadata always."""
    if is_metadata(number):
        raise OutboundError("url_forbidden_address")
    if is_public(number) or not {host, f"{host}:{port}"}.isdisjoint(_listed_hosts()):
        return
    address = ip_address(number)
    if not any(address in ip_network(block) for block in settings.OUTBOUND_ALLOW_CIDRS):
        raise OutboundError("url_forbidden_address")


def is_listed(target: Target) -> bool:
    """Whether the operator listed the host, or this port of it."""
    return not {target.host, f"{target.host}:{target.port}"}.isdisjoint(_listed_hosts())


def _listed_hosts() -> set[str]:
    return {entry.lower() for entry in settings.OUTBOUND_ALLOW_HOSTS}


def resolve(host: str, port: int, *, timeout: float) -> list[tuple[socket.AddressFamily, Any]]:
    """Ask once; every answer must be allowed. Returns (family, socket address) pairs.

    ``timeout`` is in seconds: getaddrinfo has none of its own, so it runs in a thread.
    Raises OutboundError.
    """
    if not port_allowed(host, port):
        raise OutboundError("url_port_not_allowed")
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_ask, args=(host.strip("[]"), port, answers), daemon=True).start()
    try:
        found = answers.get(timeout=timeout)
    except queue.Empty:
        raise OutboundError("source_timeout") from None
    if isinstance(found, Exception):
        raise OutboundError("source_unreachable") from found
    for *_, address in found:
        require_reachable(host, port, str(address[0]))
    return [(family, address) for family, *_, address in found]


def _ask(host: str, port: int, answers: queue.SimpleQueue[Any]) -> None:
    try:
        answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        answers.put(error)
