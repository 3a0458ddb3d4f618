"""This installation's app at Shopify: its keys, and where a shop's Admin is reached."""

from __future__ import annotations

from dataclasses import dataclass, field

# Stable since 2026-10-01 and supported for at least a year; a new one comes every quarter.
API_VERSION = "2026-10"
SCOPES = ("write_products", "write_files")


@dataclass(frozen=True, slots=True)
class App:
    """The app that an operator registered at Shopify; empty keys mean that there is none.

    ``old_client_secret`` still counts for an hour after a rotation. ``sandbox_url`` is a sandbox's
    address, for development only: a shop is then reached below it.
    """

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    old_client_secret: str = field(default="", repr=False)
    sandbox_url: str = ""

    @property
    def is_set_up(self) -> bool:
        """Whether the operator has given the app's keys."""
        return bool(self.client_id and self.client_secret)

    def origin(self, shop: str) -> str:
        """Where the Admin of ``shop`` (``name.myshopify.com``) is reached, without a last slash."""
        return f"{self.sandbox_url.rstrip('/')}/{shop}" if self.sandbox_url else f"https://{shop}"
