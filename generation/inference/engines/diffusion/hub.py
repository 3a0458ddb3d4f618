"""Reading a model hub: which files a repository has at a commit, and their bytes, piece by piece.

Knows the three addresses of the hub's public interface that are needed, and checks what arrives
against what the hub states: SHA-256 for large files, git's own digest for small ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote, urljoin

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from productviz.lib import http

from .files import FilesError, sha256_of
from .model import Source

Progress = Callable[[int], None]
"""Called with the bytes that have just arrived."""

# One request a piece: memory stays small, and a broken connection costs one piece.
PIECE_BYTES = 32 << 20
_PIECE_SECONDS = 900.0
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Many files a page; no repository here has more pages.
_MOST_PAGES = 50
_NEXT_PAGE = re.compile(r'<([^>]+)>;\s*rel="next"')


class _Large(BaseModel):
    oid: Annotated[str, Field(pattern=r"^(sha256:)?[0-9a-f]{64}$")]


class Listed(BaseModel):
    """A file of a repository, as the hub lists it; ``oid`` is git's digest of it."""

    path: str
    size: Annotated[int, Field(ge=0)]
    oid: str = ""
    lfs: _Large | None = None
    type: str = "file"

    @property
    def digest(self) -> str:
        """What tells this file from others of its name."""
        return self.lfs.oid.removeprefix("sha256:") if self.lfs else self.oid

    def is_in(self, path: Path) -> bool:
        """Whether the file on disk is this one, by every byte."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        return (sha256_of(path) if self.lfs else _git_digest(path)) == self.digest


_PAGE = TypeAdapter(list[Listed])


class Hub:
    """One hub by its address, such as https://huggingface.co; every method raises `FilesError`."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def commit(self, source: Source) -> str:
        """The commit that a source's revision is, or the newest one where it is not pinned."""
        revision = source.revision or "main"
        reply = self._ask(source, f"{self._models(source)}/revision/{revision}")
        found = self._json(reply)
        commit = str(found.get("sha", "")) if isinstance(found, dict) else ""
        if not re.fullmatch("[0-9a-f]{40}", commit):
            raise FilesError(f"{self.address} names no commit of {source.hub_id}. Is it a hub?")
        if source.revision and commit != source.revision:
            raise FilesError(
                f"{self.address} has {source.hub_id} at revision {commit[:12]}, and the registry"
                f" wants {source.revision[:12]}. Use a hub that has it; nothing was fetched."
            )
        return commit

    def files(self, source: Source, commit: str) -> list[Listed]:
        """All files of a source's repository at a commit."""
        url, found = f"{self._models(source)}/tree/{commit}?recursive=true", list[Listed]()
        for _ in range(_MOST_PAGES):
            reply = self._ask(source, url)
            try:
                page = _PAGE.validate_python(self._json(reply))
            except ValidationError as error:
                raise FilesError(
                    f"{self.address} lists {source.hub_id} in no known way."
                ) from error
            found += [listed for listed in page if listed.type == "file"]
            more = _NEXT_PAGE.search(reply.headers.get("Link", ""))
            if more is None:
                break
            url = urljoin(url, more[1])
        return found

    def bring(
        self, source: Source, commit: str, listed: Listed, target: Path, progress: Progress
    ) -> None:
        """Download one file to ``target``, going on where an earlier try ended.

        It lies beside ``target`` under another name until every byte is there and checked.
        """
        part = target.with_name(f".{target.name}.{listed.digest[:12]}.part")
        url = f"{self.address}/{source.hub_id}/resolve/{commit}/{quote(listed.path)}"
        with part.open("ab") as out:
            if out.tell() > listed.size:
                out.truncate(0)
            progress(out.tell())
            self._fill(url, listed, out, progress)
        if not listed.is_in(part):
            part.unlink()
            raise FilesError(
                f"{listed.path} of {source.hub_id} arrived damaged or changed: its digest is not"
                f" {listed.digest[:12]}.... Nothing was installed; try again, and if it stays so,"
                " check the address in PRODUCTVIZ_MODEL_HUB."
            )
        part.replace(target)

    def _fill(self, home: str, listed: Listed, out: IO[bytes], progress: Progress) -> None:
        url = home
        while out.tell() < listed.size:
            before = out.tell()
            # Redirects lead to signed addresses that end after some time: then ask at home again.
            url = self._next_piece(url, listed, out, may_fail=url != home) or home
            progress(out.tell() - before)

    def _next_piece(self, url: str, listed: Listed, out: IO[bytes], *, may_fail: bool) -> str:
        """Append the next piece; gives the address that answered, "" where it has ended."""
        last = min(out.tell() + PIECE_BYTES, listed.size) - 1
        reply = _follow(url, {"Range": f"bytes={out.tell()}-{last}"})
        is_whole = reply.status == 200 and out.tell() == 0 and len(reply.body) == listed.size
        if is_whole or (reply.status == 206 and len(reply.body) == last + 1 - out.tell()):
            out.write(reply.body)
            out.flush()
            return reply.url
        if may_fail:
            return ""
        raise FilesError(_answered(reply.status, url))

    def _models(self, source: Source) -> str:
        return f"{self.address}/api/models/{source.hub_id}"

    def _ask(self, source: Source, url: str) -> http.Reply:
        reply = _follow(url, {})
        if reply.status in (401, 403):
            raise FilesError(
                f"{source.hub_id} is open only to those who accepted its terms on the hub. Fetch it"
                " there with your own account, and bring it with --from FOLDER."
            )
        if reply.status == 404:
            what = f"revision {source.revision[:12]} of " if source.revision else ""
            raise FilesError(f"{self.address} has no {what}{source.hub_id} (it answered 404).")
        if reply.status != 200:
            raise FilesError(_answered(reply.status, url))
        return reply

    def _json(self, reply: http.Reply) -> Any:
        try:
            return reply.json()
        except http.OutboundError as error:
            raise FilesError(f"{self.address} answers no JSON. Is it a hub?") from error


def _follow(url: str, headers: dict[str, str]) -> http.Reply:
    """GET; redirects are followed here, as the door drops headers on another host, Range too."""
    try:
        for _ in range(_MOST_REDIRECTS):
            reply = http.request(
                "GET",
                url,
                headers=headers,
                total_timeout=_PIECE_SECONDS,
                max_bytes=PIECE_BYTES + (1 << 20),
                allow_retries=True,
            )
            if reply.status not in _REDIRECTS:
                break
            url = urljoin(url, reply.headers.get("Location", ""))
    except http.OutboundError as error:
        raise FilesError(f"{_host(url)} could not be read: {error} {_OFFLINE}") from error
    return reply


_OFFLINE = (
    "What has arrived is kept: run the same command again to go on. On a machine without network,"
    " fetch the model elsewhere and bring it with --from FOLDER."
)


def _answered(status: int, url: str) -> str:
    return f"{_host(url)} answered {status}. {_OFFLINE}"


def _host(url: str) -> str:
    return url.split("?", 1)[0]


def _git_digest(path: Path) -> str:
    """What git calls a file's content: SHA-1 over a short head and the bytes."""
    data = path.read_bytes()
    head = b"blob %d\0" % len(data)
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
