"""How long a model that is loaded goes before others: changing models takes seconds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

# So many pictures, or so long, while another one is waited for.
MOST_IN_A_ROW, LONGEST_RUN = 32, 5.0


@dataclass(slots=True)
class Favour:
    """The key that was painted last, and how long others have stood back for it."""

    key: str = ""
    painted: int = 0
    since: float = 0.0

    def choose(self, keys: Sequence[str]) -> str:
        """Whose turn it is among the keys that wait, the longest waiting first."""
        others = [key for key in keys if key != self.key]
        if not others or not self.painted:
            self.painted, self.since = 0, time.monotonic()
        is_over = self.painted >= MOST_IN_A_ROW or time.monotonic() - self.since >= LONGEST_RUN
        # Once it is over the longest waiting goes, not just any other: that may be this key's own.
        return self.key if self.key in keys and not (others and is_over) else keys[0]

    def note(self, key: str, count: int) -> None:
        """So many of a key go to the painter."""
        if key != self.key:
            self.key, self.painted, self.since = key, 0, time.monotonic()
        self.painted += count
