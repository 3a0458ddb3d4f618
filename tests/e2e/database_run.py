"""A database that goes away and comes back under a running worker; prints what became of the batch.

`python -m tests.e2e.database_run --data DIR`: always on PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from tests.e2e.installation import Installation, ended, is_over, postgres, sandbox, say
from tests.e2e.kill_run import report_on
from tests.e2e.processes import wait_until
from tests.postgres import Server

PRODUCTS = 12
AWAY = 3.0  # seconds


def main() -> None:
    """Set up, take the database away, let finish, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    with postgres() as server, sandbox(options.data, PRODUCTS, cut_out=True) as url:
        print(json.dumps(_run(options, url, server)))  # noqa: T201


def _run(options: argparse.Namespace, url: str, server: Server) -> dict[str, Any]:
    began = time.monotonic()
    here = Installation(options.data, url)
    from django.db import connections

    batch = here.batch()
    here.start()
    assert here.worker is not None
    try:
        wait_until(lambda: ended(batch) > 1 and here.is_at_work(), "the middle", seconds=120)
        connections.close_all()
        server.stop()
        say("the database is away", began)
        time.sleep(AWAY)
        server.start()
        say("the database is back", began)
        wait_until(lambda: is_over(batch), "the batch", seconds=300)
        outlived = here.worker.poll() is None
    finally:
        here.kill()
    return report_on(here, batch) | {"outlived": outlived}


if __name__ == "__main__":
    main()
