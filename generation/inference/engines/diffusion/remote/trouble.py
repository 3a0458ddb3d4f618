"""What a serving system could not paint lately, by task, and when it is worth asking again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from generation.inference.engines.diffusion.ask import Answer, Painted, Task
from generation.inference.engines.diffusion.doubling import doubled

FIRST_SECONDS, LONGEST_SECONDS = 10.0, 300.0


@dataclass(slots=True)
class _Trouble:
    """Of one task: why, how many times since a picture was last painted, and until when."""

    reason: str = ""
    count: int = 0
    until: float = 0.0
    is_late: bool = False

    def note(self, reason: str, wish: float = 0.0) -> None:
        wait = max(doubled(FIRST_SECONDS, self.count, LONGEST_SECONDS), wish)
        self.reason, self.count, self.until = reason, self.count + 1, time.monotonic() + wait


class Troubles:
    """Fed with every answer; several threads may. A check that passes ends one, not its memory.

    A system may well take our key and still paint nothing (an account without credit), so each
    trouble after the first, with no picture between, lasts twice as long; or as long as it asked to
    be left alone.
    """

    def __init__(self) -> None:
        self._of: dict[Task, _Trouble] = {}
        self._lock = threading.Lock()

    def reasons(self) -> dict[Task, str]:
        """Why nothing of a task is painted, as last known; asks nobody."""
        with self._lock:
            return {task: one.reason for task, one in self._of.items() if one.reason}

    def noted(self, task: Task, answer: Answer) -> Answer:
        """The answer; one that is late again, with no picture between, is the system's fault."""
        with self._lock:
            if isinstance(answer, Painted):
                self._of.pop(task, None)
                return answer
            one = self._of.setdefault(task, _Trouble())
            if answer.code == "model_timeout":
                answer = replace(answer, is_down=answer.is_down or one.is_late)
                one.is_late = True
            if answer.is_down and not one.reason:
                one.note(answer.message, answer.after or 0.0)
            return answer

    def look(self, ask: Callable[[Task], str | None]) -> None:
        """Have those tasks asked for whose time has come; ``ask`` says what is still wrong."""
        now = time.monotonic()
        with self._lock:
            due = [task for task, one in self._of.items() if one.reason and one.until <= now]
        for task in due:
            reason = ask(task)
            with self._lock:
                one = self._of.setdefault(task, _Trouble())
                if reason:
                    one.note(reason)
                else:
                    one.reason = ""
