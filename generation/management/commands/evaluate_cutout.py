"""manage.py evaluate_cutout: score every way of cutting out against true masks."""

from __future__ import annotations

import json
import statistics
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

import cv2
import numpy as np
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from generation.imaging.mask_scores import MaskScores, score_mask
from generation.imaging.pixels import Gray, ImageRejected, Rgb
from generation.preprocessing.cutout import METHODS, available_networks, cut_out
from generation.preprocessing.decode import decode

_WEAK = 0.9
_NAMED = 5
# A log file has no width of its own; this one holds every figure.
_LOG_WIDTH = 150


@dataclass(frozen=True, slots=True)
class Item:
    """One photo of the manifest and its true mask."""

    name: str
    image: Path
    mask: Path


@dataclass(frozen=True, slots=True)
class Row:
    """One photo cut out by one method; `error` says why there are no scores."""

    image: str
    method: str
    seconds: float
    iou: float | None = None
    mae: float | None = None
    boundary_f: float | None = None
    edge_mae: float | None = None
    needs_review: bool | None = None
    confidence: float | None = None
    error: str = ""
    bad_entry: bool = False


class Command(BaseCommand):
    """Print scores and times of every available method; one bad photo never stops the run."""

    requires_system_checks = ()
    help = "Score the cut-out methods on a folder with manifest.json, photos and true masks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder and, as a wish, a file for the figures."""
        parser.add_argument(
            "folder",
            metavar="DIR",
            help='holds manifest.json, a list of {"image": path, "mask": path}',
        )
        parser.add_argument(
            "--json", metavar="FILE", help="also write every figure to this file; - is the output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        items, broken = _read_manifest(Path(options["folder"]))
        to_output = options["json"] == "-"
        console = _console(self.stderr if to_output else self.stdout)
        tasks = [(item, method) for method in _usable_methods() for item in items]
        rows = [_run(item, method) for item, method in track(tasks, "Cutting out", console=console)]
        console.print(_detail(rows))
        console.print(_summary(rows))
        for line in _worst(rows):
            console.print(line)
        if options["json"]:
            figures = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
            if to_output:
                self.stdout.write(figures)
            else:
                Path(options["json"]).write_text(figures)
        _complain(broken, rows)


def _console(out: Any) -> Console:
    console = Console(file=cast("IO[str]", out))
    return console if console.is_terminal else Console(file=cast("IO[str]", out), width=_LOG_WIDTH)


def _read_manifest(folder: Path) -> tuple[list[Item], list[str]]:
    """Give the usable entries, and what is wrong with each of the others."""
    try:
        entries = json.loads((folder / "manifest.json").read_text())
    except OSError as error:
        raise CommandError(f"Cannot read {folder / 'manifest.json'}: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"{folder / 'manifest.json'} is not JSON: {error}.") from error
    if not isinstance(entries, list):
        raise CommandError(
            'manifest.json must be a list of objects with the keys "image" and "mask", paths'
            f" relative to {folder}."
        )
    items, broken = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            image, mask = str(entry["image"]), str(entry["mask"])
        except (TypeError, KeyError):
            broken.append(f'entry {number}: has no "image" and "mask"')
            continue
        items.append(Item(image, folder / image, folder / mask))
    return items, broken


def _complain(broken: list[str], rows: list[Row]) -> None:
    """Raise `CommandError` naming every bad entry; photos that a method refuses are no fault."""
    faults = {f"{row.image}: {row.error}": None for row in rows if row.bad_entry}
    faults = dict.fromkeys([*broken, *faults])
    if faults:
        raise CommandError("Left out:\n  " + "\n  ".join(faults))


def _usable_methods() -> Iterator[str]:
    present = available_networks()
    for name, networks in METHODS.items():
        if set(networks) <= set(present):
            yield name


def _run(item: Item, method: str) -> Row:
    try:
        image = decode(item.image.read_bytes())
        mask = _true_mask(item.mask, image.rgb)
    except (OSError, ValueError, ImageRejected) as error:
        return Row(item.name, method, 0.0, error=_told(error), bad_entry=True)
    started = time.perf_counter()
    try:
        result = cut_out(image, networks=METHODS[method])
    except Exception as error:
        # Whatever goes wrong with one photo is a row of the table, not the end of the run.
        return Row(item.name, method, time.perf_counter() - started, error=_told(error))
    return Row(
        item.name,
        method,
        time.perf_counter() - started,
        **asdict(score_mask(result.alpha, mask)),
        needs_review=result.needs_review,
        confidence=result.confidence,
    )


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{Path(str(error.filename)).name}: {error.strerror}"
    return str(error)


def _true_mask(path: Path, photo: Rgb) -> Gray:
    mask = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ValueError(f"{path.name} is not a picture")
    if mask.shape != photo.shape[:2]:
        found, wanted = mask.shape[::-1], photo.shape[1::-1]
        raise ValueError(
            f"{path.name} is {found[0]} x {found[1]} pixels, not {wanted[0]} x {wanted[1]}"
        )
    return np.asarray(mask, dtype=np.uint8)


def _worst(rows: list[Row]) -> Iterator[str]:
    """Name the five photos that each method did worst on."""
    for method in dict.fromkeys(row.method for row in rows):
        scored = [row for row in rows if row.method == method and row.iou is not None]
        last = sorted(scored, key=lambda row: row.iou or 0.0)[:_NAMED]
        if last:
            names = ", ".join(f"{row.image} {row.iou:.3f}" for row in last)
            yield f"{method}, worst: {names}"


def _detail(rows: list[Row]) -> Table:
    table = Table("image", "method", "IoU", "MAE", "boundary F", "edge MAE", "s", "review")
    for row in rows:
        if row.error:
            table.add_row(row.image, row.method, row.error, *[""] * 5)
            continue
        figures = [f"{getattr(row, name):.4f}" for name in MaskScores.__slots__]
        review = "yes" if row.needs_review else ""
        table.add_row(row.image, row.method, *figures, f"{row.seconds:.2f}", review)
    return table


def _summary(rows: list[Row]) -> Table:
    table = Table(
        "method", "images", "IoU mean", "IoU median", "under 0.9", "MAE", "boundary F",
        "edge MAE", "s median", "review", "failed", title="Summary",
    )  # fmt: skip
    for method in dict.fromkeys(row.method for row in rows):
        mine = [row for row in rows if row.method == method]
        scored = [row for row in mine if not row.error]
        figures = _figures(scored) if scored else ["-"] * 8
        table.add_row(method, str(len(mine)), *figures, str(len(mine) - len(scored)))
    return table


def _figures(rows: list[Row]) -> list[str]:
    overlaps = _values(rows, "iou")
    return [
        f"{statistics.mean(overlaps):.4f}",
        f"{statistics.median(overlaps):.4f}",
        f"{sum(value < _WEAK for value in overlaps) / len(overlaps):.0%}",
        *(f"{statistics.mean(_values(rows, name)):.4f}" for name in MaskScores.__slots__[1:]),
        f"{statistics.median(row.seconds for row in rows):.2f}",
        str(sum(bool(row.needs_review) for row in rows)),
    ]


def _values(rows: list[Row], name: str) -> list[float]:
    return [float(getattr(row, name)) for row in rows]
