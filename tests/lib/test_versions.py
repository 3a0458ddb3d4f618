"""Versions of rows: every change that somebody could see counts, and no other."""

from __future__ import annotations

import pytest
from django.utils import timezone

from generation.models import Generation
from tests.factories import make_generation

pytestmark = pytest.mark.django_db


def test_it_counts_an_update_that_somebody_could_see() -> None:
    row = make_generation()
    Generation.objects.filter(pk=row.pk).update(error_message="no")
    changed = Generation.objects.get(pk=row.pk)

    assert changed.version == row.version + 1
    assert changed.updated_at > row.updated_at


def test_it_does_not_count_a_lease() -> None:
    row = make_generation()
    Generation.objects.filter(pk=row.pk).update(lease_owner="me", lease_until=timezone.now())

    assert Generation.objects.get(pk=row.pk).version == row.version


def test_it_counts_a_save_of_some_fields() -> None:
    row = make_generation()
    row.error_message = "no"
    row.save(update_fields=["error_message"])

    assert Generation.objects.get(pk=row.pk).version == 2
