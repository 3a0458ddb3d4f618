"""The daily look for files that no row refers to, and how far it is."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from productviz.lib.rows import LeasedModel, PublicIdModel


class FileSweep(PublicIdModel, LeasedModel):
    """One sweep over storage; ``place`` and ``cursor`` let a killed one go on where it was.

    ``place`` is empty while rows whose time is over are ``retired``. The others are files and
    bytes.
    """

    PREFIX = "fsw"

    place = models.CharField(max_length=10, blank=True, default="")
    cursor = models.CharField(max_length=300, blank=True, default="")
    retired = models.PositiveBigIntegerField(default=0)
    set_aside = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    bytes_removed = models.PositiveBigIntegerField(default=0)
    brought_back = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(finished_at=None), name="one_file_sweep_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"sweep of files at {self.place} {self.cursor}"
