"""`manage.py simulate`: what so many workers would do with this database, told beforehand."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from generation.simulation.outcome import Outcome, outcome_of
from generation.simulation.stage_times import MEASURED, seconds_of

WORKERS = "1,2,5,10,20,50,100,200,500"
MOST_WORKERS, BATCH = 500, 10_000
_LOG_WIDTH = 150
_EPILOG = """\
A workspace has a batch of 10,000 images in line, and a person of another one asks for an image now
and then. Claims, leases, rows, events and files are real, in a database of their own beside yours
that is removed afterwards; only the pixels take no time: their seconds are added to a clock that
jumps. The database is a station with as many places as it has cores; a claim or an image keeps one
busy for the processor time that it really took the server (a PostgreSQL on this machine), or else
for as long as this process waited for it, which a busy machine stretches. Locks between many
claimers, the server's own upkeep and the network are not played.

  manage.py simulate                                   1 to 500 workers, a thousand images each
  manage.py simulate --workers 4,8 --generations 4000
  manage.py simulate --stage-seconds times.json        [{"preprocess": 1.1, "inference": 0.2}, ...]
  manage.py simulate --json                            the figures as JSON
"""


class Command(BaseCommand):
    """Play each number of workers and print a table."""

    help = "Tell how many images some number of workers would make, and where the database ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many, of what, and in which form."""
        parser.epilog = _EPILOG
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument(
            "--workers",
            type=_numbers,
            default=WORKERS,
            metavar="N,N,...",
            help=f"numbers of worker processes, up to {MOST_WORKERS} (default: {WORKERS})",
        )
        parser.add_argument(
            "--generations",
            type=int,
            default=1000,
            metavar="N",
            help="images for each number of workers, at least four a worker (default: 1000)",
        )
        parser.add_argument(
            "--stage-seconds",
            default=MEASURED,
            metavar="measured|FILE",
            help="what an image takes: as this installation measured it, or a JSON file",
        )
        parser.add_argument(
            "--database-cores",
            type=int,
            default=os.cpu_count() or 1,
            metavar="N",
            help="cores of the database's server (default: those of this machine)",
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if not 1 <= options["generations"] <= BATCH or options["database_cores"] < 1:
            raise CommandError(f"Ask for 1 to {BATCH} images, and a core or more.")
        try:
            seconds, source = seconds_of(options["stage_seconds"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        console = _console(cast("IO[str]", self.stderr if options["json"] else self.stdout))
        outcomes = _played(options, seconds, console)
        mean = sum(seconds) / len(seconds)
        if options["json"]:
            rows = [asdict(one) for one in outcomes]
            facts = {"image_seconds": mean, "from": source, "cores": options["database_cores"]}
            self.stdout.write(json.dumps({**facts, "rows": rows}, indent=1))
            return
        console.print(_table(outcomes))
        console.print(
            f"Pixels take {mean:.2f} s an image ({source}); the database has"
            f" {options['database_cores']} cores. Ages and waits in seconds; a person's ratio is"
            " the wait beside the batch over that without any line (medians)."
        )


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(one) for one in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or not all(1 <= one <= MOST_WORKERS for one in numbers):
        raise ArgumentTypeError(f"give numbers from 1 to {MOST_WORKERS}, such as 1,10,100")
    return numbers


def _console(stream: IO[str]) -> Console:
    console = Console(file=stream)
    return console if console.is_terminal else Console(file=stream, width=_LOG_WIDTH)


def _played(options: dict[str, Any], seconds: list[float], console: Console) -> list[Outcome]:
    from generation.simulation.elsewhere import elsewhere

    plans = [(workers, max(options["generations"], 4 * workers)) for workers in options["workers"]]
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Making a database of its own", total=sum(plan[1] for plan in plans))
        try:
            with elsewhere():
                step: Callable[[], None] = lambda: bar.advance(task)  # noqa: E731
                places = options["database_cores"]
                return [_play(workers, images, seconds, places, step) for workers, images in plans]
        except DatabaseError as error:
            raise CommandError(
                f"The simulation needs a database of its own beside yours: {error}. Give the"
                " database's user the right to create one (ALTER ROLE name CREATEDB), or run this"
                " where PRODUCTVIZ_DATABASE_URL is empty."
            ) from error


def _play(
    workers: int, images: int, seconds: list[float], places: int, step: Callable[[], None]
) -> Outcome:
    """A run of its own: what the one before has left in line is gone."""
    from generation.models import Generation, Lane
    from generation.simulation.clock import Play, Station
    from generation.simulation.rows import ask, make_shop

    Generation.objects.filter(status__in=Generation.WAITING).delete()
    ask(make_shop(f"Batch, {workers} workers", BATCH // 10), BATCH, Lane.BULK)
    person = make_shop(f"Person, {workers} workers", 1)
    play = Play(workers, images, seconds, Station(places), person, on_image=step)
    return outcome_of(play.run(), workers=workers, places=places, seconds=seconds)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("Workers")
    for title in (
        "Images/s", "Images a day", "In line p50", "p95", "Person in line p50", "p95",
        "Person's ratio", "Database busy", "Database ms", "Worker ms",
    ):  # fmt: skip
        table.add_column(title, justify="right")
    for one in outcomes:
        table.add_row(
            str(one.workers), f"{one.per_second:.1f}", f"{one.per_day:,}",
            f"{one.age_p50:.1f}", f"{one.age_p95:.1f}",
            f"{one.person_age_p50:.2f}", f"{one.person_age_p95:.2f}", f"{one.person_ratio:.2f}",
            f"{one.database_busy:.0%}", f"{one.database_ms:.1f}", f"{one.worker_ms:.1f}",
        )  # fmt: skip
    return table
