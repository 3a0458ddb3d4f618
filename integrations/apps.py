"""Everything about storefronts, nothing about images."""

from __future__ import annotations

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The storefront side."""

    name = "integrations"
