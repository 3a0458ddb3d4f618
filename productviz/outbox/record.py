"""Write events beside the state changes they tell of, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from productviz.outbox.models import Event
from productviz.outbox.wants import PING, TYPES


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell: the object as the API shows it, thin, and its version after the change."""

    type: str
    workspace_id: uuid.UUID
    object_id: uuid.UUID
    version: int
    object: Mapping[str, Any]
    store_id: uuid.UUID | None = None
    previous: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    audience: Mapping[str, Any] = field(default_factory=dict)


def record(*told: Told) -> None:
    """Add the events to the outbox; they are sent once the transaction commits.

    Raises ValueError for a type that nobody could have asked for.
    """
    if unknown := {one.type for one in told} - TYPES - {PING}:
        raise ValueError(f"No such types of events: {sorted(unknown)}.")
    Event.objects.bulk_create(
        Event(
            workspace_id=one.workspace_id,
            store=one.store_id,
            type=one.type,
            object_id=one.object_id,
            sequence=one.version,
            data={"object": dict(one.object), "previous": dict(one.previous), **one.detail},
            audience=dict(one.audience),
        )
        for one in told
    )
