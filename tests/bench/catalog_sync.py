"""Full sweeps of a Shopify catalog through the bulk file, in an installation of its own.

Run in a fresh process: `python -m tests.bench.catalog_sync --data DIR --url URL`. Goes on with what
DIR holds, so that it can be killed and started again. Prints one JSON line: seconds, peak memory,
the rows there are, and the statements that each sweep wrote to the mirror's tables.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SHOP = "demo.myshopify.com"
_WRITE = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "integrations_(?:product|sourceimage)"')


def main() -> None:
    """Sweep as often as asked and say what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", default="shpat_one")
    parser.add_argument("--sweeps", type=int, default=2)
    options = parser.parse_args()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="productviz.settings",
        PRODUCTVIZ_MODE="development",
        PRODUCTVIZ_LOG_FORMAT="console",
        PRODUCTVIZ_DATA_DIR=str(options.data),
        PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS=options.url.removeprefix("http://"),
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(_measured(options.url, options.token, options.sweeps)))  # noqa: T201


def _measured(url: str, token: str, sweeps: int) -> dict[str, Any]:
    from integrations.models import Product, SourceImage, SyncRun
    from productviz import work

    store = _store(url, token)
    work.rescue()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent, waited, written = [], [], []
    for _ in range(sweeps):
        with _counted() as writes:
            started = time.process_time(), time.monotonic()
            _sweep(store)
            spent.append(time.process_time() - started[0])
            waited.append(time.monotonic() - started[1])
        written.append(writes[0])
    run = SyncRun.objects.order_by("-id")[0]
    return {
        "cpu_seconds": spent,
        "seconds": waited,
        "writes": written,
        "start_mb": before,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "products": Product.objects.filter(parent=None).count(),
        "variants": Product.objects.exclude(parent=None).count(),
        "images": SourceImage.with_removed.filter(product__parent=None).count(),
        "distinct": Product.objects.values("external_id").distinct().count(),
        "runs": SyncRun.objects.count(),
        "seen": run.seen,
        "changed": run.changed,
        "state": run.state,
    }


def _store(url: str, token: str) -> Any:
    """The one store of this installation, with the platform's own adapter."""
    from integrations import catalog
    from integrations.models import Store
    from integrations.platforms.shopify.adapter import ShopifyAdapter
    from integrations.platforms.shopify.app import App
    from tests.factories import make_store

    adapter = ShopifyAdapter(SHOP, App("client", "secret", sandbox_url=url), _Tokens(token))
    setattr(catalog, "adapter_for", lambda store: adapter)  # noqa: B010  not exported
    return Store.objects.first() or make_store(platform="shopify", base_url=f"https://{SHOP}")


class _Tokens:
    """The one token that the bench was given."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        """The token."""
        return self._token

    def after_refusal(self, refused: str) -> str:
        """There is no other."""
        raise AssertionError("the shop refused the bench's token")


def _sweep(store: Any) -> None:
    """One full sweep to its end, going on with one that was killed."""
    from integrations import catalog, work
    from integrations.models import SyncRun
    from productviz.lib.lease import new_owner

    run = catalog.request_sync(store, kind=SyncRun.Kind.FULL)
    owner = new_owner()
    while SyncRun.objects.filter(pk=run.pk, state__in=SyncRun.ACTIVE).exists():
        if not work.sync_runs(owner):
            time.sleep(0.2)


@contextmanager
def _counted() -> Iterator[list[int]]:
    """The number of statements that write to the mirror's tables."""
    from django.db import connection

    writes = [0]

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        writes[0] += bool(_WRITE.match(sql))
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        yield writes


if __name__ == "__main__":
    main()
