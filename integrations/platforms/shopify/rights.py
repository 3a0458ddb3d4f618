"""What the scopes that a shop has granted allow, and which of those we ask for are missing.

The vendor's package compares them: it knows that a right to write includes reading.
"""

from __future__ import annotations

from collections.abc import Iterable

from integrations.contract import Capabilities
from integrations.platforms.shopify.app import SCOPES

_RIGHTS = {
    "write_products": "Change products: open the app in the Shopify admin and grant it.",
    "write_files": "Add files: open the app in the Shopify admin and grant it.",
}


def missing_scopes(granted: Iterable[str]) -> tuple[str, ...]:
    """The scopes we ask for that are not granted; one to write includes the one to read."""
    from shopify import ApiAccess

    have = ApiAccess(list(granted))
    return tuple(scope for scope in SCOPES if not have.covers(ApiAccess([scope])))


def capabilities(granted: Iterable[str]) -> Capabilities:
    """What these scopes allow; each missing one is named for the merchant."""
    missing = missing_scopes(granted)
    products, images = (scope not in missing for scope in ("write_products", "write_files"))
    return Capabilities(
        read_products=products,
        write_images=products and images,
        upload_bytes=images,
        delete_images=images,
        webhooks=products,
        missing=tuple(_RIGHTS[scope] for scope in missing),
    )
