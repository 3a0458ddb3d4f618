"""Faults that wait for their moment: armed, struck a set number of times, gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(slots=True)
class Strike:
    """What every fault has: its kind, how often it strikes, and how many it lets pass first.

    `count` None strikes for ever.
    """

    kind: str
    count: int | None = 1
    after: int = 0


One = TypeVar("One", bound=Strike)


class Waiting(Generic[One]):
    """The armed faults of one store."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self._waiting: list[One] = []
        self._lock = threading.Lock()

    def arm(self, fault: One) -> None:
        """Arm a fault; raise ValueError for a kind that does not exist."""
        if fault.kind not in self._kinds:
            known = ", ".join(self._kinds)
            raise ValueError(f"There is no fault {fault.kind!r}; choose one of {known}.")
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[One]:
        """Return the armed faults."""
        with self._lock:
            return list(self._waiting)

    def strike(self, kind: str, matches: Callable[[One], bool]) -> One | None:
        """Use up one strike of a fault of this kind that matches."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind != kind or not matches(fault):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    return None
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._waiting.remove(fault)
                return fault
        return None
