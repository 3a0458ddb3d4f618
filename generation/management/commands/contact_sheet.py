"""manage.py contact_sheet: presets times products in one picture, to look at."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

import integrations.sandbox
from generation.contact_sheet import Cell, cells, draw
from generation.spec import BUILT_IN, PresetSpec, parse_spec

_CATALOG = Path(integrations.sandbox.__file__).parent / "catalog" / "photos"
_PHOTOS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".tif", ".tiff"})
_EPILOG = """\
  manage.py contact_sheet                                   the demo catalog, every ready preset
  manage.py contact_sheet --photos DIR --out sheet.png      your own photographs
  manage.py contact_sheet --presets white-background,my.json --limit 6 --size 400

Photographs are decoded, cut out, rendered, finished and verified as for a store; nothing is kept.
Under each picture is its verdict with the checks that failed. A picture that cannot be made is a
grey field with the reason.
"""


class Command(BaseCommand):
    """Draw the sheet; one bad photograph never stops it."""

    requires_system_checks = ()
    help = "Render presets x photographs into one picture."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to render, how large, and where to."""
        parser.epilog = _EPILOG
        parser.add_argument(
            "--photos", metavar="DIR", help="a folder of photographs (default: the demo catalog)"
        )
        parser.add_argument(
            "--presets",
            metavar="NAME,...",
            help=f"ready presets or JSON files, of {', '.join(BUILT_IN)} (default: all)",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="take the first N photographs")
        parser.add_argument(
            "--size", type=int, default=320, metavar="PX", help="side of a picture (default: 320)"
        )
        parser.add_argument(
            "--out",
            default="contact-sheet.webp",
            metavar="FILE",
            help=".webp or .png (default: contact-sheet.webp)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        out = _out(options["out"])
        side = options["size"]
        if not 80 <= side <= 1600:
            raise CommandError("--size is the side of one picture: 80 to 1600 pixels.")
        photos = _photos(options["photos"])[: options["limit"]]
        presets = _presets(options["presets"])
        console = Console(file=cast("IO[str]", self.stdout))
        made = cells(photos, presets, side=side)
        rows: dict[str, list[Cell]] = {}
        total = len(photos) * len(presets)
        for photo, _, cell in track(made, "Rendering", total=total, console=console):
            rows.setdefault(photo.stem, []).append(cell)
        draw(rows, list(presets), side=side).save(out)
        empty = sum(cell.picture is None for row in rows.values() for cell in row)
        self.stdout.write(f"{out}: {total - empty} pictures, {empty} that could not be made.")


def _out(name: str) -> Path:
    out = Path(name)
    if out.suffix.lower() not in (".webp", ".png"):
        raise CommandError(f'"{name}" is no picture\'s name; end it in .webp or .png.')
    if not out.parent.is_dir():
        raise CommandError(f"There is no folder {out.parent}; make it, or choose another.")
    return out


def _photos(folder: str | None) -> list[Path]:
    where = Path(folder) if folder else _CATALOG
    if not where.is_dir():
        raise CommandError(f"There is no folder {where}.")
    found = sorted(path for path in where.iterdir() if path.suffix.lower() in _PHOTOS)
    if not found:
        raise CommandError(f"No photographs in {where}; put JPEG, PNG, WebP or HEIC files there.")
    return found


def _presets(names: str | None) -> dict[str, PresetSpec]:
    if names is None:
        return dict(BUILT_IN)
    return {Path(name).stem: _preset(name) for name in names.split(",")}


def _preset(name: str) -> PresetSpec:
    if name in BUILT_IN:
        return BUILT_IN[name]
    if not name.endswith(".json"):
        raise CommandError(
            f'There is no ready preset "{name}". Choose of {", ".join(BUILT_IN)}, or give a '
            "JSON file."
        )
    try:
        return parse_spec(json.loads(Path(name).read_text()))
    except (OSError, ValueError) as error:
        raise CommandError(f"{name} is no preset: {error}") from error
