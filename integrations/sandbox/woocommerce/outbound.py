"""The store's own requests to the world, under WordPress's safety rules (wp_safe_remote_*).

Used for image downloads, wc-auth callbacks and webhook deliveries. It stands in for
another company's server, so it does not go through the application's own HTTP door.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from http.client import responses
from urllib.parse import SplitResult, urlsplit

import requests

from .state import State

SAFE_PORTS = frozenset({80, 443, 8080})
AGENT = "WordPress/6.9"
HOOK_AGENT = "WooCommerce/11.0.1 Hookshot (WordPress/6.9)"
INVALID = "A valid URL was not provided."
BAD_CERTIFICATE = "cURL error 60: SSL certificate problem: unable to get local issuer certificate"


class UnreachableError(Exception):
    """The request was refused or failed; the message is WordPress's own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def reason(self) -> str:
        """The standard phrase of the status."""
        return responses.get(self.status, "")


def allowed(state: State, url: str) -> bool:
    """Tell whether WordPress would call this address (wp_http_validate_url)."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        return False
    home = urlsplit(state.home)
    own_host = parts.hostname == home.hostname
    if not own_host and not _reachable(state, parts):
        return False
    if state.policy.any_port_allowed or port in SAFE_PORTS:
        return True
    return own_host and port == home.port


def _reachable(state: State, parts: SplitResult) -> bool:
    try:
        address = ipaddress.ip_address(socket.gethostbyname(parts.hostname or ""))
    except (OSError, ValueError):
        return False
    return state.policy.private_hosts_allowed or address.is_global


def send(
    state: State,
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    body: bytes | None = None,
    seconds: float,
    redirects: bool,
) -> Answer:
    """Make one request; raise UnreachableError with WordPress's message."""
    if not allowed(state, url):
        raise UnreachableError(INVALID)
    try:
        answer = requests.request(
            method,
            url,
            headers={"Accept": "*/*", "Connection": "close", **headers},
            data=body,
            timeout=seconds,
            allow_redirects=redirects,
        )
    except requests.exceptions.SSLError as error:
        raise UnreachableError(BAD_CERTIFICATE) from error
    except requests.exceptions.Timeout as error:
        message = f"cURL error 28: Operation timed out after {seconds * 1000:.0f} milliseconds"
        raise UnreachableError(message) from error
    except (requests.exceptions.RequestException, UnicodeError) as error:
        host = urlsplit(url).netloc
        raise UnreachableError(f"cURL error 7: Failed to connect to {host}") from error
    return Answer(answer.status_code, answer.content)
