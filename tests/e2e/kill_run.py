"""A batch whose worker is killed again and again; prints what became of it as JSON.

Run in a process of its own, since it makes an installation of its own:
`python -m tests.e2e.kill_run --data DIR --products 8 --kills 5 --seed 1`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
import urllib.request
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.e2e.processes import ROOT, kill_tree, start, wait_until

LEASE, FRESH = timedelta(seconds=60), timedelta(seconds=3)
MODELS = ROOT / "var" / "test-models"


def main() -> None:
    """Set up, kill, let finish, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--products", type=int, default=8)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    store_log = options.data / "store.log"
    _write_photos(options.data / "photos", options.products)
    store = start(
        *("-m", "integrations.sandbox", "woocommerce", "--data", str(options.data / "store")),
        *("--photos", str(options.data / "photos")),
        log=store_log,
    )
    try:
        wait_until(lambda: b"listening on" in store_log.read_bytes(), "the store", seconds=60)
        url = store_log.read_text().split("listening on ")[1].split()[0]
        print(json.dumps(_run(options, url)))  # noqa: T201
    finally:
        kill_tree(store)


def _write_photos(folder: Path, count: int) -> None:
    from tests.pictures import photo

    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"mug-{number}.jpg").write_bytes(photo(seed=number))


def _run(options: argparse.Namespace, url: str) -> dict[str, Any]:
    worker_log = options.data / "worker.log"
    batch = _batch(options, url, worker_log)
    dice = random.Random(options.seed)
    worker = start("manage.py", "worker", log=worker_log)
    killed = 0
    for _ in range(options.kills):
        wait_until(lambda: _is_at_work() or _is_over(batch), "the worker", seconds=120)
        time.sleep(dice.uniform(0.0, 2.5))
        killed += kill_tree(worker)
        worker = start("manage.py", "worker", log=worker_log)
    try:
        wait_until(lambda: _is_over(batch), "the batch", seconds=240)
    finally:
        kill_tree(worker)
    return _report(batch, url, killed)


def _batch(options: argparse.Namespace, url: str, worker_log: Path) -> Any:
    """A fresh installation with the store connected, its catalog read, and a batch queued."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="productviz.settings",
        PRODUCTVIZ_MODE="development",
        PRODUCTVIZ_DATA_DIR=str(options.data / "var"),
        PRODUCTVIZ_MODEL_DIR=str(MODELS),
        PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS=url.removeprefix("http://"),
    )
    import django

    django.setup()
    from django.core.management import call_command

    from generation import batches
    from generation.models import PublishMode
    from generation.selection import Selector
    from integrations.connect import connect_with_application_password
    from integrations.models import SyncRun
    from tests.factories import make_preset, make_user, make_workspace

    call_command("migrate", verbosity=0)
    workspace = make_workspace()
    with urllib.request.urlopen(f"{url}/__sandbox/credentials") as answer:
        given = json.load(answer)
    store = connect_with_application_password(
        workspace=workspace,
        user=make_user(workspace),
        platform="woocommerce",
        base_url=url,
        username=given["user_login"],
        password=given["application_password"],
    )
    worker = start("manage.py", "worker", log=worker_log)
    done = SyncRun.objects.filter(store=store, state=SyncRun.State.DONE)
    wait_until(done.exists, "the catalog", seconds=120)
    kill_tree(worker)
    return batches.start(
        store=store,
        version=make_preset(workspace).latest,
        publish=PublishMode.AUTO,
        selector=Selector(variants=True),
        requested_by=None,
    )


def _is_at_work() -> bool:
    """Whether a live lease exists: somebody has something in hand."""
    from django.utils import timezone

    from generation.models import Generation
    from integrations.models import Publication

    held = {"lease_until__gt": timezone.now() + (LEASE - FRESH)}
    return any(rows.objects.filter(**held).exists() for rows in (Generation, Publication))


def _is_over(batch: Any) -> bool:
    from generation.models import Generation
    from integrations.models import Publication

    left = batch.generations.filter(status__in=Generation.WAITING).count()
    unpublished = Publication.objects.filter(
        generation__batch=batch, state__in=Publication.WAITING
    ).count()
    return bool(left + unpublished == 0)


def _report(batch: Any, url: str, killed: int) -> dict[str, Any]:
    from productviz.outbox.models import Event

    with urllib.request.urlopen(f"{url}/__sandbox/state") as answer:
        shop = json.load(answer)
    changes = Counter(
        write["path"].split("?")[0]
        for write in shop["writes"]
        if re.search(r"/products/\d+$", write["path"].split("?")[0])
    )
    rows = batch.generations.select_related("publication")
    return {
        "killed": killed,
        "generations": Counter(row.status for row in rows),
        "publications": Counter(row.publication.state for row in rows if row.publication),
        "completed_events": Event.objects.filter(type="generation.completed").count(),
        "gallery_writes": sorted(changes.values()),
        "uploads": sum("/media" in write["path"] for write in shop["writes"]),
        "pictures_in_galleries": sorted(len(one) for one in shop["galleries"].values()),
        "reasons": sorted({row.error_message for row in rows if row.error_message}),
    }


if __name__ == "__main__":
    main()
