"""How a store that asks for its merchant's consent on a page of its own is found and connected.

What a platform's ``install`` module offers where the merchant begins here; see ``connect.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Site:
    """A store as it describes itself in public; ``password_page`` is empty where it is off."""

    url: str
    name: str
    password_page: str


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that a store sends us after consent; ``token`` is ours, handed back."""

    token: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)


class Installer(Protocol):
    """How a platform's stores are found and connected: what a platform's install module offers."""

    def discover(self, base_url: str) -> Site:
        """Find the store behind an address; raises PlatformError."""

    def key_page(self, site: Site, *, token: str, return_url: str, callback_url: str) -> str:
        """The store's consent page that posts a key to ``callback_url``."""

    def password_page(self, site: Site, *, success_url: str, reject_url: str) -> str:
        """The store's consent page that brings a password to ``success_url``."""

    def issued_key(self, body: bytes) -> IssuedKey | None:
        """Read what the store posts; None for anything else."""

    def revoke(self, credentials: dict[str, str], base_url: str) -> bool:
        """Give back what can be given back; never raises."""
