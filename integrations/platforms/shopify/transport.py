"""How Shopify's own package reaches a shop: httpx on top, this installation's one door below.

The package makes its requests for ``https://SHOP/...``; a sandbox stands below another address.
"""

from __future__ import annotations

import httpx

from integrations.platforms.shopify.app import App
from productviz.lib import http
from productviz.lib.outbound import OutboundError

# A page waits for the answer, and the package asks up to three times.
TIMEOUT = (5.0, 10.0)
TOTAL_SECONDS = 12.0
MAX_BYTES = 1024 * 1024
LONGEST_WAIT = 2


class Door(httpx.BaseTransport):
    """Sends what httpx hands down through ``productviz.lib.http``; never follows a redirect."""

    def __init__(self, app: App) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request and its whole answer; raises httpx.TransportError where there is none."""
        url = f"{self._app.origin(request.url.host)}{request.url.raw_path.decode('ascii')}"
        headers = {
            name: value
            for name, value in request.headers.items()
            if name in ("accept", "content-type", "user-agent")
        }
        try:
            reply = http.request(
                request.method,
                url,
                headers=headers,
                data=request.read(),
                timeout=TIMEOUT,
                total_timeout=TOTAL_SECONDS,
                max_bytes=MAX_BYTES,
            )
        except OutboundError as error:
            raise httpx.TransportError(str(error)) from error
        return httpx.Response(
            reply.status, headers=_patient(reply.headers), content=reply.body, request=request
        )


def _patient(headers: object) -> dict[str, str]:
    """The headers, with a wait short enough for somebody who looks at a page."""
    kept = {str(name).title(): str(value) for name, value in dict(headers).items()}  # type: ignore[call-overload]
    kept.pop("Content-Length", None)
    if "Retry-After" in kept:
        wish = kept["Retry-After"]
        kept["Retry-After"] = str(min(int(wish), LONGEST_WAIT) if wish.isdigit() else 1)
    return kept


def client(app: App) -> httpx.Client:
    """An httpx client for Shopify's package; close it, or use it in a ``with``."""
    return httpx.Client(transport=Door(app))
