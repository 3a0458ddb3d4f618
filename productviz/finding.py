"""What a look at one part of the installation found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and the fix where it is not well."""

    name: str
    level: Level
    message: str
    fix: str = ""
