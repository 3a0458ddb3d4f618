"""A model hub on loopback: the addresses that are needed, and switches for what goes wrong."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from generation.inference.engines.diffusion.model import Model
from tests.diffusion.model_files import REVISION, content_of, paths_of

LARGE = (".safetensors",)


@dataclass
class HubServer:
    """Repositories by id, each with files by path; what it was asked, and how it misbehaves.

    ``cut_after`` breaks off every answer with bytes after so many in all; ``signed_for`` answers
    at a redirect's address so often before it has ended; ``spoil`` is a path whose bytes are not
    those listed.
    """

    port: int = 0
    commits: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    served: int = 0
    cut_after: int | None = None
    signed_for: int = 1_000
    spoil: str = ""
    closed: set[str] = field(default_factory=set)
    page: int = 1_000
    keeps_ranges: bool = True

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def add(self, model: Model) -> None:
        """Have every repository that a model is made of."""
        for folder, names in paths_of(model).items():
            source = model.sources[folder]
            self.commits[source.hub_id] = source.revision or REVISION
            held = self.files.setdefault(source.hub_id, {"README.md": b"# Read me"})
            held.update({name: content_of(name) for name in names})


@contextmanager
def running() -> Iterator[HubServer]:
    """A hub that answers until the block ends."""
    hub = HubServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Answers,), {"hub": hub}))
    hub.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    hub: HubServer

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(path)
        for pattern, answer in _ROUTES.items():
            if found := re.fullmatch(pattern, path):
                answer(self, *found.groups())
                return
        self._plain(404)

    def revision(self, hub_id: str, revision: str) -> None:
        commit = self.hub.commits.get(hub_id)
        if hub_id in self.hub.closed:
            self._plain(401)
        elif commit is None or (len(revision) == 40 and revision != commit):
            self._plain(404)
        else:
            self._json({"id": hub_id, "sha": commit})

    def tree(self, hub_id: str, commit: str) -> None:
        start = int(dict(re.findall(r"(\w+)=(\w+)", urlsplit(self.path).query)).get("cursor", 0))
        rows = [_row(path, data) for path, data in self.hub.files[hub_id].items()]
        rows.append({"type": "directory", "path": "unet", "size": 0, "oid": "0" * 40})
        more = start + self.hub.page
        link = f'<{self.hub.address}/api/models/{hub_id}/tree/{commit}?cursor={more}>; rel="next"'
        self._json(rows[start:more], {"Link": link} if more < len(rows) else {})

    def resolve(self, hub_id: str, commit: str, path: str) -> None:
        data = self.hub.files.get(hub_id, {}).get(path)
        if data is None or commit != self.hub.commits[hub_id]:
            self._plain(404)
        elif path.endswith(LARGE):
            self._plain(302, {"Location": f"/cdn/{hub_id}/{path}?signature=1"})
        else:
            self._bytes(path, data)

    def cdn(self, hub_id: str, path: str) -> None:
        if self.hub.signed_for <= 0:
            self.hub.signed_for = 1_000
            self._plain(403)
            return
        self.hub.signed_for -= 1
        self._bytes(path, self.hub.files[hub_id][path])

    def _bytes(self, path: str, data: bytes) -> None:
        if path == self.hub.spoil:
            data = bytes(reversed(data))
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted and self.hub.keeps_ranges:
            data = data[int(wanted[1]) : int(wanted[2]) + 1]
        self.send_response(206 if wanted and self.hub.keeps_ranges else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.hub.cut_after is not None and self.hub.served + len(data) > self.hub.cut_after:
            self.wfile.write(data[: max(self.hub.cut_after - self.hub.served, 0)])
            self.connection.close()
            return
        self.hub.served += len(data)
        self.wfile.write(data)

    def _json(self, value: object, headers: dict[str, str] | None = None) -> None:
        self._plain(200, headers or {}, json.dumps(value).encode())

    def _plain(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return


_ID = r"([\w.-]+/[\w.-]+)"
_ROUTES: dict[str, Any] = {
    rf"/api/models/{_ID}/revision/(\w+)": _Answers.revision,
    rf"/api/models/{_ID}/tree/(\w+)": _Answers.tree,
    rf"/{_ID}/resolve/(\w+)/(.+)": _Answers.resolve,
    rf"/cdn/{_ID}/(.+)": _Answers.cdn,
}


def _row(path: str, data: bytes) -> dict[str, object]:
    row: dict[str, object] = {"type": "file", "path": path, "size": len(data)}
    if path.endswith(LARGE):
        digest = hashlib.sha256(data).hexdigest()
        lfs = {"oid": digest, "size": len(data), "pointerSize": 135}
        return {**row, "oid": hashlib.sha1(digest.encode()).hexdigest(), "lfs": lfs}
    head = f"blob {len(data)}\0".encode()
    return {**row, "oid": hashlib.sha1(head + data).hexdigest()}
