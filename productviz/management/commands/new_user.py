"""`manage.py new_user EMAIL`: a person, a workspace and the built-in presets."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from generation.presets import ensure_built_in
from productviz.accounts.models import Membership, Role, User, Workspace


class Command(BaseCommand):
    """Create the first (or another) person who can sign in."""

    help = "Create a user with a workspace of their own, or add them to an existing one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, where, and as what."""
        parser.add_argument("email")
        parser.add_argument("--workspace", default="My shop", help="Made if it does not exist.")
        parser.add_argument("--role", choices=Role.values, default=Role.OWNER)
        parser.add_argument("--password", help="Asked for if not given.")
        parser.add_argument("--operator", action="store_true", help="May use the Django admin.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing; refuse an e-mail address that is taken."""
        email = options["email"].lower()
        if User.objects.filter(email=email).exists():
            raise CommandError(f"There is a user {email} already.")
        password = options["password"] or getpass.getpass("Password: ")
        operator = options["operator"]
        user = User.objects.create_user(email, password, is_staff=operator, is_superuser=operator)
        workspace, _ = Workspace.objects.get_or_create(name=options["workspace"])
        Membership.objects.create(workspace=workspace, user=user, role=options["role"])
        ensure_built_in(workspace)
        self.stdout.write(f"{email} can sign in and is {options['role']} of “{workspace}”.")
