"""manage.py fetch_model: bring the networks into the weights folder, once."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from generation.preprocessing.weights import PINS, Pin, WeightsError, fetch, is_intact, path_of

_EPILOG = """\
u2netp is enough for every function; u2net is a second opinion that makes cut-outs safer.
text-finder and text-reader let verification check the text on products; one download brings both.
Each file is downloaded once, checked against a pinned SHA-256 and put into MODEL_DIR.

  manage.py fetch_model               all networks
  manage.py fetch_model u2netp        the small one only
  manage.py fetch_model --list        what there is and what is missing
"""


class Command(BaseCommand):
    """Fetch pinned network weights; a second run finds them and does nothing."""

    help = "Fetch the networks that cut products out of their photos and read their text."
    # Runs while images are built, where no database or URL is set up yet.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take names of networks, or --list."""
        parser.epilog = _EPILOG
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help=f"networks to fetch: {', '.join(PINS)} (default: all)",
        )
        parser.add_argument(
            "--list", action="store_true", help="show names, sizes, licences and what is present"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        folder = Path(settings.MODEL_DIR)
        console = Console(file=cast("IO[str]", self.stdout))
        if options["list"]:
            console.print(_overview(folder))
            return
        for pin in _chosen(options["names"]):
            _fetch_one(pin, folder, console)


def _chosen(names: list[str]) -> list[Pin]:
    unknown = [name for name in names if name not in PINS]
    if unknown:
        raise CommandError(
            f"There is no network called {', '.join(unknown)}; the names are {', '.join(PINS)}."
        )
    return [PINS[name] for name in names or PINS]


def _fetch_one(pin: Pin, folder: Path, console: Console) -> None:
    if is_intact(pin, folder):
        _say(console, pin, "is already there", path_of(pin, folder))
        return
    try:
        with _progress(console) as bar:
            task = bar.add_task(pin.name, total=pin.download_size)
            path = fetch(pin, folder, lambda done, total: bar.update(task, completed=done))
    except WeightsError as error:
        raise CommandError(str(error)) from error
    _say(console, pin, "fetched and checked", path)


def _say(console: Console, pin: Pin, what: str, path: Path) -> None:
    """The path on a line of its own, so that it stays whole on a narrow terminal."""
    console.print(f"{pin.name} {what}:\n  {path}", soft_wrap=True)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _overview(folder: Path) -> Table:
    table = Table("name", "size", "present", "licence", "about", title=f"Networks in {folder}")
    for pin in PINS.values():
        present = "yes" if is_intact(pin, folder) else "no"
        table.add_row(pin.name, f"{pin.size / 1e6:.1f} MB", present, pin.licence, pin.note)
    return table
