"""Sign-in rules: people are invited, nobody signs up by themselves."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from productviz.accounts.models import is_platforms


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes public sign-up; `manage.py new_user` or an owner's invitation makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: this is a shop's own installation."""
        return False

    def clean_email(self, email: str) -> str:
        """Whoever had a platform's address would be the person that the platform names."""
        if is_platforms(email):
            raise ValidationError("No mail is delivered to this address. Enter another one.")
        return str(super().clean_email(email))
