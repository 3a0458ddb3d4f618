"""Which platforms there are: the only file that names them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.contract import Adapter
from integrations.installer import Installer
from integrations.models import Store
from integrations.platforms.woocommerce import install as woocommerce_install
from integrations.platforms.woocommerce.adapter import WooCommerceAdapter

ADAPTERS: Mapping[str, Callable[[Mapping[str, str], str], Adapter]] = {
    "woocommerce": WooCommerceAdapter,
}
INSTALLERS: Mapping[str, Installer] = {"woocommerce": woocommerce_install}


def adapter_for(store: Store) -> Adapter:
    """The adapter of a connected store; raises KeyError for a platform without one."""
    return ADAPTERS[store.platform](store.credentials, store.base_url)
