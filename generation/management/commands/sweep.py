"""`manage.py sweep`: free what no row refers to, now, and say what that was."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from generation.assets.sweep import GRACE, REMOVED, SET_ASIDE, Tally, sweep


class Command(BaseCommand):
    """Sweep every place once; safe beside running workers, and to break off."""

    help = (
        "Set aside the files that no row refers to, and remove those that have lain aside for "
        f"{GRACE.days} days. The workers do it daily."
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
        """Sweep, then print a table of what was done."""
        tally = Tally()
        console = Console(file=self.stdout)  # type: ignore[arg-type]  # has what Console needs
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


def _table(tally: Tally) -> Table:
    table = Table("Place", "What", "Becomes")
    for title in ("Files", "Size"):
        table.add_column(title, justify="right")
    for entry, count in sorted(tally.files.items()):
        table.add_row(*entry, str(count), filesizeformat(tally.bytes[entry]))
    return table
