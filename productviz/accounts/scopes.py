"""What an API key may do, and each scope in words for people."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "stores:read": "See your stores",
    "stores:write": "Connect, change, sync and disconnect stores",
    "products:read": "See products and their photos",
    "products:write": "Add, change and remove products of a custom store",
    "images:write": "Upload and remove photos",
    "presets:read": "See presets",
    "presets:write": "Make, change and archive presets",
    "generations:read": "See images in the making, batches and automations",
    "generations:write": "Make images: this spends your budget",
    "assets:read": "See and download finished images",
    "assets:delete": "Delete finished images",
    "publications:read": "See what was written to your stores",
    "publications:write": "Write images to your stores, and undo it",
    "webhooks:manage": "Add, change and test webhooks",
    "usage:read": "See how much was used",
    "keys:manage": "Make and revoke keys, and read the audit log",
}
SCOPES = frozenset(WORDS)
