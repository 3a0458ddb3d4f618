"""manage.py evaluate_quality: how many damaged pictures the gates catch, and how many good ones."""

from __future__ import annotations

import json
import statistics
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track
from rich.table import Table

import integrations.sandbox
from generation.evaluation import GOOD, REALISTIC, SMALL, Case, Photo, evaluate, read_set
from generation.imaging.pixels import ImageRejected
from generation.reading import text_reader

_BUILT_IN = Path(integrations.sandbox.__file__).parent / "catalog" / "photos"
_SIDE = 1000
# A log file has no width of its own; this one holds every figure.
_LOG_WIDTH = 150
_EPILOG = """\
Each photograph is rendered by the real engine into good pictures, and faults are put into them:
colour, print, rim, size, sharpness, compression, text, place, parts, the product itself. Every
fault comes realistic and small (the magnitudes are in docs/quality.md).

  manage.py evaluate_quality                     the demo catalog's photographs
  manage.py evaluate_quality DIR                 your own: DIR/manifest.json lists {"image", "mask"}
  manage.py evaluate_quality --limit 4 --json -  four photographs, figures as JSON
  manage.py evaluate_quality --json F --resume   go on with an interrupted run

A photograph takes about 10 seconds of one core, and its cut-out by the networks 5 more.
"""


class Command(BaseCommand):
    """Print recall for each kind of fault, precision for each gate, and the false alarms."""

    requires_system_checks = ()
    help = "Measure how well verification tells good pictures from damaged ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a folder, a number of photographs and a place for the figures."""
        parser.epilog = _EPILOG
        parser.add_argument(
            "folder",
            nargs="?",
            metavar="DIR",
            help='holds manifest.json, a list of {"image": path, "mask": path}; a photograph '
            "without a mask is cut out by the networks (default: the demo catalog)",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="take the first N photographs")
        parser.add_argument(
            "--json",
            metavar="FILE",
            help='write every figure there, after each photograph; "-" prints them at the end',
        )
        parser.add_argument(
            "--resume",
            action="store_true",
            help="go on where an interrupted run with the same --json FILE ended",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        photos = _photos(options["folder"])[: options["limit"]]
        if len(photos) < 2:
            raise CommandError("Give at least two photographs: one is the other's wrong product.")
        wants_json = options["json"] == "-"
        stream = cast("IO[str]", self.stderr if wants_json else self.stdout)
        console = Console(file=stream)
        if not console.is_terminal:
            console = Console(file=stream, width=_LOG_WIDTH)
        reader = text_reader()
        if reader is None:
            console.print("Text is not read: run manage.py fetch_model text-finder text-reader.")
        kept = Path(options["json"]) if options["json"] and not wants_json else None
        if options["resume"] and kept is None:
            raise CommandError("--resume needs the --json FILE of the run to go on with.")
        cases = _read_cases(kept) if options["resume"] and kept and kept.exists() else []
        figures = summarise(_run(photos, cases, reader, console, kept))
        console.print(_kinds_table(figures))
        console.print(_gates_table(figures))
        console.print(_line(figures))
        if wants_json:
            self.stdout.write(json.dumps(figures, indent=1))


def _photos(folder: str | None) -> list[Photo]:
    if folder is None:
        return [Photo(path.stem, path) for path in sorted(_BUILT_IN.glob("*.jpg"))]
    try:
        return read_set(Path(folder))
    except ValueError as error:
        raise CommandError(str(error)) from error


def _read_cases(path: Path) -> list[Case]:
    try:
        cases = json.loads(path.read_text())["cases"]
        return [Case(**{**case, "failed": tuple(case["failed"])}) for case in cases]
    except (ValueError, TypeError, KeyError) as error:
        raise CommandError(f"{path} is not a file that --json wrote: {error}") from error


def _keep(path: Path, cases: list[Case]) -> None:
    detail = {**summarise(cases), "cases": [asdict(case) for case in cases]}
    path.write_text(json.dumps(detail, indent=1) + "\n")


def _run(
    photos: list[Photo], cases: list[Case], reader: Any, console: Console, kept: Path | None
) -> list[Case]:
    known = {case.photo for case in cases}
    judged = evaluate(photos, side=_SIDE, reader=reader, known=known)
    try:
        for of_one in track(judged, "Judging", total=len(photos) - len(known), console=console):
            cases += of_one
            if kept is not None:
                _keep(kept, cases)
    except (ImageRejected, OSError, ValueError) as error:
        raise CommandError(f"A photograph of the set cannot be used: {error}") from error
    return cases


def summarise(cases: Iterable[Case]) -> dict[str, Any]:
    """Give recall for each kind and magnitude, precision and recall for each gate, false alarms.

    A gate's recall is its share of the realistic faults; each is meant for some kinds only.
    """
    every = list(cases)
    good = [case for case in every if case.damage == GOOD]
    bad = [case for case in every if case.damage != GOOD]
    alarms = [case for case in good if case.is_caught]
    return {
        "photos": len({case.photo for case in every}),
        "good": len(good),
        "damaged": len(bad),
        "false_alarm_rate": _share(alarms, good),
        "false_alarms": [
            {"photo": case.photo, "preset": case.preset, "gates": list(case.failed)}
            for case in alarms
        ],
        "kinds": {
            kind: {
                magnitude: _recall([case for case in bad if _is(case, kind, magnitude)])
                for magnitude in (REALISTIC, SMALL)
            }
            for kind in dict.fromkeys(case.damage for case in bad)
        },
        "gates": _gates(good, bad),
        "seconds_median": round(statistics.median(case.seconds for case in every), 3),
    }


def _is(case: Case, kind: str, magnitude: str) -> bool:
    return case.damage == kind and case.magnitude == magnitude


def _recall(cases: list[Case]) -> dict[str, Any]:
    missed = [case for case in cases if not case.is_caught]
    return {
        "pictures": len(cases),
        "recall": None if not cases else round(1 - len(missed) / len(cases), 4),
        "missed": [case.photo for case in missed],
    }


def _gates(good: list[Case], bad: list[Case]) -> dict[str, dict[str, Any]]:
    """For each gate: of its alarms, how many were right; and the kinds it speaks at."""
    false, right = Counter[str](), Counter[str]()
    for case in good:
        false.update(set(case.failed))
    for case in bad:
        right.update(set(case.failed))
    realistic = [case for case in bad if case.magnitude == REALISTIC]
    kinds = dict.fromkeys(case.damage for case in realistic)
    return {
        gate: {
            "precision": round(right[gate] / (right[gate] + false[gate]), 4),
            "alarms": right[gate] + false[gate],
            "false": false[gate],
            "recall": {
                kind: _share(
                    [case for case in realistic if case.damage == kind and gate in case.failed],
                    [case for case in realistic if case.damage == kind],
                )
                for kind in kinds
            },
        }
        for gate in sorted(right.keys() | false.keys())
    }


def _share(part: list[Case], whole: list[Case]) -> float:
    return round(len(part) / len(whole), 4) if whole else 0.0


def _kinds_table(figures: dict[str, Any]) -> Table:
    table = Table("fault", "pictures", "recall", "missed", "small: recall", "small: missed")
    for kind, found in figures["kinds"].items():
        real, small = found[REALISTIC], found[SMALL]
        table.add_row(
            kind,
            str(real["pictures"]),
            _percent(real["recall"]),
            " ".join(real["missed"]),
            _percent(small["recall"]),
            " ".join(small["missed"]),
        )
    return table


def _gates_table(figures: dict[str, Any]) -> Table:
    table = Table("gate", "precision", "alarms", "false", "recall by kind of fault (realistic)")
    for gate, found in figures["gates"].items():
        spoken = (f"{kind} {share:.0%}" for kind, share in found["recall"].items() if share)
        table.add_row(
            gate,
            _percent(found["precision"]),
            str(found["alarms"]),
            str(found["false"]),
            ", ".join(spoken),
        )
    return table


def _line(figures: dict[str, Any]) -> str:
    return (
        f"{figures['good']} good and {figures['damaged']} damaged pictures of "
        f"{figures['photos']} photographs; false alarms {figures['false_alarm_rate']:.1%}; "
        f"{figures['seconds_median']} s a picture."
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
