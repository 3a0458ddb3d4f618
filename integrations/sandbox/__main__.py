"""Run a simulated storefront: `python -m integrations.sandbox woocommerce --data DIR`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from .catalogs import BUILT_IN, Catalog, read_catalog
from .shopify import AppRegistration, SandboxShopify
from .shopify.registration import CLIENT_SECRET, TOPICS, AppSubscription, read_toml
from .woocommerce import SandboxStore


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m integrations.sandbox",
        description="Run a simulated storefront on loopback, for the demo and the tests.",
    )
    platforms = parser.add_subparsers(dest="platform", required=True, metavar="PLATFORM")
    woocommerce = platforms.add_parser("woocommerce", help="a WordPress site with WooCommerce")
    _common(woocommerce)
    woocommerce.add_argument(
        "--strict", action="store_true", help="behave as a store on the internet"
    )
    _shopify(platforms.add_parser("shopify", help="a Shopify shop and its admin"))
    return parser.parse_args()


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--data", type=Path, help="folder that keeps the store over restarts")
    parser.add_argument("--photos", type=Path, help="your own pictures: one product for each")
    parser.add_argument("--catalog", type=Path, help="a catalog.json instead of the built-in one")
    parser.add_argument(
        "--webhook-delay", type=float, default=1.0, help="seconds until a webhook is delivered"
    )


def _shopify(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    add = parser.add_argument
    add("--shop", default="demo.myshopify.com", help="the shop's name")
    add("--products", type=int, help="that many synthetic products in place of a catalog")
    add("--app-url", default="", help="address of the app that the admin frames")
    add("--client-id", default="", help="the app's client id")
    add("--client-secret", default=CLIENT_SECRET, help="the app's client secret")
    add("--old-client-secret", default="", help="the secret before a rotation")
    add("--scopes", default="write_products,write_files", help="what the app asks for")
    add("--webhook-uri", default="", help="where webhooks go; a path starts at --app-url")
    add("--app-toml", type=Path, help="read the app from a shopify.app.toml")
    add("--not-installed", action="store_true", help="start without the app in the shop")


def _rows(options: argparse.Namespace) -> tuple[Catalog, Path | None]:
    """Return the catalog to fill the store from, and the folder of its photos."""
    catalog = options.catalog or (None if options.photos else BUILT_IN)
    read = read_catalog(catalog) if catalog is not None else Catalog([])
    photos = options.photos or (catalog.parent / "photos" if catalog is not None else None)
    return read, photos if photos is not None and photos.is_dir() else None


def _woocommerce_store(options: argparse.Namespace) -> SandboxStore:
    read, photos = _rows(options)
    return SandboxStore(
        read.products,
        name=read.store,
        currency=read.currency,
        photos=photos,
        data=options.data,
        host=options.host,
        port=options.port,
        strict=options.strict,
        webhook_delay=options.webhook_delay,
    )


def _app(options: argparse.Namespace) -> AppRegistration:
    if options.app_toml is not None:
        app = read_toml(
            options.app_toml,
            client_secret=options.client_secret,
            application_url=options.app_url,
        )
    else:
        scopes = tuple(name.strip() for name in options.scopes.split(",") if name.strip())
        app = AppRegistration(
            client_secret=options.client_secret, application_url=options.app_url, scopes=scopes
        )
    app.client_id = options.client_id or app.client_id
    app.old_client_secret = options.old_client_secret
    if options.webhook_uri:
        app.subscriptions = [AppSubscription(TOPICS, options.webhook_uri)]
    return app


def _shopify_shop(options: argparse.Namespace) -> SandboxShopify:
    read, photos = _rows(options)
    return SandboxShopify(
        read.products if options.products is None else options.products,
        app=_app(options),
        shop=options.shop,
        name=read.store,
        currency=read.currency,
        photos=photos,
        data=options.data,
        host=options.host,
        port=options.port,
        installed=not options.not_installed,
        webhook_delay=options.webhook_delay,
    )


def main() -> None:
    """Serve until interrupted; print one line when ready."""
    options = _arguments()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    shopify = options.platform == "shopify"
    with _shopify_shop(options) if shopify else _woocommerce_store(options) as store:
        sys.stdout.write(f"listening on {store.url}\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main()
