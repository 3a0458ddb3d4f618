"""A batch whose worker is killed again and again; prints what became of it as JSON.

Run in a process of its own, since it makes an installation of its own:
`python -m tests.e2e.kill_run --data DIR --products 200 --kills 20 --seed 1 --postgres --cut-out`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.e2e.installation import (
    Installation,
    ended,
    is_over,
    postgres,
    sandbox,
    say,
)
from tests.e2e.processes import wait_until
from tests.e2e.receiver import Receiver, receiver

ENDS = ("completed", "failed", "rejected", "canceled", "expired")
# Told once and never again, so a kill may lose one: they are not promised.
PROMISED = [*(f"generation.{end}" for end in ENDS), "publication.*", "asset.*", "batch.completed"]
# The longest time after which a worker that is at work is killed, in seconds.
LATEST = 2.5


def main() -> None:
    """Set up, kill, let finish, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--products", type=int, default=8)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cut-out", action="store_true")
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    database: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
    if options.postgres:
        database = postgres()
    with (
        database,
        receiver(options.seed) as customer,
        sandbox(options.data, options.products, cut_out=options.cut_out) as url,
    ):
        print(json.dumps(_run(options, url, customer)))  # noqa: T201


def _run(options: argparse.Namespace, url: str, customer: Receiver) -> dict[str, Any]:
    began = time.monotonic()
    here = Installation(options.data, url, allow=(customer.host,))
    subscribed = _subscribe(here, customer)
    batch = here.batch()
    say(f"{options.products} products wait", began)
    dice = random.Random(options.seed)
    here.start()
    killed, alive = 0, 0
    try:
        for number in range(options.kills):
            alive += _wait_for_a_moment(here, batch, dice)
            killed += here.kill()
            _lose_the_queue(dice)
            here.start()
            say(f"killed {number + 1} times, {ended(batch)} ends", began)
        wait_until(lambda: is_over(batch), "the batch", seconds=600)
        say("the batch is over", began)
        webhooks = _webhooks(customer) if subscribed else None
    finally:
        here.kill()
    report = report_on(here, batch) | {"killed": killed, "kills_at_work": alive}
    say("done", began)
    return report | {"webhooks": webhooks}


def _wait_for_a_moment(here: Installation, batch: Any, dice: random.Random) -> bool:
    """Wait until the worker is at work, and a random while longer; whether it still is then.

    A row that has cost a worker is let through first: a third death over it would end it, and it
    may be claimed again at any time.
    """
    wait_until(lambda: here.is_at_work() or is_over(batch), "the worker", seconds=120)
    wait_until(lambda: not _at_risk(batch), "the unlucky", seconds=120)
    time.sleep(dice.uniform(0.0, LATEST))
    return not is_over(batch)


def _at_risk(batch: Any) -> bool:
    from generation.models import Generation
    from integrations.models import Publication
    from productviz.lib.lease import MAX_ATTEMPTS

    mine = Publication.objects.filter(generation__batch=batch, state__in=Publication.WAITING)
    rows = batch.generations.filter(status__in=Generation.WAITING)
    return any(one.filter(attempt__gte=MAX_ATTEMPTS - 1).exists() for one in (mine, rows))


def _lose_the_queue(dice: random.Random) -> None:
    """Half of the time the queue's rows are lost with the worker: they are only wake-ups."""
    from django_q.models import OrmQ

    if dice.random() < 0.5:
        OrmQ.objects.all().delete()


def _subscribe(here: Installation, customer: Receiver) -> bool:
    """Tell the customer's receiver of what is promised, where this version sends webhooks."""
    from django.core.management import get_commands
    from django.utils import timezone
    from django.utils.module_loading import import_string

    if "send_webhooks" not in get_commands():
        return False
    from productviz.outbox.models import WebhookEndpoint

    create = import_string("productviz.outbox.endpoints.create")
    endpoint, _secret = create(workspace=here.workspace, url=customer.url, event_types=PROMISED)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(verified_at=timezone.now())
    return True


def _webhooks(customer: Receiver) -> dict[str, Any]:
    """Wait until all is told, then compare what happened with what arrived."""
    from django.db.models import Q

    from productviz.outbox.models import Delivery, Event

    def is_told() -> bool:
        pending = Delivery.objects.filter(state=Delivery.State.PENDING)
        return not pending.exists() and not Event.objects.filter(spread=False).exists()

    wait_until(is_told, "the webhooks", seconds=120)
    wanted = Q()
    for name in PROMISED:
        wanted |= Q(type__startswith=name[:-1]) if name.endswith("*") else Q(type=name)
    happened = {event.public_id for event in Event.objects.filter(wanted)}
    return {
        "events": len(happened),
        "missing": sorted(happened - set(customer.ids)),
        "twice": sum(count > 1 for count in customer.ids.values()),
        "turned_away": customer.refused,
    }


def report_on(here: Installation, batch: Any) -> dict[str, Any]:
    """What became of the batch: in our rows, in the store, and in storage."""
    shop = here.ask("state")
    changes = Counter(
        write["path"].split("?")[0]
        for write in shop["writes"]
        if re.search(r"/products/\d+$", write["path"].split("?")[0])
    )
    rows = batch.generations.select_related("publication")
    return {
        "generations": Counter(row.status for row in rows),
        "publications": Counter(row.publication.state for row in rows if row.publication),
        "ends": Counter(_ends(batch).values()),
        "attempts": Counter(row.attempt for row in rows),
        "gallery_writes": Counter(changes.values()),
        "uploads": sum("/media" in write["path"] for write in shop["writes"]),
        "pictures_in_galleries": Counter(len(one) for one in shop["galleries"].values()),
        "reasons": sorted({row.error_message for row in rows if row.error_message}),
        "files": _files(),
    }


def _ends(batch: Any) -> Counter[str]:
    """For each generation, how often its end was told of."""
    from productviz.outbox.models import Event

    told = Counter({str(pk): 0 for pk in batch.generations.values_list("pk", flat=True)})
    types = [f"generation.{end}" for end in ENDS]
    for pk in Event.objects.filter(type__in=types).values_list("object_id", flat=True):
        told[str(pk)] += 1
    return told


def _files() -> dict[str, int]:
    """How many files no row names: as the kills have left them, and after the sweeps."""
    from django.utils import timezone

    from generation.assets.sweep import GRACE, Tally, sweep
    from generation.models import Rendition
    from productviz.lib import files

    left_by_kills = sum(is_free is True for _, is_free in _judged())
    for days in (1, 2):
        for _step in sweep(timezone.now() + days * (GRACE + timedelta(hours=1)), Tally()):
            pass
    keys = Rendition.objects.values_list("key", flat=True)
    return {
        "left_by_kills": left_by_kills,
        "orphans": sum(is_free is not False for _, is_free in _judged()),
        "missing": sum(not files.exists("assets", key) for key in keys),
    }


def _judged() -> Iterator[tuple[str, bool | None]]:
    from generation.assets.references import PLACES, judge
    from productviz.lib.stored import listing

    for place in PLACES:
        keys = [one.key for one in listing(place, limit=100_000)]
        answers = judge(place, keys)
        yield from ((key, answers.get(key)) for key in keys)


if __name__ == "__main__":
    main()
