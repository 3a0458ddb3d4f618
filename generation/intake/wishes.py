"""What one request asks for beside its product, its preset and its photographs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Wishes:
    """A request's own wishes; what is left out is as the preset and the installation have it.

    ``overrides`` replaces parts of the recipe and is checked by the caller. ``audience`` narrows
    who is told (see ``outbox.models.Event``). ``is_test`` marks the picture all over.
    """

    overrides: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    deadline: datetime | None = None
    audience: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    is_test: bool = False

    def columns(self) -> dict[str, Any]:
        """The columns of the row that hold them."""
        return {
            "overrides": dict(self.overrides),
            "seed": self.seed,
            "deadline": self.deadline,
            "audience": dict(self.audience),
            "metadata": dict(self.metadata),
            "is_test": self.is_test,
        }


NO_WISHES = Wishes()
