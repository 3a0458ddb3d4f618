"""manage.py fetch_model: bring networks and diffusion models into the weights folder, once."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from generation.inference.engine import EngineUnavailable
from generation.management import diffusion_models
from generation.preprocessing.networks import RECIPES, check
from generation.preprocessing.weights import PINS, Pin, WeightsError, is_intact, own_file, path_of
from generation.preprocessing.weights_fetch import bring, fetch

_EPILOG = """\
Networks, which every installation needs:
u2netp is enough for every function; u2net is a second opinion that makes cut-outs safer.
text-finder and text-reader let verification check the text on products; one download brings both.
isnet, birefnet-lite and birefnet are larger, slower and finer; the best one present is used.
Each file is downloaded once, checked against a pinned SHA-256 and put into MODEL_DIR.

  manage.py fetch_model               all but the larger networks
  manage.py fetch_model u2netp        the small one only
  manage.py fetch_model isnet --file PATH [--licence TEXT]
                                      a file of your own; one that is not the pinned file
                                      needs its licence

Diffusion models, for a machine with a GPU (docs/gpu.md), by name only. The licence and the size are
shown first, and nothing is fetched before you accept it. A fetch that was cut off goes on where it
was; every file is checked against the digest that the hub states, and put into MODEL_DIR/diffusion.

  manage.py fetch_model sdxl-lightning klein-4b picture-checker
  manage.py fetch_model klein-4b --accept-licence     without a question, for scripts
  manage.py fetch_model klein-4b --from FOLDER        on a machine without network: a copy of the
                                      repository, or of MODEL_DIR/diffusion/klein-4b elsewhere

  manage.py fetch_model --list        everything there is, what it is for, and what is missing
"""


class Command(BaseCommand):
    """Fetch pinned network weights; a second run finds them and does nothing."""

    help = (
        "Fetch the networks that cut products out of their photos and read their text, and, for"
        " machines with a GPU, the diffusion models that paint pictures."
    )
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
            help=f"networks to fetch: {', '.join(PINS)} (default: all but the larger ones),"
            " or diffusion models (see --list)",
        )
        parser.add_argument("--file", metavar="PATH", help="take the one network from this file")
        parser.add_argument(
            "--licence", default="", metavar="TEXT", help="licence of a file that is not pinned"
        )
        parser.add_argument(
            "--accept-licence",
            action="store_true",
            help="accept the licences of the diffusion models named, without being asked",
        )
        parser.add_argument(
            "--from",
            dest="source",
            metavar="FOLDER",
            type=Path,
            help="take the one diffusion model from this folder instead of the hub",
        )
        parser.add_argument(
            "--list", action="store_true", help="show names, sizes, licences and what is present"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        console = Console(file=cast("IO[str]", self.stdout))
        try:
            _run(Path(settings.MODEL_DIR), console, options)
        except EngineUnavailable as error:
            raise CommandError(error.message) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What has arrived of a diffusion model is kept: run this again to go on."
            ) from None


def _run(folder: Path, console: Console, options: dict[str, Any]) -> None:
    if options["list"]:
        console.print(_overview(folder))
        console.print(diffusion_models.overview(folder))
        return
    painters = [name for name in options["names"] if name not in PINS]
    _refuse_unknown(painters)
    if options["source"] and len(options["names"]) != 1:
        raise CommandError("Name the one model that the folder is, as in: fetch_model klein-4b")
    networks = [PINS[name] for name in options["names"] if name in PINS]
    if not options["names"]:
        networks = [pin for pin in PINS.values() if not pin.is_optional]
    if options["file"]:
        _bring_one(networks, folder, console, Path(options["file"]), options["licence"])
        return
    for pin in networks:
        _fetch_one(pin, folder, console)
    for name in painters:
        diffusion_models.fetch(
            name,
            folder,
            console,
            accepted=options["accept_licence"],
            source=options["source"],
        )


def _refuse_unknown(painters: list[str]) -> None:
    if not painters:
        return
    known = diffusion_models.names()
    unknown = [name for name in painters if name not in known]
    if unknown:
        raise CommandError(
            f"There is no network or model called {', '.join(unknown)}; the names are"
            f" {', '.join([*PINS, *known])}."
        )


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
        with diffusion_models.progress(console) as bar:
            task = bar.add_task(pin.name, total=pin.download_size)
            path = fetch(pin, folder, lambda done, total: bar.update(task, completed=done))
    except WeightsError as error:
        raise CommandError(str(error)) from error
    _say(console, pin, "fetched and checked", path)


def _say(console: Console, pin: Pin, what: str, path: Path) -> None:
    """The path on a line of its own, so that it stays whole on a narrow terminal."""
    console.print(f"{pin.name} {what}:\n  {path}", soft_wrap=True)


def _overview(folder: Path) -> Table:
    table = Table("name", "size", "present", "licence", "about", title=f"Networks in {folder}")
    for pin in PINS.values():
        own = own_file(pin, folder)
        present = ("own file" if own else "yes") if is_intact(pin, folder) else "no"
        licence = own.licence if own else pin.licence
        table.add_row(pin.name, f"{pin.size / 1e6:.1f} MB", present, licence, pin.note)
    return table
