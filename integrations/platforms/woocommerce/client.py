"""Requests to one WooCommerce store, signed and sent through the product's own HTTP door.

The vendor's package builds the URLs and the OAuth base string; its request step, which has
known defects, is replaced. What the answers mean is in ``replies``; nothing here knows products.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from requests.auth import HTTPBasicAuth
from woocommerce import API
from woocommerce.oauth import OAuth

from integrations.contract import NeedsMerchant, PlatformError, RightMissing
from integrations.platforms.woocommerce.replies import error_of, read, transport_error
from productviz.lib.http import OutboundError, Reply, request

MAX_BYTES = 32 * 1024 * 1024
READ_TIMEOUT = (5.0, 60.0)
# A write makes thumbnails before it answers, and goes on after a client gave up (measured).
WRITE_TIMEOUT = (5.0, 125.0)
_HEADERS = {"Accept": "application/json", "User-Agent": "ProductViz"}

Params = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair, an application password, or both."""

    consumer_key: str = field(default="", repr=False)
    consumer_secret: str = field(default="", repr=False)
    username: str = ""
    application_password: str = field(default="", repr=False)

    @classmethod
    def of(cls, stored: Mapping[str, str]) -> Credentials:
        """Pick what is ours out of a store's stored credentials."""
        return cls(
            consumer_key=stored.get("consumer_key", ""),
            consumer_secret=stored.get("consumer_secret", ""),
            username=stored.get("username", ""),
            application_password=stored.get("application_password", ""),
        )


def normal_url(url: str) -> str:
    """The store's address with scheme and host in lower case and no slash at its end."""
    parts = urlsplit(url.strip())
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def flat(params: Params | None) -> dict[str, str]:
    """A new dict of plain strings: lists joined by commas, booleans as WordPress reads them."""
    return {name: _text(value) for name, value in (params or {}).items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return str(value)


class _Signature(OAuth):  # type: ignore[misc]
    """The vendor's OAuth 1.0a with RFC 3986 quoting, so that ``/`` and blank values verify."""

    @staticmethod
    def sorted_params(params: Mapping[str, Any]) -> dict[str, Any]:
        return dict(sorted(params.items()))

    @staticmethod
    def normalize_parameters(params: Mapping[str, Any]) -> dict[str, str]:
        return {_twice(name): _twice(value) for name, value in params.items()}


def _twice(value: object) -> str:
    return quote(quote(str(value), safe="~"), safe="~")


class _KeyPairApi(API):  # type: ignore[misc]
    """The vendor's client with its private request step replaced.

    Defects of woocommerce 3.0.0 avoided here: it changes the caller's params, signs lists, blanks
    and slashes wrongly, doubles a leading slash and the query, and waits 5 s.
    """

    def _API__request(  # noqa: N802  the vendor's mangled name
        self,
        method: str,
        endpoint: str,
        data: object,
        params: Params | None = None,
        **limits: Any,
    ) -> Reply:
        url = f"{self.url}/wp-json/{self.version}/{endpoint.lstrip('/')}"
        query, auth = flat(params), None
        if not self.is_ssl:
            query = self.signed(method, url, query)
        elif self.query_string_auth:
            query |= {
                "consumer_key": self.consumer_key,
                "consumer_secret": self.consumer_secret,
            }
        else:
            auth = HTTPBasicAuth(self.consumer_key, self.consumer_secret)
        return request(method, url, params=query, json=data, auth=auth, headers=_HEADERS, **limits)

    def signed(self, method: str, url: str, query: Mapping[str, str]) -> dict[str, str]:
        """The query with a one-legged OAuth 1.0a signature."""
        signer = _Signature(
            url, self.consumer_key, self.consumer_secret, version=self.version, method=method
        )
        params = {
            **query,
            "oauth_consumer_key": self.consumer_key,
            "oauth_timestamp": str(int(time.time())),
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": "HMAC-SHA256",
        }
        return {**params, "oauth_signature": signer.generate_oauth_signature(params, url)}


class Client:
    """One store's REST API. Every method raises PlatformError."""

    def __init__(self, base_url: str, credentials: Credentials) -> None:
        self.base_url = normal_url(base_url)
        self._credentials = credentials
        self._api = _KeyPairApi(
            self.base_url, credentials.consumer_key, credentials.consumer_secret
        )

    @property
    def has_password(self) -> bool:
        """Whether there is an application password, which alone reaches wp/v2."""
        return bool(self._credentials.application_password)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
    ) -> tuple[object, Reply]:
        """One wc/v3 call; the JSON and the whole answer."""
        if self.has_password:
            return self.wordpress(method, f"wc/v3/{path}", params=params, json=json)
        reply = self._by_key(method, path, params=params, json=json)
        if reply.status == 401 and self._header_may_be_lost(reply):
            reply = self._by_query(method, path, params=params, json=json, refused=reply)
        return read(reply), reply

    def wordpress(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[object, Reply]:
        """One call below /wp-json/ with the application password, or as a stranger without one."""
        credentials = self._credentials
        auth = None
        if self.has_password:
            # WordPress takes the password with or without its blanks; a header wants it without.
            password = credentials.application_password.replace(" ", "")
            auth = HTTPBasicAuth(credentials.username.encode(), password.encode())
        reply = self._sent(
            method,
            f"{self.base_url}/wp-json/{path.lstrip('/')}",
            params=flat(params),
            json=json,
            data=data,
            auth=auth,
            headers={**_HEADERS, **(headers or {})},
        )
        if reply.status == 401 and auth is not None:
            raise _password_refused(error_of(reply))
        return read(reply), reply

    def _sent(self, method: str, url: str, **parts: Any) -> Reply:
        try:
            return request(method, url, **parts, **_limits(method))
        except OutboundError as error:
            raise transport_error(error) from error

    def _by_key(self, method: str, path: str, *, params: Params | None, json: object) -> Reply:
        body = {} if method in ("GET", "DELETE") else {"data": json}
        send = getattr(self._api, method.lower())
        try:
            reply: Reply = send(path, params=params, **body, **_limits(method))
        except OutboundError as error:
            raise transport_error(error) from error
        return reply

    def _header_may_be_lost(self, reply: Reply) -> bool:
        """Whether the store looks as if it never saw the key (Apache with CGI drops the header)."""
        stranger = b"woocommerce_rest_cannot_" in reply.body
        return bool(self._api.is_ssl) and not self._api.query_string_auth and stranger

    def _by_query(
        self,
        method: str,
        path: str,
        *,
        params: Params | None,
        json: object,
        refused: Reply,
    ) -> Reply:
        self._api.query_string_auth = True
        reply = self._by_key(method, path, params=params, json=json)
        if reply.status == 401:
            self._api.query_string_auth = False
            raise self._why_refused(refused)
        return reply

    def _why_refused(self, refused: Reply) -> PlatformError:
        """Ask once more by OAuth: WooCommerce names the reason only there (measured)."""
        url = f"{self.base_url}/wp-json/wc/v3/products"
        query = self._api.signed("GET", url, {"per_page": "1"})
        reply = self._sent("GET", url, params=query, headers=_HEADERS)
        if b"Invalid signature" in reply.body or reply.ok:
            return NeedsMerchant(
                "The store believes it is called over plain http: the proxy in front of it hides"
                " https from WordPress. Set HTTPS=on for PHP (or handle X-Forwarded-Proto in"
                " wp-config.php), then connect again."
            )
        return error_of(refused)


def _limits(method: str) -> dict[str, Any]:
    timeout = READ_TIMEOUT if method in ("GET", "HEAD") else WRITE_TIMEOUT
    return {"timeout": timeout, "total_timeout": sum(timeout) + 30.0, "max_bytes": MAX_BYTES}


def _password_refused(error: PlatformError) -> PlatformError:
    if not isinstance(error, NeedsMerchant) or isinstance(error, RightMissing):
        return error
    return NeedsMerchant(
        "The store does not accept the application password: it was revoked, a security plug-in"
        " switched application passwords off, the site is not on https, or its web server drops"
        f" the Authorization header. Connect the store again. {error}",
        code=error.code,
    )
