"""Who can paint, as the hosts themselves say, and the people whom merchants had painted."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from productviz.accounts.models import Workspace
from productviz.lib.rows import PublicIdModel, VersionedModel


class EngineHost(models.Model):
    """A process that paints: what it has, and what it serves. Written by itself every few seconds.

    ``serves`` lists "kind/line_up" pairs, ``missing`` why others are not served (the same pairs,
    with a sentence). ``loaded`` names the models in memory; bytes are of the device.
    """

    name = models.CharField(max_length=80, unique=True)
    device = models.CharField(max_length=120, blank=True, default="")
    memory_used = models.BigIntegerField(default=0)
    memory_total = models.BigIntegerField(default=0)
    loaded = models.JSONField(default=list)
    serves = models.JSONField(default=list)
    missing = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Person(PublicIdModel, VersionedModel):
    """A virtual model, kept the same over a catalog by a portrait; never a real person's.

    ``portrait`` is the SHA-256 of the painted picture that every later one refers to (place
    ``originals``); empty until the ``first`` one is delivered, which goes ahead alone
    (``generation.first_pictures``). ``description`` is in words, ``seed`` its own.
    """

    PREFIX = "per"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="people")
    name = models.CharField(max_length=80)
    description = models.TextField(max_length=600)
    seed = models.PositiveBigIntegerField(default=0)
    portrait = models.CharField(max_length=64, blank=True, default="")
    first = models.ForeignKey(
        "generation.Generation",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=models.Q(archived_at=None),
                name="one_person_a_name",
            )
        ]

    def __str__(self) -> str:
        return self.name
