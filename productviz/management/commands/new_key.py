"""`manage.py new_key`: a key for PRODUCTVIZ_CREDENTIAL_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from productviz.lib.crypto import generate_key


class Command(BaseCommand):
    """Print a fresh key."""

    help = "Print a new key for PRODUCTVIZ_CREDENTIAL_KEYS (put it first, keep the old ones)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(generate_key())
