"""Requests to one shop's Admin API, sent through the product's own HTTP door.

The vendor's packages are of no help here: one's GraphQL call has no time-out and keeps the shop in
a global, the other takes a throttled answer for a good one (read 2026-11). What the answers mean
is in ``replies`` and ``refusals``; nothing here knows products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from integrations.contract import AccessTokens, ImageFile, PlatformError, Retryable
from integrations.platforms.shopify import refusals, waiting
from integrations.platforms.shopify.app import API_VERSION, App
from integrations.platforms.shopify.bucket import LONGEST_WAIT, bucket_of
from integrations.platforms.shopify.documents import document
from integrations.platforms.shopify.replies import Throttled, cost_of, read, transport_error
from productviz.lib.http import OutboundError, Reply, request

TIMEOUT = (5.0, 30.0)
# 20 MB over a slow line of 2 Mbit/s.
UPLOAD_SECONDS = 120.0
THROTTLE_TRIES = 5

log = structlog.get_logger(__name__)

Raw = Mapping[str, Any]


class Client:
    """One shop (``name.myshopify.com``). Every method raises PlatformError."""

    def __init__(self, shop: str, app: App, tokens: AccessTokens) -> None:
        self.shop = shop
        self._tokens = tokens
        self._url = f"{app.origin(shop)}/admin/api/{API_VERSION}/graphql.json"
        self._bucket = bucket_of(self._url)

    def __repr__(self) -> str:
        return f"<Client of {self.shop}>"

    def run(self, name: str, variables: Mapping[str, object] | None = None) -> Raw:
        """Send a document by its name; the answer's ``data``, which is whole or not there."""
        wait = self._bucket.take(name)
        for _ in range(THROTTLE_TRIES):
            waiting.pause(wait)
            reply = self._authorized(name, variables or {})
            self._bucket.learn(name, cost_of(reply))
            try:
                data: Raw = read(reply)["data"]
            except Throttled as error:
                busy, wait = error, error.after or 0.0
            except PlatformError as error:
                self._note(name, reply, error)
                raise
            else:
                return data
            if wait > LONGEST_WAIT:
                break
        self._note(name, reply, busy)
        raise busy

    def change(
        self,
        name: str,
        variables: Mapping[str, object],
        *,
        subjects: Sequence[str] = (),
    ) -> Raw:
        """Send a mutation; its payload, free of errors. ``subjects`` are the ids of the input."""
        payload = next(iter(self.run(name, variables).values()), None)
        if not isinstance(payload, Mapping):
            raise Retryable("Shopify did not say whether it did what was asked.")
        errors = payload.get("userErrors") or payload.get("mediaUserErrors")
        if errors:
            raise refusals.refusal(errors, subjects=subjects)
        return payload

    def upload(self, target: Raw, file: ImageFile) -> None:
        """Send bytes to a staged place: its form fields in order, the file last, no token."""
        fields = [(str(one["name"]), str(one["value"])) for one in target["parameters"]]
        try:
            reply = request(
                "POST",
                str(target["url"]),
                data=fields,
                files={"file": (file.filename, file.data, file.content_type)},
                timeout=TIMEOUT,
                total_timeout=UPLOAD_SECONDS,
            )
        except OutboundError as error:
            raise transport_error(error) from error
        if not reply.ok:
            log.warning("upload refused", shop=self.shop, status=reply.status)
            raise Retryable(
                f"Shopify's storage did not take the image (HTTP {reply.status}).",
                code="store_fetch_failed",
                after=reply.retry_after,
            )

    def _authorized(self, name: str, variables: Mapping[str, object]) -> Reply:
        """Send with a living token: another process may have replaced ours a moment ago."""
        token = self._tokens.current()
        reply = self._sent(name, variables, token)
        if reply.status != 401:
            return reply
        return self._sent(name, variables, self._tokens.after_refusal(token))

    def _sent(self, name: str, variables: Mapping[str, object], token: str) -> Reply:
        body = {"query": document(name), "variables": variables}
        headers = {"Accept": "application/json", "X-Shopify-Access-Token": token}
        try:
            return request("POST", self._url, json=body, headers=headers, timeout=TIMEOUT)
        except OutboundError as error:
            raise transport_error(error) from error

    def _note(self, name: str, reply: Reply, error: PlatformError) -> None:
        """Shopify's support asks for the request's id."""
        log.warning(
            "shopify refused",
            shop=self.shop,
            document=name,
            status=reply.status,
            code=error.code,
            request_id=reply.headers.get("x-request-id", ""),
        )
