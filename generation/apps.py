"""From a request to a delivered image; connects the one upward notice of the storefront side."""

from __future__ import annotations

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    """The generation app."""

    name = "generation"

    def ready(self) -> None:
        """Listen for "this product's inputs changed"."""
        from generation.automations import on_catalog_changed
        from integrations.catalog import catalog_changed

        catalog_changed.connect(on_catalog_changed, dispatch_uid="generation.automations")
