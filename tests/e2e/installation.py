"""A whole installation for a program of its own: a store over HTTP, a database, real workers.

A program uses one, once: it sets the environment and Django up. Rows are imported late for that.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.e2e.processes import ROOT, kill_tree, start, wait_until

_SMALL = {"name": "main", "width": 300, "height": 300}
MODELS = ROOT / "var" / "test-models"


@contextlib.contextmanager
def sandbox(data: Path, products: int, *, cut_out: bool = False) -> Iterator[str]:
    """A WooCommerce store in a process of its own, one product a photograph; its address.

    ``cut_out`` photographs spare the workers the network, which takes most of their time.
    """
    from tests.pictures import cut_out_photo, photo

    (data / "photos").mkdir(parents=True)
    for number in range(products):
        picture = cut_out_photo(400, seed=number) if cut_out else photo(seed=number)
        (data / "photos" / f"mug-{number:04d}.{'png' if cut_out else 'jpg'}").write_bytes(picture)
    log = data / "store.log"
    store = start(
        *("-m", "integrations.sandbox", "woocommerce", "--data", str(data / "store")),
        *("--photos", str(data / "photos")),
        log=log,
    )
    try:
        wait_until(lambda: b"listening on" in log.read_bytes(), "the store", seconds=60)
        yield log.read_text().split("listening on ")[1].split()[0]
    finally:
        kill_tree(store)


@contextlib.contextmanager
def postgres() -> Iterator[Any]:
    """A PostgreSQL of this program's own."""
    from tests.postgres import server

    with (
        tempfile.TemporaryDirectory(prefix="productviz-pg-") as folder,
        server(Path(folder)) as running,
    ):
        os.environ["PRODUCTVIZ_DATABASE_URL"] = running.url
        yield running


class Installation:
    """Django set up on ``data``, the store at ``url`` connected, its catalog read."""

    def __init__(self, data: Path, url: str, *, allow: tuple[str, ...] = ()) -> None:
        self.data, self.url, self.worker_log = data, url, data / "worker.log"
        self.worker: subprocess.Popen[bytes] | None = None
        os.environ.update(
            DJANGO_SETTINGS_MODULE="productviz.settings",
            PRODUCTVIZ_MODE="development",
            PRODUCTVIZ_DATA_DIR=str(data / "var"),
            PRODUCTVIZ_MODEL_DIR=str(MODELS),
            PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS=",".join([url.removeprefix("http://"), *allow]),
        )
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        self.workspace, self.store = self._connect()

    def _connect(self) -> tuple[Any, Any]:
        from integrations.connect import connect_with_application_password
        from integrations.models import SyncRun
        from tests.factories import make_user, make_workspace

        workspace = make_workspace()
        given = self.ask("credentials")
        store = connect_with_application_password(
            workspace=workspace,
            user=make_user(workspace),
            platform="woocommerce",
            base_url=self.url,
            username=given["user_login"],
            password=given["application_password"],
        )
        self.start()
        done = SyncRun.objects.filter(store=store, state=SyncRun.State.DONE)
        wait_until(done.exists, "the catalog", seconds=180)
        self.kill()
        return workspace, store

    def ask(self, what: str) -> Any:
        """What the sandbox says of itself."""
        with urllib.request.urlopen(f"{self.url}/__sandbox/{what}") as answer:
            return json.load(answer)

    def start(self) -> None:
        """Start a worker, as an operator would."""
        self.started_at = datetime.now(UTC)
        self.worker = start("manage.py", "worker", log=self.worker_log)

    def is_at_work(self) -> bool:
        """Whether the worker that runs now has something in hand."""
        from generation.models import Generation
        from integrations.models import Publication
        from productviz.lib.lease import LEASE

        held = {"lease_until__gte": self.started_at + LEASE}
        return any(rows.objects.filter(**held).exists() for rows in (Generation, Publication))

    def kill(self) -> int:
        """SIGKILL the worker with everything below it; how many processes that were."""
        assert self.worker is not None
        return kill_tree(self.worker)

    def batch(self) -> Any:
        """A batch over the whole catalog, of a small and quick preset, published by itself."""
        from generation import batches
        from generation.models import PublishMode
        from generation.selection import Selector
        from tests.factories import make_preset

        return batches.start(
            store=self.store,
            version=make_preset(self.workspace, outputs=[_SMALL]).latest,
            publish=PublishMode.AUTO,
            selector=Selector(),
            requested_by=None,
        )


def ended(batch: Any) -> int:
    """How many generations and publications of the batch have come to their end."""
    from generation.models import Generation
    from integrations.models import Publication

    mine = Publication.objects.filter(generation__batch=batch)
    return int(
        batch.generations.filter(status__in=Generation.TERMINAL).count()
        + mine.filter(state__in=Publication.TERMINAL).count()
    )


def is_over(batch: Any) -> bool:
    """Whether nothing of the batch is left to do."""
    from generation.models import Generation
    from integrations.models import Publication

    batch.refresh_from_db()
    if batch.state == batch.State.PREPARING:
        return False
    left = batch.generations.filter(status__in=Generation.WAITING).count()
    unpublished = Publication.objects.filter(
        generation__batch=batch, state__in=Publication.WAITING
    ).count()
    return bool(left + unpublished == 0)


def say(what: str, since: float) -> None:
    """A line of progress, on the standard error."""
    import sys

    sys.stderr.write(f"{time.monotonic() - since:6.1f} s  {what}\n")
    sys.stderr.flush()
