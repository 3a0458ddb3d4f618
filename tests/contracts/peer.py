"""The rest of the recorded world on loopback: a photo host, and a receiver that takes notes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.contracts.replay import picture


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Peer:
    """The server's port and its log."""

    port: int = 0
    received: list[Received] = field(default_factory=list)

    def take(self) -> list[Received]:
        """Return what came since the last call."""
        taken, self.received = self.received, []
        return taken

    def respond(self, request: Request) -> Response:
        if not request.path.startswith("/img"):
            self.received.append(
                Received(request.method, request.full_path.rstrip("?"), dict(request.headers),
                         request.get_data())
            )  # fmt: skip
            return _answer(request.path)
        return _photo(request.path)


def _answer(path: str) -> Response:
    statuses = {"/fail": 500, "/created": 201}
    if path == "/redir":
        return Response("", 302, headers={"Location": "/hook-after-redirect"})
    return Response("", statuses.get(path, 200))


def _photo(path: str) -> Response:
    folder, _, name = path.lstrip("/").partition("/")
    if folder in ("img404", "img500"):
        return Response("", HTTPStatus(int(folder[3:])))
    if folder == "imgredir":
        return Response("", 302, headers={"Location": f"/img/{name}"})
    kinds = {"png": "PNG", "webp": "WEBP", "avif": "AVIF"}
    if name in ("not-image.jpg", "text.txt", "evil.svg"):
        return Response(b"<svg/>" if name.endswith("svg") else b"<html>not an image</html>")
    if name == "vase-huge.jpg":
        return Response(picture(size=(3072, 4096)))
    if name == "rotated.jpg":
        return Response(picture(size=(600, 400), turned=True))
    if name == "beanie-cmyk.jpg":
        return Response(picture("CMYK"))
    return Response(picture(kinds.get(name.rpartition(".")[2], "JPEG")), content_type="text/plain")


@contextmanager
def listening() -> Iterator[Peer]:
    """Serve until the block ends."""
    peer = Peer()

    def application(environ: dict[str, object], start_response: object) -> object:
        return peer.respond(Request(environ))(environ, start_response)  # type: ignore[arg-type]

    server = make_server("127.0.0.1", 0, application, threaded=True)  # type: ignore[arg-type]
    peer.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield peer
    server.shutdown()
    server.server_close()
