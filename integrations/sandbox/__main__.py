"""Run a simulated storefront: `python -m integrations.sandbox woocommerce --data DIR`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from .woocommerce import SandboxStore
from .woocommerce.seed import Catalog, read_catalog

_CATALOG = Path(__file__).parent / "catalog" / "catalog.json"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m integrations.sandbox",
        description="Run a simulated storefront on loopback, for the demo and the tests.",
    )
    parser.add_argument("platform", choices=("woocommerce",), help="which storefront to simulate")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--data", type=Path, help="folder that keeps the store over restarts")
    parser.add_argument("--photos", type=Path, help="your own pictures: one product for each")
    parser.add_argument("--catalog", type=Path, help="a catalog.json instead of the built-in one")
    parser.add_argument("--strict", action="store_true", help="behave as a store on the internet")
    parser.add_argument(
        "--webhook-delay", type=float, default=1.0, help="seconds until a webhook is delivered"
    )
    return parser.parse_args()


def _store(options: argparse.Namespace) -> SandboxStore:
    catalog = options.catalog or (None if options.photos else _CATALOG)
    read = read_catalog(catalog) if catalog is not None else Catalog([])
    photos = options.photos or (catalog.parent / "photos" if catalog is not None else None)
    return SandboxStore(
        read.products,
        name=read.store,
        currency=read.currency,
        photos=photos if photos is not None and photos.is_dir() else None,
        data=options.data,
        host=options.host,
        port=options.port,
        strict=options.strict,
        webhook_delay=options.webhook_delay,
    )


def main() -> None:
    """Serve until interrupted; print one line when ready."""
    options = _arguments()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with _store(options) as store:
        sys.stdout.write(f"listening on {store.url}\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main()
