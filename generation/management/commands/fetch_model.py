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

from generation.preprocessing.networks import RECIPES, check
from generation.preprocessing.weights import PINS, Pin, WeightsError, is_intact, own_file, path_of
from generation.preprocessing.weights_fetch import bring, fetch

_EPILOG = """\
u2netp is enough for every function; u2net is a second opinion that makes cut-outs safer.
text-finder and text-reader let verification check the text on products; one download brings both.
isnet, birefnet-lite and birefnet are larger, slower and finer; the best one present is used.
Each file is downloaded once, checked against a pinned SHA-256 and put into MODEL_DIR.

  manage.py fetch_model               all but the larger networks
  manage.py fetch_model u2netp        the small one only
  manage.py fetch_model isnet --file PATH [--licence TEXT]
                                      a file of your own; one that is not the pinned file
                                      needs its licence
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
            help=f"networks to fetch: {', '.join(PINS)} (default: all but the larger ones)",
        )
        parser.add_argument("--file", metavar="PATH", help="take the one network from this file")
        parser.add_argument(
            "--licence", default="", metavar="TEXT", help="licence of a file that is not pinned"
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
        chosen = _chosen(options["names"])
        if options["file"]:
            _bring_one(chosen, folder, console, Path(options["file"]), options["licence"])
            return
        for pin in chosen:
            _fetch_one(pin, folder, console)


def _chosen(names: list[str]) -> list[Pin]:
    unknown = [name for name in names if name not in PINS]
    if unknown:
        raise CommandError(
            f"There is no network called {', '.join(unknown)}; the names are {', '.join(PINS)}."
        )
    if names:
        return [PINS[name] for name in names]
    return [pin for pin in PINS.values() if not pin.is_optional]


def _bring_one(
    chosen: list[Pin], folder: Path, console: Console, source: Path, licence: str
) -> None:
    if len(chosen) != 1:
        raise CommandError("Name the one network that the file is, as in: fetch_model isnet --file")
    if not source.is_file():
        raise CommandError(f"There is no file {source}.")
    pin = chosen[0]

    def runs(path: Path) -> None:
        if pin.name in RECIPES:
            check(path, RECIPES[pin.name])

    try:
        path = bring(pin, folder, source, licence=licence, check=runs)
    except WeightsError as error:
        raise CommandError(str(error)) from error
    own = own_file(pin, folder)
    kind = f"your own file, licence: {own.licence}" if own else f"the pinned file, {pin.licence}"
    console.print(f"{pin.name} is in place ({kind}): {path}")


def _fetch_one(pin: Pin, folder: Path, console: Console) -> None:
    if is_intact(pin, folder):
        _say(console, pin, "is already there", path_of(pin, folder))
        return
    console.print(f"{pin.name}: {pin.note}. Licence: {pin.licence}")
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
        own = own_file(pin, folder)
        present = ("own file" if own else "yes") if is_intact(pin, folder) else "no"
        licence = own.licence if own else pin.licence
        table.add_row(pin.name, f"{pin.size / 1e6:.1f} MB", present, licence, pin.note)
    return table
