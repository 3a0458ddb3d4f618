"""A process that ends right before each of the writes that one generation makes; prints JSON.

Nothing is mocked: for every statement that changes the database and every file that is stored, a
process of its own takes a generation so far and is gone (``os._exit``), and another one ends it.
`python -m tests.e2e.crash_run --data DIR`.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.e2e.processes import kill_tree, start, wait_until

ENDS = ("completed", "failed", "rejected", "canceled", "expired")
_WRITES = ("INSERT", "UPDATE", "DELETE")
_CRASHED = 9


def main() -> None:
    """Serve the photographs, then crash everywhere."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    photos, log = options.data / "photos", options.data / "photos.log"
    photos.mkdir(parents=True)
    command = ("-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(photos))
    server = start(*command, log=log)
    try:
        wait_until(lambda: b"port" in log.read_bytes(), "the photographs", seconds=60)
        host = f"127.0.0.1:{log.read_text().split('port ')[1].split()[0]}"
        _set_up(options.data, host)
        found = {name: _crash_everywhere(name, photos, host) for name in SCENARIOS}
        print(json.dumps(found))  # noqa: T201
    finally:
        kill_tree(server)


def _set_up(data: Path, host: str) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="productviz.settings",
        PRODUCTVIZ_MODE="development",
        PRODUCTVIZ_DATA_DIR=str(data / "var"),
        PRODUCTVIZ_OUTBOUND_ALLOW_HOSTS=host,
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # The libraries, once, and nothing of them used: each process is a fork of this one.
    import generation.pipeline  # noqa: F401


class Crash:
    """Ends this process right before its ``at``-th write."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __enter__(self) -> Crash:
        from django.db import connection

        from productviz.lib import files

        real = files.put

        def put(place: files.Place, key: str, data: bytes) -> None:
            self._point()
            real(place, key, data)

        files.put = put
        connection.execute_wrappers.append(self._execute)
        return self

    def __exit__(self, *exception: object) -> None:
        """The process is over soon."""

    def _execute(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(_WRITES):
            self._point()
        return execute(sql, params, many, context)

    def _point(self) -> None:
        self.left -= 1
        if not self.left:
            os._exit(_CRASHED)


def _in_a_process(do: Callable[[], object]) -> int:
    """Do it in a fork of this process; its exit code."""
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if not pid:
        try:
            do()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _work() -> None:
    from generation import work
    from productviz.lib.lease import new_owner

    owner = new_owner()
    while work.run_generations(owner):
        pass


def _made(photos: Path, host: str, number: int) -> Any:
    """A product with a photograph of its own; a photograph that comes cut out needs no network."""
    from tests.factories import make_product
    from tests.pictures import cut_out_photo

    (photos / f"{number}.png").write_bytes(cut_out_photo(400, seed=number))
    return make_product(image_url=f"http://{host}/{number}.png")


def _reused(photos: Path, host: str, number: int) -> Any:
    """A product whose picture was made before."""
    product = _made(photos, host, number)
    _ask(product)
    assert _in_a_process(_work) == 0
    return product


def _unusable(photos: Path, host: str, number: int) -> Any:
    """A product whose photograph is none."""
    from tests.factories import make_product

    (photos / f"{number}.png").write_bytes(b"<html>no photograph</html>")
    return make_product(image_url=f"http://{host}/{number}.png")


SCENARIOS = {"made": _made, "re-used": _reused, "failed": _unusable}


def _ask(product: Any) -> Any:
    from generation.intake.accept import accept
    from generation.models import Lane, Preset, PublishMode
    from tests.factories import make_preset

    workspace = product.store.workspace
    small = {"name": "main", "width": 300, "height": 300}
    preset = Preset.objects.filter(workspace=workspace).first() or make_preset(
        workspace, outputs=[small]
    )
    return accept(
        product=product,
        version=preset.latest,
        publish=PublishMode.APPROVAL,
        lane=Lane.NORMAL,
        requested_by=None,
    )


def _crash_everywhere(scenario: str, photos: Path, host: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for at in itertools.count(1):
        number = 1000 * list(SCENARIOS).index(scenario) + at
        product = SCENARIOS[scenario](photos, host, number)
        before = _state(product)
        code = _in_a_process(partial(_once, product, at))
        if code == 0:
            break
        if code != _CRASHED:
            sys.exit(f"{scenario}, before write {at}: the process ended with {code}")
        found.append(_finish(product, before))
    return found


def _once(product: Any, at: int) -> None:
    """Ask for a picture and make it, in one process that does not live to see the end."""
    with Crash(at):
        _ask(product)
        _work()


def _finish(product: Any, before: dict[str, int]) -> dict[str, Any]:
    """Another process ends what the first one left; what is new since ``before``."""
    from generation import work
    from generation.models import Generation

    rows = Generation.objects.filter(product=product).order_by("-pk")
    asked = rows.count() - before["generations"]
    stage = rows[0].stage if asked else "intake"
    if not asked:  # the request was lost with its process, and its sender asks again
        _ask(product)
    work.rescue()
    assert _in_a_process(_work) == 0
    row = rows[0]
    now = _state(product)
    return {
        "stage": stage,
        "status": row.status,
        "code": row.error_code,
        "reserved": row.reserved_on is not None,
        "held": bool(row.lease_owner),
        **{name: now[name] - before[name] for name in now},
    }


def _state(product: Any) -> dict[str, int]:
    """How much there is of what must be there once."""
    from django.db.models import Sum

    from generation.models import Asset, Generation, UsageDay
    from integrations.models import Publication
    from productviz.outbox.models import Event

    rows = Generation.objects.filter(product=product)
    ends = [f"generation.{end}" for end in ENDS]
    usage = UsageDay.objects.filter(store=product.store)
    sums = usage.aggregate(reserved=Sum("reserved"), spent=Sum("spent"))
    return {
        "generations": rows.count(),
        "assets": Asset.objects.filter(product=product).count(),
        "publications": Publication.objects.filter(product=product).count(),
        "ends": Event.objects.filter(type__in=ends, object_id__in=rows.values("pk")).count(),
        "places": sums["reserved"] or 0,
        "spent": sums["spent"] or 0,
    }


def has_budgets() -> bool:
    """Whether this version counts images against budgets."""
    return importlib.util.find_spec("generation.budgets") is not None


if __name__ == "__main__":
    main()
