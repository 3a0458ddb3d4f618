"""Addresses of our files: signed and short-lived, on our own host or on the CDN in front of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Literal

from django.conf import settings

from productviz.lib.signing import sign_url

HOUR = 3600
DAY = 24 * HOUR


def file_url(place: Literal["assets", "work"], key: str, *, seconds: int = HOUR) -> str:
    """A signed address of one file. It changes at most once per ``seconds``, so caches can help."""
    window = int(time.time()) // seconds + 2
    return sign_url(f"/files/{place}/{key}", expires_at=window * seconds)


def signed_url(key: str, *, seconds: int) -> tuple[str, datetime]:
    """An absolute address of an asset that is good for exactly so long, and until when."""
    until = int(time.time()) + seconds
    base = settings.CDN_URL or settings.PUBLIC_URL
    address = f"{base}{sign_url(f'/files/assets/{key}', expires_at=until)}"
    return address, datetime.fromtimestamp(until, UTC)


def public_file_url(key: str, extension: str) -> str:
    """An absolute address of an asset for a store's server to fetch; valid for a day.

    WooCommerce wants the path itself to end in the real extension, before the query.
    """
    if not key.endswith(f".{extension}"):
        raise ValueError(f"an asset's key must end in its extension, not {key}")
    base = settings.CDN_URL or settings.PUBLIC_URL
    return f"{base}{file_url('assets', key, seconds=DAY)}"
