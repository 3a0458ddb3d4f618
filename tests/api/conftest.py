"""Two workspaces with a row of every kind that the API knows, made once a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.api.world import World, make_world


@pytest.fixture(scope="module")
def worlds(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[World, World]]:
    """Ours and a stranger's. A test's own changes are rolled back, and these after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world("Ours"), make_world("Theirs")
        transaction.set_rollback(True)
