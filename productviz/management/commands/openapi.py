"""`manage.py openapi`: renew docs/openapi.json from the views."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Writes the document, or with --check only compares."""

    help = "Renew docs/openapi.json, the document of the REST API."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --check."""
        parser.add_argument("--check", action="store_true", help="only say whether it is current")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Write or compare."""
        from productviz.api.openapi import document

        made = document.text()
        if not check:
            document.PATH.write_text(made)
        elif document.PATH.read_text() != made:
            raise SystemExit("docs/openapi.json is not current: run `manage.py openapi`.")
