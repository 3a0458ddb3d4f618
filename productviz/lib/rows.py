"""Abstract rows that every app shares: public ids, versions and leases. No table of its own.

A lease is how work survives a killed worker: whoever holds ``lease_owner`` may write the result,
until ``lease_until``. See ``lease.py`` for claiming and settling.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import F
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


_Row = TypeVar("_Row", bound=models.Model)
# Written by workers to hold a row: nothing that anybody outside could see changes with them.
_UNSEEN = frozenset({"lease_owner", "lease_until", "attempt", "retries", "not_before"})


class VersionedQuerySet(models.QuerySet[_Row]):
    """Counts the version up with every update that somebody outside could see."""

    def update(self, **values: Any) -> int:
        """As Django's, with ``version`` and ``updated_at`` beside what is not a lease."""
        if not _UNSEEN.issuperset(values) and "version" not in values:
            values = {**values, "version": F("version") + 1, "updated_at": timezone.now()}
        return super().update(**values)


class VersionedManager(models.Manager[_Row]):
    """The manager of versioned rows."""

    def get_queryset(self) -> VersionedQuerySet[_Row]:
        """All rows, with updates that count."""
        return VersionedQuerySet(self.model, using=self._db)


class VersionedModel(models.Model):
    """A row that the API shows: its version tells two states of it apart (ETag, webhooks).

    ``metadata`` is the API client's own, echoed in answers and events.
    """

    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    metadata = models.JSONField(default=dict, blank=True)

    objects = VersionedManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's; a changed row gets the next version."""
        if not self._state.adding:
            self.version += 1
            self.updated_at = timezone.now()
            fields: Iterable[str] | None = kwargs.get("update_fields")
            if fields is not None:
                kwargs["update_fields"] = {*fields, "version", "updated_at"}
        super().save(*args, **kwargs)


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
