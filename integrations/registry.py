"""Which platforms there are: the only file that names them all.

A platform is loaded when a store of it is first spoken to. The web process rarely does that, and a
platform brings its HTTP client along: a fifth of the process's start (2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from django.utils.functional import SimpleLazyObject

from integrations.contract import Adapter, Installer
from integrations.models import Store


def _woocommerce(credentials: Mapping[str, str], base_url: str) -> Adapter:
    from integrations.platforms.woocommerce.adapter import WooCommerceAdapter

    return WooCommerceAdapter(credentials, base_url)


def _installer(module: str) -> Installer:
    return cast("Installer", SimpleLazyObject(lambda: import_module(module)))


ADAPTERS: Mapping[str, Callable[[Mapping[str, str], str], Adapter]] = {
    "woocommerce": _woocommerce,
}
INSTALLERS: Mapping[str, Installer] = {
    "woocommerce": _installer("integrations.platforms.woocommerce.install"),
}


def adapter_for(store: Store) -> Adapter:
    """The adapter of a connected store; raises KeyError for a platform without one."""
    return ADAPTERS[store.platform](store.credentials, store.base_url)
