"""Which platforms there are: the only file that names them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from integrations.consent import Installer
from integrations.contract import Adapter
from integrations.models import Store
from integrations.platforms.woocommerce import install as woocommerce_install
from integrations.platforms.woocommerce.adapter import WooCommerceAdapter
from integrations.tokens import tokens_for


def _shopify(store: Store) -> Adapter:
    # Here and not above: the adapter's packages load slowly, and the web process rarely needs it.
    from integrations.platforms.shopify.adapter import ShopifyAdapter

    shop = store.base_url.partition("://")[2]
    return ShopifyAdapter(shop, settings.SHOPIFY_APP, tokens_for(store))


def _woocommerce(store: Store) -> Adapter:
    return WooCommerceAdapter(store.credentials, store.base_url)


ADAPTERS: Mapping[str, Callable[[Store], Adapter]] = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
}
INSTALLERS: Mapping[str, Installer] = {"woocommerce": woocommerce_install}


def adapter_for(store: Store) -> Adapter:
    """The adapter of a store, connected or about to be; KeyError for a platform without one."""
    return ADAPTERS[store.platform](store)
