"""`manage.py sweep`: free what no row refers to, now, and say what that was."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from generation import retention
from generation.assets.sweep import GRACE, REMOVED, SET_ASIDE, Tally, sweep


class Command(BaseCommand):
    """Sweep every place once; safe beside running workers, and to break off."""

    help = (
        "Retire the rows whose time is over, set aside the files that no row refers to, and remove "
        f"those that have lain aside for {GRACE.days} days. The workers do it daily."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to look only."""
        parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")
        parser.add_argument(
            "--deleted-workspaces",
            action="store_true",
            help="also free what belongs to no workspace of this database; never where another "
            "installation shares the bucket",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, then print tables of what was done."""
        tally = Tally()
        console = Console(file=self.stdout)  # type: ignore[arg-type]  # has what Console needs
        _retire(console, dry_run=options["dry_run"])
        with console.status("Looking through storage ..."):
            for _step in sweep(
                timezone.now(),
                tally,
                dry_run=options["dry_run"],
                strangers=options["deleted_workspaces"],
            ):
                pass
        if not tally.files:
            console.print("Every file is referred to, or too young to judge.")
            return
        console.print(_table(tally))
        verb = "would be" if options["dry_run"] else "were"
        for deed in (SET_ASIDE, REMOVED):
            files, size = tally.total(deed)
            console.print(f"Files that {verb} {deed}: {files} ({filesizeformat(size)}).")


def _retire(console: Console, *, dry_run: bool) -> None:
    """Show the rows whose time is over, and retire them; their files are free from then on."""
    now = timezone.now()
    over = list(retention.overdue(now))
    if not over:
        return
    table = Table("Time is over for")
    table.add_column("Rows", justify="right")
    for what, count in over:
        table.add_row(what, str(count))
    console.print(table)
    if dry_run:
        console.print("They would be retired, and then what only they need: photographs and files.")
        return
    while retention.step(now):
        pass


def _table(tally: Tally) -> Table:
    table = Table("Place", "What", "Becomes")
    for title in ("Files", "Size"):
        table.add_column(title, justify="right")
    for entry, count in sorted(tally.files.items()):
        table.add_row(*entry, str(count), filesizeformat(tally.bytes[entry]))
    return table
