"""A shop with a synthetic catalog, in a process of its own; prints its address and serves."""

from __future__ import annotations

import sys
import threading

from tests.shopify.bulk_shop import BulkShop, catalog


def main() -> None:
    """Serve a catalog of as many products as the first argument says."""
    shop = BulkShop(b"".join(catalog(int(sys.argv[1]))))
    print(shop.url, len(shop.file), flush=True)  # noqa: T201
    threading.Event().wait()


if __name__ == "__main__":
    main()
