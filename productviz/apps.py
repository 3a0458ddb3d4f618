"""The wiring app: commands that need everything (demo, doctor) and nothing else."""

from __future__ import annotations

from django.apps import AppConfig


class ProductvizConfig(AppConfig):
    """Registers the wiring's management commands."""

    name = "productviz"
    label = "wiring"
