"""The app of what happened and of who is told."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Events, webhook endpoints and deliveries."""

    name = "productviz.outbox"
    label = "outbox"
