"""Measure figures, print a table, write bench.json (a list of rows, one a figure)."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.bench.figures import FIGURES, Row, noise

OUT = Path(__file__).resolve().parents[2] / "bench.json"


def main() -> None:
    """Run the figures whose names contain the given words."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--only",
        default="",
        help="measure figures whose name contains this, and keep the others as they are",
    )
    options = parser.parse_args()
    chosen = [figure for figure in FIGURES if options.only in figure.__name__]
    rows = [noise()]
    for figure in track(chosen, description="Measuring"):
        rows += figure()
    _print(rows)
    kept = _others(rows) if options.only else []
    OUT.write_text(json.dumps([*kept, *(asdict(row) for row in rows)], indent=1) + "\n")


def _others(rows: list[Row]) -> list[dict[str, Any]]:
    """What bench.json says of all other figures."""
    measured = {row.name for row in rows}
    return [row for row in json.loads(OUT.read_text()) if row["name"] not in measured]


def _print(rows: list[Row]) -> None:
    table = Table("Figure", "Value", "Unit", "Target", "Met", "How")
    for row in rows:
        met = "" if row.met is None else ("[green]yes[/]" if row.met else "[red]no[/]")
        target = "" if row.target is None else f"{row.target:g}"
        table.add_row(row.name, f"{row.value:g}", row.unit, target, met, row.how)
    Console().print(table)


if __name__ == "__main__":
    main()
