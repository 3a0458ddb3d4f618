"""A real HTTP receiver on loopback: it answers as told and keeps what it was sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

Answer = Callable[[BaseHTTPRequestHandler, "Hook"], None]


@dataclass(frozen=True, slots=True)
class Hook:
    """One request as it arrived."""

    headers: dict[str, str]
    body: bytes = field(repr=False)
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """The body, read."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verify(self, secret: str) -> dict[str, Any]:
        """As a customer's server verifies it; raises if the signature is wrong."""
        return dict(Webhook(secret).verify(self.body, self.headers))


def echo(handler: BaseHTTPRequestHandler, hook: Hook) -> None:
    """200: what a good receiver says."""
    say(handler, 200, b"ok")


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """A whole answer."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer that is always the same."""
    return lambda handler, hook: say(handler, code, body, **headers)


class Together:
    """Counts the requests in hand; leave it before answering: the next one follows at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()

    def __enter__(self) -> int:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            return self.now

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self.now -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hung up is no news."""


class Receiver:
    """Listens until closed; ``answer`` may be exchanged at any time."""

    def __init__(self, answer: Answer = echo, host: str = "127.0.0.1") -> None:
        self.answer = answer
        self.hooks: list[Hook] = []
        self._lock = threading.Lock()
        self._server = _Server((host, 0), self._handler())
        self.host, self.port = host, self._server.server_address[1]
        self.url = f"http://{host}:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        hook = Hook(headers, body, time.perf_counter())
        with self._lock:
            self.hooks.append(hook)
        self.answer(handler, hook)

    @property
    def events(self) -> list[Hook]:
        """What came besides pings."""
        return [hook for hook in self.hooks if hook.event["type"] != "ping"]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
