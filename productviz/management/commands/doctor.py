"""`manage.py doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from productviz.health import findings

_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


class Command(BaseCommand):
    """Check the installation."""

    help = "Look at everything the product needs; exits 1 if something is broken."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a table of findings."""
        table = Table("", "What", "How it is", "What to do")
        found = list(findings())
        for finding in found:
            colour = _COLOURS[finding.level]
            table.add_row(
                f"[{colour}]{finding.level}[/]",
                finding.name,
                escape(finding.message),
                escape(finding.fix),
            )
        Console().print(table)
        if any(finding.level == "error" for finding in found):
            sys.exit(1)
