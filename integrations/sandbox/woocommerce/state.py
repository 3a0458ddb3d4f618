"""The running store: its tables, its clock, one lock, and what only lives as long as the process.

Handlers hold `lock` while they change rows and never while they talk to another server.
Persistence is one JSON file, replaced whole after each write.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from .policy import Policy
from .tables import ApiKey, AppPassword, Category, Json, Product, Tables, User

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"
UNCATEGORIZED = 15
_TABLES = TypeAdapter(Tables)


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changed something, as it arrived."""

    method: str
    path: str
    body: object
    status: int


@dataclass(slots=True)
class State:
    """All that one simulated store knows."""

    folder: Path
    policy: Policy
    home: str = ""
    persistent: bool = False
    webhook_delay: float = 1.0
    now: Callable[[], float] = time.time
    tables: Tables = field(default_factory=Tables)
    lock: threading.RLock = field(default_factory=threading.RLock)
    nonces: dict[str, float] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    delivered: list[Json] = field(default_factory=list)

    @property
    def uploads(self) -> Path:
        """The folder served under /wp-content/uploads/."""
        return self.folder / "uploads"

    @property
    def _file(self) -> Path:
        return self.folder / "store.json"

    def load(self) -> bool:
        """Read the tables of an earlier run; False where there was none."""
        if not self._file.exists():
            return False
        self.tables = _TABLES.validate_json(self._file.read_bytes())
        return True

    def save(self) -> None:
        """Replace the stored tables, if this store is kept at all."""
        if not self.persistent:
            return
        with self.lock:
            data = _TABLES.dump_json(self.tables)
            part = self._file.with_suffix(".part")
            part.write_bytes(data)
            os.replace(part, self._file)

    def stamps(self) -> tuple[str, str]:
        """Return this second in GMT and in the store's time zone."""
        moment = datetime.fromtimestamp(int(self.now()), UTC)
        return moment.strftime(TIME_FORMAT), self.local(moment.strftime(TIME_FORMAT))

    def local(self, gmt: str) -> str:
        """Convert a GMT stamp to the store's present time zone."""
        moment = datetime.strptime(gmt, TIME_FORMAT).replace(tzinfo=UTC)
        return moment.astimezone(ZoneInfo(self.tables.timezone)).strftime(TIME_FORMAT)

    def new_post_id(self) -> int:
        """Products and attachments draw from one counter, as posts do."""
        with self.lock:
            number = self.tables.next_post_id
            self.tables.next_post_id += 1
            return number

    def new_meta_id(self) -> int:
        """Return the next free meta row id."""
        with self.lock:
            number = self.tables.next_meta_id
            self.tables.next_meta_id += 1
            return number

    def touch(self, product: Product) -> None:
        """Raise the modification time, also where nothing differs (measured)."""
        product.modified_gmt, product.modified_local = self.stamps()
        # A save also rewrites the local creation date in the zone of the day.
        product.created_local = self.local(product.created_gmt)

    def variations(self, product: Product) -> list[Product]:
        """Return the live variations of a product, in menu order."""
        found = [
            row
            for row in self.tables.products.values()
            if row.parent_id == product.id and row.type == "variation" and row.status != "trash"
        ]
        return sorted(found, key=lambda row: (int(str(row.fields.get("menu_order", 0))), row.id))

    def user_named(self, login: str) -> User | None:
        """Find a user by log-in name."""
        return next((u for u in self.tables.users.values() if u.login == login), None)

    def create_key(
        self, user: User, *, permissions: str = "read_write", description: str = "Sandbox"
    ) -> ApiKey:
        """Issue a consumer key pair of the real shape (ck_/cs_ + 40 hex digits)."""
        with self.lock:
            key = ApiKey(
                id=self.tables.next_key_id,
                user_id=user.id,
                description=description,
                permissions=permissions,
                consumer_key=f"ck_{secrets.token_hex(20)}",
                consumer_secret=f"cs_{secrets.token_hex(20)}",
            )
            self.tables.next_key_id += 1
            self.tables.keys[key.id] = key
            return key

    def create_app_password(self, user: User, *, name: str, app_id: str = "") -> AppPassword:
        """Issue a 24-character application password."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        with self.lock:
            row = AppPassword(
                uuid=str(uuid.uuid4()),
                user_id=user.id,
                name=name,
                app_id=app_id,
                password="".join(secrets.choice(alphabet) for _ in range(24)),
                created=self.stamps()[0],
            )
            self.tables.app_passwords[row.uuid] = row
            return row


def install(state: State) -> None:
    """Fill a new store with its users and the default category."""
    people = (("admin", "administrator"), ("shopman", "shop_manager"), ("buyer", "customer"))
    for number, (login, role) in enumerate(people, start=1):
        password = f"{login}-pass-1"
        state.tables.users[number] = User(number, login, password, role)
    state.tables.categories[UNCATEGORIZED] = Category(
        UNCATEGORIZED, "Uncategorized", "uncategorized"
    )
