"""This installation's app at Shopify: its keys, and where a shop's Admin is reached."""

from __future__ import annotations

from dataclasses import dataclass, field

# Stable since 2026-10-01 and supported for at least a year; a new one comes every quarter.
API_VERSION = "2026-10"
SCOPES = ("write_products", "write_files")
# Shopify wants the newest one, from its own address (required since 2025-10-15).
APP_BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
_SCRIPTS = "https://cdn.shopify.com"
_ADMIN = "https://admin.shopify.com"


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

    @property
    def app_bridge(self) -> str:
        """The address of App Bridge, which gives embedded pages their session tokens."""
        return f"{self.sandbox_url.rstrip('/')}/app-bridge.js" if self.sandbox_url else APP_BRIDGE

    @property
    def script_hosts(self) -> tuple[str, ...]:
        """Whose scripts and pictures an embedded page may load besides ours."""
        return (_SCRIPTS, *self._sandbox())

    def frames(self, shop: str) -> tuple[str, ...]:
        """Who may show a page in a frame when it is shown to ``shop``: its Admin, nobody else."""
        return (f"https://{shop}", _ADMIN, *self._sandbox())

    def _sandbox(self) -> tuple[str, ...]:
        return (self.sandbox_url.rstrip("/"),) if self.sandbox_url else ()
