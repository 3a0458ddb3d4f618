"""Sign-in rules: people are invited, nobody signs up by themselves."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes public sign-up; `manage.py new_user` or an owner's invitation makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: this is a shop's own installation."""
        return False
