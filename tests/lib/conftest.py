"""Real listeners on loopback for the tests of the outbound door."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Answer = bytes | Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers the n-th request with the n-th answer, the last one again and again."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answers, self.tls = list(answers), tls
        self.requests: list[str] = []
        self.connections = 0
        self.reads_bodies = True
        self._lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                while text := self._request(connection):
                    with self._lock:
                        self.requests.append(text)
                        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                    if isinstance(answer, bytes):
                        connection.sendall(answer)
                    else:
                        answer(connection)

    def _request(self, connection: socket.socket) -> str:
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                return ""
            received += chunk
        length = re.search(rb"(?i)content-length: ([0-9]+)", received)
        end = received.index(b"\r\n\r\n") + 4 + int(length[1] if length else 0)
        while self.reads_bodies and len(received) < end:
            received += connection.recv(65536)
        return received.decode("latin-1")


@pytest.fixture
def serve(settings: Any) -> Iterator[Callable[..., Server]]:
    """Start servers that the operator has listed by host and port."""
    servers: list[Server] = []
    settings.OUTBOUND_ALLOW_HOSTS = []

    def start(*answers: Answer, **options: Any) -> Server:
        server = Server(*answers, **options)
        servers.append(server)
        settings.OUTBOUND_ALLOW_HOSTS += [f"127.0.0.1:{server.port}", f"shop.test:{server.port}"]
        return server

    yield start
    for server in servers:
        server.listener.close()


class Trap:
    """A listener that nobody may reach; the kernel queues connections even if none is accepted."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.port: int = self.listener.getsockname()[1]

    def was_reached(self) -> bool:
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def trap() -> Iterator[Trap]:
    """A port on loopback that the operator has not listed."""
    made = Trap()
    yield made
    made.listener.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """For each name the answers of its first, second, ... query; one query too many fails."""
    table: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def lookup(host: str, port: int | None, *args: Any, **kwargs: Any) -> list[Any]:
        if kwargs.get("flags") == socket.AI_NUMERICHOST or host not in table:
            return real(host, port, *args, **kwargs)
        return [answer for number in table[host].pop(0) for answer in real(number, port, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return table
