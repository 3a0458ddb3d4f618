"""How long the API's lists take when there are many rows: pages of 50, one after another."""

from __future__ import annotations

import gc
import time
from typing import Any

PAGES = 60
# Whole lists, a filter that keeps half, one that keeps little, and pages far down.
LISTS = (
    "/generations?limit=50",
    "/generations?limit=50&status=queued",
    "/generations?limit=50&status=failed",
    "/events?limit=50",
    "/assets?limit=50",
    "/products?limit=50",
)


def page_times(workspace: Any) -> dict[str, float]:
    """The 95th percentile of each list in ms; every list is followed by its cursors to the end."""
    from django.test import Client

    from generation.models import Asset
    from tests.api.caller import Caller
    from tests.api.test_list_costs import MANIFEST

    Asset.objects.filter(workspace=workspace).update(manifest=MANIFEST)
    gc.collect()
    gc.freeze()  # what this process made for the other figures is no web server's to look through
    caller = Caller(workspace)
    caller.client = Client(headers={"host": "127.0.0.1"})
    return {path: _p95(caller, path) for path in LISTS}


def _p95(caller: Any, path: str) -> float:
    from django.core.cache import cache

    spent, next_page = [], path
    for _ in range(PAGES):
        cache.clear()  # the key's rate is not what is measured
        started = time.perf_counter()
        status, page = caller.get(next_page)
        spent.append((time.perf_counter() - started) * 1000)
        assert status == 200, page
        cursor = page.get("next_cursor")
        next_page = f"{path}&cursor={cursor}" if cursor else path
    return sorted(spent)[int(PAGES * 0.95)]
