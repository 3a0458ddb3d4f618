"""Two workspaces full of rows, made once a module, and a signed-in client for a role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from tests.dashboard.rows import Seed
from tests.dashboard.seed import seed

SignIn = Callable[[str], Client]


@dataclass(frozen=True, slots=True)
class Two:
    """The workspace under test, and a stranger's."""

    ours: Seed
    theirs: Seed


@pytest.fixture(scope="module")
def two(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Two]:
    """Both workspaces; each test's own changes are rolled back, and these after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Two(seed(), seed("Other"))
        transaction.set_rollback(True)


@pytest.fixture
def sign_in(two: Two, db: None) -> SignIn:
    """A function that gives a client signed in with a role of our workspace."""

    def as_role(role: str) -> Client:
        client = Client()
        client.force_login(two.ours.users[role])
        return client

    return as_role
