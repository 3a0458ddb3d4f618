"""What it costs to take images through six stages when the pixels cost nothing.

Run under a PostgreSQL of its own: `python -m tests.postgres python -m tests.bench.orchestration`;
`--count 500` is a quick look. Prints one JSON line. The server, the workers and the intake share
the machine's cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

CHUNK, WORKERS = 250, 3
DEEP = 100_000
BATCH, WAITERS, RENDER_SECONDS, REQUESTS = 10_000, 4, 0.25, 40
REPEATS = 300
ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "integrations" / "sandbox" / "catalog" / "photos" / "mug-ocean.jpg"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5_000, help="images to begin with")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="productviz-bench-") as folder:
        os.environ.setdefault("PRODUCTVIZ_MODEL_DIR", str(ROOT / "var" / "test-models"))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "productviz.settings",
            "PRODUCTVIZ_MODE": "development",
            "PRODUCTVIZ_LOG_FORMAT": "console",
            "PRODUCTVIZ_CONTENT_CREDENTIALS": "off",
            "PRODUCTVIZ_DATA_DIR": folder,
        }
        import logging

        import django

        django.setup()
        logging.disable(logging.WARNING)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(json.dumps(_measured(count)))  # noqa: T201


def _measured(count: int) -> dict[str, Any]:
    from generation.simulation.rows import make_shop
    from tests.bench.api_lists import page_times

    shop = make_shop("Large", count)
    load = os.getloadavg()[0]
    intake = _intake(shop)
    small = _drained(count)
    fair = _fairness(shop)
    rows = _grow()
    lists = page_times(shop.workspace)
    large = _drained(count * 2 // 5)
    return {
        "load": load,
        "intake": intake,
        "drain": small,
        "per_second": count / (intake["seconds"] + small["seconds"]),
        "rows": rows,
        "lists": lists,
        "deep": large,
        "growth": large["cpu_ms"] / small["cpu_ms"],
        "fair": fair,
        "repeat": _repeats(),
    }


def _intake(shop: Any) -> dict[str, float]:
    """Accept a request for every product, in chunks as a batch's expansion does."""
    from django.db import transaction

    from generation.intake.accept import accept
    from generation.intake.turns import next_turn
    from generation.models import Lane, PublishMode

    count = len(shop.products)
    started, cpu = time.perf_counter(), time.process_time()
    for at in range(0, count, CHUNK):
        with transaction.atomic():
            turn = next_turn(shop.workspace.pk, Lane.BULK)
            for number, product in enumerate(shop.products[at : at + CHUNK]):
                accept(
                    product=product,
                    version=shop.version,
                    publish=PublishMode.NONE,
                    lane=Lane.BULK,
                    requested_by=None,
                    turn=turn + number,
                )
    spent = time.perf_counter() - started
    return {
        "seconds": spent,
        "per_second": count / spent,
        "cpu_ms": (time.process_time() - cpu) * 1000 / count,
    }


def _drained(count: int) -> dict[str, float]:
    """Have the workers take so many more to their end; CPU is theirs and the server's together."""
    from generation.models import Generation
    from tests.bench.orchestration_workers import cpu_seconds, server_pids, workers

    done = Generation.objects.filter(status="succeeded")
    before = done.count()
    with workers(WORKERS) as pids:
        while done.count() < before + min(100, count // 10):  # until all of them are under way
            time.sleep(0.05)
        began, all_pids = done.count(), [*pids, *server_pids()]
        started, cpu = time.perf_counter(), cpu_seconds(all_pids)
        while done.count() < before + count:
            time.sleep(0.2)
        ended, spent = done.count(), time.perf_counter() - started
        used = cpu_seconds(all_pids) - cpu
    made = ended - began
    return {
        "seconds": spent * count / made,
        "per_second": made / spent,
        "cpu_ms": used * 1000 / made,
    }


def _fairness(shop: Any) -> dict[str, float]:
    """One person's requests beside another workspace's batch, against the same ones alone."""
    from generation.models import Generation, Lane
    from generation.simulation.rows import ask, make_shop
    from tests.bench.orchestration_workers import workers

    small = make_shop("Small", 2 * REQUESTS)
    with workers(WAITERS, render_seconds=RENDER_SECONDS):
        alone = _latencies(small, 0)
        ask(shop, BATCH, Lane.BULK, seed=1)
        ask(shop, BATCH // 10, Lane.NORMAL, seed=3)
        time.sleep(1.0)
        beside = _latencies(small, REQUESTS)
    Generation.objects.filter(workspace=shop.workspace, status__in=Generation.WAITING).delete()
    return {
        "alone_p50": alone[len(alone) // 2],
        "alone_p95": alone[int(len(alone) * 0.95)],
        "beside_p50": beside[len(beside) // 2],
        "beside_p95": beside[int(len(beside) * 0.95)],
    }


def _latencies(shop: Any, first: int) -> list[float]:
    """Seconds from each request to its end, in order of size."""
    from generation.intake.accept import accept
    from generation.models import Generation, Lane, PublishMode

    asked = []
    for product in shop.products[first : first + REQUESTS]:
        row = accept(
            product=product,
            version=shop.version,
            publish=PublishMode.NONE,
            lane=Lane.INTERACTIVE,
            requested_by=None,
        )
        asked.append(row.pk)
        time.sleep(RENDER_SECONDS)
    rows = Generation.objects.filter(pk__in=asked)
    while rows.exclude(status="succeeded").exists():
        time.sleep(0.05)
    return sorted(
        (row.finished_at - row.created_at).total_seconds() for row in rows if row.finished_at
    )


def _grow() -> int:
    """Copy ended generations, with their events, until there are as many rows as asked for.

    Half of the new ones wait, so that the line is long too. The number of generations then.
    """
    from django.db import connection

    from generation.models import Generation
    from productviz.outbox.models import Event

    ended = Generation.objects.filter(status="succeeded").count()
    copies = (DEEP - Generation.objects.count()) // ended + 1
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE copied AS SELECT g.id AS old, gen_random_uuid() AS id,"
            f" row_number() OVER () AS n FROM generation_generation g, generate_series(1, {copies})"
            f" WHERE g.status = 'succeeded' LIMIT {DEEP - ended}"
        )
        waits = "copied.n % 2 = 0"
        replaced = {
            "id": "copied.id",
            "status": f"CASE WHEN {waits} THEN 'queued' ELSE row.status END",
            "stage": f"CASE WHEN {waits} THEN 'preprocess' ELSE row.stage END",
            "asset_id": f"CASE WHEN {waits} THEN NULL ELSE row.asset_id END",
            "turn": "copied.n",
            "seed": "copied.n",
            "reused": "true",  # an image has one generation that made it
            "attempt": "0",  # one that cost a worker before would go alone
        }
        cursor.execute(_copy(Generation, replaced, "row.id = copied.old"))
        replaced = {"id": "gen_random_uuid()", "object_id": "copied.id"}
        cursor.execute(_copy(Event, replaced, "row.object_id = copied.old"))
        cursor.execute("VACUUM ANALYZE")  # as the server does by itself, but not while we measure
        cursor.execute("CHECKPOINT")
    return Generation.objects.count()


def _copy(model: Any, replaced: dict[str, str], where: str) -> str:
    columns = [field.column for field in model._meta.local_concrete_fields]
    values = ", ".join(replaced.get(column, f'row."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} row, copied WHERE {where}"


def _repeats() -> dict[str, float]:
    """A person asks again for what was made: from the click to the page's answer, on the server."""
    from django.test import Client
    from django.urls import reverse

    from generation.keys import original_key
    from generation.models import Generation
    from generation.work import run_generations
    from productviz.lib import files
    from productviz.lib.lease import new_owner
    from tests.factories import make_generation, make_preset, make_product, make_user

    product = make_product()
    image = product.images.get()
    data = PHOTO.read_bytes()
    image.sha256 = hashlib.sha256(data).hexdigest()
    image.save(update_fields=["sha256"])
    workspace = product.store.workspace
    files.put("originals", original_key(workspace.pk, image.sha256), data)
    preset = make_preset(workspace)
    Generation.objects.filter(status__in=Generation.WAITING).delete()
    started = time.perf_counter()
    make_generation(product, preset=preset)
    run_generations(new_owner())
    first = time.perf_counter() - started
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(make_user(workspace))
    form = {"preset": str(preset.pk), "publish": "none"}
    spent = []
    cpu = time.process_time()
    for _ in range(REPEATS):
        started = time.perf_counter()
        answer = client.post(reverse("product_generate", args=[product.pk]), form)
        spent.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 302, answer.content[:500]
    used = time.process_time() - cpu
    spent.sort()
    reused = Generation.objects.filter(product=product, reused=True, status="succeeded").count()
    return {
        "first_ms": first * 1000,
        "p50": spent[REPEATS // 2],
        "p95": spent[int(REPEATS * 0.95)],
        "cpu_ms": used * 1000 / REPEATS,
        "reused": reused,
    }


if __name__ == "__main__":
    main()
