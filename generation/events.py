"""Writes Event rows beside the state changes they tell of, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from generation.models import Event, Generation


def record(generation: Generation, kind: str, data: Mapping[str, Any] | None = None) -> None:
    """Add ``generation.<kind>`` to the generation's history."""
    last = Event.objects.filter(object_id=generation.pk).aggregate(last=Max("sequence"))["last"]
    Event.objects.create(
        workspace_id=generation.workspace_id,
        type=f"generation.{kind}",
        object_id=generation.pk,
        sequence=(last or 0) + 1,
        data={"generation": generation.public_id, **(data or {})},
    )
