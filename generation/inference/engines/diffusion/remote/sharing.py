"""Who of this process waits for which work of a serving system: equal asks share one."""

from __future__ import annotations

import threading


class Shared:
    """Counts who waits by the name of the work, so that none takes back what another waits for."""

    def __init__(self) -> None:
        self._waiting: dict[str, int] = {}
        self._sent: dict[str, str] = {}
        self._lock = threading.Lock()

    def join(self, name: str) -> None:
        """One more waits; to be told before anybody looks for the work."""
        with self._lock:
            self._waiting[name] = self._waiting.get(name, 0) + 1

    def sent(self, name: str, as_id: str) -> None:
        """The work was sent from here, and goes by an id that may be another than its name."""
        with self._lock:
            self._sent[name] = as_id

    def leave(self, name: str) -> str | None:
        """One waits no more; the id of what was sent from here, once nobody does."""
        with self._lock:
            self._waiting[name] -= 1
            if self._waiting[name]:
                return None
            del self._waiting[name]
            return self._sent.pop(name, None)
