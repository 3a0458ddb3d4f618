"""A customer's webhook receiver over real HTTP: answers badly now and then, forgets nothing."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTY = 0.1  # of the deliveries are answered with a 500, or not at all


class Receiver:
    """What arrived: how often each event was taken (``ids``), and how often one was turned away."""

    def __init__(self, seed: int) -> None:
        self.ids: Counter[str] = Counter()
        self._turned_away: set[str] = set()
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/hooks"

    @property
    def refused(self) -> int:
        """How many deliveries were turned away."""
        return len(self._turned_away)

    def take(self, event: str) -> bool:
        """Note one delivery; False to turn it away."""
        with self._lock:
            # Once each: the second further try is five minutes away.
            if self._dice.random() < FAULTY and event not in self._turned_away:
                self._turned_away.add(event)
                return False
            self.ids[event] += 1
            return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                taken = receiver.take(self.headers["webhook-id"])
                self.send_response(204 if taken else 500)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def receiver(seed: int) -> Iterator[Receiver]:
    """One that listens while the block runs."""
    one = Receiver(seed)
    thread = threading.Thread(target=one.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.server.shutdown()
        thread.join()
