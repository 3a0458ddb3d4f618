"""kill -9 on a real process in the middle of a bulk sweep over real HTTP."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from productviz.env import ROOT
from tests.e2e.processes import kill_tree, start, wait_until
from tests.shopify.bulk_shop import BulkShop, catalog

PRODUCTS = 1500
ROWS = PRODUCTS * 3


def mirrored(data: Path) -> int:
    """How many products and variants have been committed."""
    with contextlib.closing(sqlite3.connect(data / "db.sqlite3", timeout=10)) as database:
        try:
            found = database.execute("SELECT count(*) FROM integrations_product").fetchone()
        except sqlite3.OperationalError:
            return 0
    return int(found[0])


@pytest.mark.timeout(600)
def test_it_mirrors_every_product_once_although_it_is_killed_again_and_again(
    tmp_path: Path,
) -> None:
    shop = BulkShop(b"".join(catalog(PRODUCTS)))
    shop.statuses = ["RUNNING", "COMPLETED"]
    command = ["-m", "tests.bench.catalog_sync", "--data", str(tmp_path), "--url", shop.url]
    moments: list[tuple[str, Callable[[], bool]]] = [
        ("an operation", lambda: bool(shop.operations)),
        ("a download", lambda: shop.downloads > 0),
        ("some products", lambda: mirrored(tmp_path) > 0),
        ("half of them", lambda: mirrored(tmp_path) > ROWS // 2),
    ]
    for what, has_come in moments:
        child = start(*command, log=tmp_path / "log")
        wait_until(has_come, what, seconds=120)
        assert child.poll() is None, (tmp_path / "log").read_text()[-2000:]
        kill_tree(child)
    assert 0 < mirrored(tmp_path) < ROWS

    last = [sys.executable, *command, "--sweeps", "1"]
    done = subprocess.run(last, cwd=ROOT, capture_output=True, text=True, check=False)
    shop.close()

    assert done.returncode == 0, done.stderr[-2000:]
    got = json.loads(done.stdout.splitlines()[-1])
    assert (got["state"], got["runs"], got["seen"]) == ("done", 1, PRODUCTS)
    assert got["distinct"] == got["products"] + got["variants"] == ROWS
    assert got["images"] == PRODUCTS * 3
    # Each was new to us exactly once: nothing that was committed was worked on again.
    assert got["changed"] == ROWS
    assert len(shop.operations) == 1
