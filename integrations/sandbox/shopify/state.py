"""The running server: its app, its shops, its clock, one lock, and what lives as long as it does.

Handlers hold `lock` while they change rows and never while they talk to another server.
Persistence is one JSON file, replaced whole after each write.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from .registration import AppRegistration
from .tables import Json, Shop, Tables, User

_TABLES = TypeAdapter(Tables)
DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


@dataclass(frozen=True, slots=True)
class Write:
    """One mutation that was executed: its field, arguments and the user errors it gave."""

    shop: str
    mutation: str
    arguments: Json
    errors: list[str]


@dataclass(slots=True)
class Bucket:
    """A shop's leaky bucket of query points."""

    available: float
    at: float


@dataclass(slots=True)
class State:
    """All that one sandbox knows."""

    folder: Path
    app: AppRegistration
    home: str = ""
    persistent: bool = False
    now: Callable[[], float] = time.time
    processing_seconds: float = 0.5
    job_seconds: float = 0.2
    bulk_seconds: float = 0.2
    webhook_delay: float = 0.0
    bucket_size: float = 2000.0
    restore_rate: float = 100.0
    tables: Tables = field(default_factory=Tables)
    lock: threading.RLock = field(default_factory=threading.RLock)
    sessions: dict[str, tuple[str, int]] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    delivered: list[Json] = field(default_factory=list)

    @property
    def uploads(self) -> Path:
        """The folder of the files' contents, staged or published."""
        return self.folder / "uploads"

    @property
    def results(self) -> Path:
        """The folder of the bulk operations' JSONL files."""
        return self.folder / "bulk"

    @property
    def _file(self) -> Path:
        return self.folder / "shopify.json"

    def load(self) -> bool:
        """Read the tables of an earlier run; False where there was none."""
        for folder in (self.uploads, self.results):
            folder.mkdir(parents=True, exist_ok=True)
        if not self._file.exists():
            return False
        self.tables = _TABLES.validate_json(self._file.read_bytes())
        return True

    def save(self) -> None:
        """Replace the stored tables, if this sandbox is kept at all."""
        if not self.persistent:
            return
        with self.lock:
            part = self._file.with_suffix(".part")
            part.write_bytes(_TABLES.dump_json(self.tables))
            os.replace(part, self._file)

    def new_id(self) -> int:
        """Return the next number; all kinds of rows draw from one counter."""
        with self.lock:
            number = self.tables.next_id
            self.tables.next_id += 1
            return number

    def add_shop(self, domain: str, *, name: str = "", currency: str = "EUR") -> Shop:
        """Open a shop with its owner and one member of staff.

        Raises ValueError for a name that is not `something.myshopify.com`.
        """
        if not DOMAIN.fullmatch(domain):
            raise ValueError(f"{domain!r} is no shop's name; it must end in .myshopify.com.")
        label = domain.removesuffix(".myshopify.com")
        shop = Shop(self.new_id(), domain, name or label.replace("-", " ").title(), currency)
        for login in ("admin", "staff"):
            number = self.new_id()
            email = f"{login}@{label}.example"
            shop.users[number] = User(number, login, f"{login}-pass-1", email)
        self.tables.shops[domain] = shop
        return shop


def iso(moment: float) -> str:
    """Write a time as the API does, in UTC with whole seconds."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def gid(kind: str, number: int | str) -> str:
    """Return the global id of a row."""
    return f"gid://shopify/{kind}/{number}"


def number_of(value: object, *kinds: str) -> int | None:
    """Return the number of a gid of one of these kinds, else None."""
    found = re.fullmatch(r"gid://shopify/(\w+)/(\d+)", str(value))
    return int(found[2]) if found and found[1] in kinds else None
