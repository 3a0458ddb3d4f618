"""Twenty receivers on loopback addresses of their own, some of which never answer.

`python -m tests.bench.webhook_receivers --hang 3` prints their addresses as JSON; a line on its
standard input ends it, and it prints how old each event was that arrived at those that answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from datetime import datetime

RECEIVERS = 20
PORT = 8443
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: ([0-9]+)\r\n")


class Ages:
    """When each event arrived, beside when it was written."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.first = self.last = 0.0

    def note(self, host: str, body: bytes) -> None:
        """Count one event."""
        now = time.time()
        written = datetime.fromisoformat(json.loads(body)["timestamp"]).timestamp()
        self.seconds.setdefault(host, []).append(now - written)
        self.first, self.last = self.first or now, now


async def _serve(host: str, ages: Ages, *, hangs: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                body = await reader.readexactly(int(found[1]) if found else 0)
                if hangs:
                    await asyncio.sleep(3600)
                ages.note(host, body)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    await asyncio.start_server(answer, host, PORT, backlog=256)


async def _run(hang: int) -> None:
    ages = Ages()
    hosts = [f"127.0.1.{number}" for number in range(1, RECEIVERS + 1)]
    for number, host in enumerate(hosts):
        await _serve(host, ages, hangs=number < hang)
    print(json.dumps([f"http://{host}:{PORT}/" for host in hosts]), flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.readline)
    print(  # noqa: T201
        json.dumps({"ages": ages.seconds, "seconds": ages.last - ages.first}), flush=True
    )


def main() -> None:
    """Listen until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hang", type=int, default=0)
    asyncio.run(_run(parser.parse_args().hang))


if __name__ == "__main__":
    main()
