"""`manage.py make_certificate`: the certificate with which this installation signs its files."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.provenance.content_credentials import is_installed
from generation.provenance.installation import current_certificate, replace_certificate


class Command(BaseCommand):
    """Make, show or replace the signing certificate."""

    help = "Make the certificate that signs finished files (Content Credentials), or show it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Without an option an existing certificate is kept."""
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--show", action="store_true", help="Only show the one in use.")
        choice.add_argument("--replace", action="store_true", help="Make a new one and use it.")

    def handle(self, *args: Any, show: bool, replace: bool, **options: Any) -> None:
        """Say in the end which certificate is in use."""
        facts = current_certificate()
        if not show and (facts is None or replace):
            facts = replace_certificate()
        if facts is None:
            self.stdout.write("There is none yet; the first signed file makes it.")
            return
        self.stdout.write(f"{facts.name}\nvalid until {facts.valid_until:%Y-%m-%d}")
        self.stdout.write(f"SHA-256 {facts.fingerprint}")
        self.stdout.write("Shown to others as: signed; the issuer is not on a trust list.")
        if not is_installed():
            self.stdout.write("Files are not signed yet: install the extra “provenance”.")
