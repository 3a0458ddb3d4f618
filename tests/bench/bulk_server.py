"""A simulated shop with a synthetic catalog, in a process of its own; prints where it is."""

from __future__ import annotations

import json
import os
import sys
import threading

import django

from integrations.sandbox.shopify import AppRegistration, SandboxShopify


def main() -> None:
    """Serve as many products as the first argument says, three images each."""
    os.environ.update(DJANGO_SETTINGS_MODULE="tests.settings")
    django.setup()
    from tests.shopify.shop import SECRET, token_of

    app = AppRegistration(client_secret=SECRET)
    with SandboxShopify(int(sys.argv[1]), app=app) as shopify:
        print(json.dumps({"url": shopify.url, "token": token_of(shopify)}), flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
