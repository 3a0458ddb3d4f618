"""Who may ask: users, workspaces, memberships, API keys."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The accounts app."""

    name = "productviz.accounts"
    label = "accounts"
