"""Which platforms there are: the only file that names them all.

A platform is loaded when a store of it is first spoken to. The web process rarely does that, and a
platform brings its HTTP client along: a fifth of the process's start (2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from integrations.consent import Installer
from integrations.contract import Adapter
from integrations.models import Store
from integrations.tokens import tokens_for


def _shopify(store: Store) -> Adapter:
    from integrations.platforms.shopify.adapter import ShopifyAdapter

    shop = store.base_url.partition("://")[2]
    return ShopifyAdapter(shop, settings.SHOPIFY_APP, tokens_for(store))


def _woocommerce(store: Store) -> Adapter:
    from integrations.platforms.woocommerce.adapter import WooCommerceAdapter

    return WooCommerceAdapter(store.credentials, store.base_url)


def _installer(module: str) -> Installer:
    return cast("Installer", SimpleLazyObject(lambda: import_module(module)))


ADAPTERS: Mapping[str, Callable[[Store], Adapter]] = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
}
INSTALLERS: Mapping[str, Installer] = {
    "woocommerce": _installer("integrations.platforms.woocommerce.install"),
}


def adapter_for(store: Store) -> Adapter:
    """The adapter of a store, connected or about to be; KeyError for a platform without one."""
    return ADAPTERS[store.platform](store)
