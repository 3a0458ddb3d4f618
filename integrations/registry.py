"""Which platforms there are: the only file that names them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from integrations.contract import Adapter
from integrations.installer import Installer
from integrations.models import Store
from integrations.models.stores import Platform
from integrations.platforms.woocommerce import install as woocommerce_install
from integrations.platforms.woocommerce.adapter import WooCommerceAdapter

ADAPTERS: Mapping[str, Callable[[Mapping[str, str], str], Adapter]] = {
    "woocommerce": WooCommerceAdapter,
}
INSTALLERS: Mapping[str, Installer] = {"woocommerce": woocommerce_install}


def adapter_for(store: Store) -> Adapter:
    """The adapter of a connected store; raises KeyError for a platform without one."""
    if store.platform == Platform.SHOPIFY:
        return _shopify(store)
    return ADAPTERS[store.platform](store.credentials, store.base_url)


def _shopify(store: Store) -> Adapter:
    """A shop's access expires, so it comes from the store's row each time."""
    # Here and not above: Shopify's package loads slowly, and the web process rarely needs it.
    from integrations.platforms.shopify.adapter import ShopifyAdapter
    from integrations.tokens import tokens_for

    shop = store.base_url.removeprefix("https://")
    return ShopifyAdapter(shop, settings.SHOPIFY_APP, tokens_for(store))
