"""What happened, in the words that webhooks will carry; written with the state change itself."""

from __future__ import annotations

from django.db import models

from productviz.accounts.models import Workspace
from productviz.lib.rows import PublicIdModel


class Event(PublicIdModel):
    """One change of one object; ``sequence`` orders the events of an object."""

    PREFIX = "evt"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=60)
    object_id = models.UUIDField()
    sequence = models.PositiveIntegerField()
    data = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["object_id", "sequence"], name="event_history")]

    def __str__(self) -> str:
        return f"{self.type} {self.sequence}"
