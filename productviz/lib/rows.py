"""Abstract rows that every app shares: public ids and leases. No table of its own.

A lease is how work survives a killed worker: whoever holds ``lease_owner`` may write the result,
until ``lease_until``. See ``lease.py`` for claiming and settling.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from productviz.lib.ids import public_id, uuid7


class PublicIdModel(models.Model):
    """A row known outside by a prefixed, time-ordered, unguessable id."""

    PREFIX: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        """The id that URLs, the API and webhooks show."""
        return public_id(self.PREFIX, self.id)


class LeasedModel(models.Model):
    """A row that workers claim.

    ``attempt`` counts claims without progress, so that a crash counts; ``retries`` counts the times
    that work was put off (a store that was down).
    """

    lease_owner = models.CharField(max_length=40, blank=True, default="", editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempt = models.PositiveSmallIntegerField(default=0, editable=False)
    retries = models.PositiveSmallIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
