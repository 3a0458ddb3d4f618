"""Reads a whole catalog by a bulk operation: ask, wait without a worker, download, go on.

Everything a killed sweep needs is in the cursor: the operation and the last line that was
committed. Where Shopify will not run the operation, the catalog is read page by page instead.
A failed operation's partial data is never used: what it lacks would look like deleted products.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from integrations.contract import NotReady, Permanent, Product, Retryable, RightMissing, SyncPage
from integrations.platforms.shopify import joined, mapping
from integrations.platforms.shopify.client import Client
from integrations.platforms.shopify.documents import document
from integrations.platforms.shopify.replies import transport_error
from productviz.lib import scratch
from productviz.lib.http import OutboundError, download

Raw = Mapping[str, Any]
Paged = Callable[[str | None], Iterator[SyncPage]]

CATALOG = "bulk_catalog"
# About a million products with all their images; Shopify names no limit of its own.
MAX_BYTES = 8 * 1024**3
DOWNLOAD_SECONDS = 300.0
PAGE_PRODUCTS = 50
PAGE_ROWS = 1000
# After so many operations that came to nothing, pages are the better bet.
MOST_STARTS = 3
# Shorter than the overlap by which the next sweep of changes reads again.
ADOPTED_WITHIN = timedelta(minutes=4)
WAIT_LEAST, WAIT_MOST = 5.0, 60.0
_PAGES = "pages:"
_RUNNING = ("CREATED", "RUNNING", "CANCELING")
# Google's storage answers 400 to a signature that has expired.
_DEAD = ("source_not_found", "source_forbidden", "source_unreachable")
_FULL = ("LIMIT_REACHED", "OPERATION_IN_PROGRESS")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a sweep stands: its operation, the last committed line, the operations begun."""

    operation: str = ""
    after: int = 0
    starts: int = 0

    @property
    def cursor(self) -> str:
        """The sweep's cursor."""
        return json.dumps(asdict(self))


def pages(client: Client, cursor: str | None, paged: Paged) -> Iterator[SyncPage]:
    """Yield the catalog; ``paged`` reads it page by page from a cursor of its own.

    A page without products only saves how far the sweep has come. Raises NotReady while Shopify
    is at work.
    """
    if cursor and cursor.startswith(_PAGES):
        yield from _by_pages(paged, cursor.removeprefix(_PAGES) or None)
        return
    progress = Progress(**json.loads(cursor)) if cursor else Progress()
    while progress.operation or progress.starts < MOST_STARTS:
        if not progress.operation:
            operation = _begin(client)
            if operation is None:
                break
            progress = Progress(operation, starts=progress.starts + 1)
            yield SyncPage((), progress.cursor, None)
        path = _file(client, progress.operation)
        if path is not None:
            yield from _from_file(path, progress)
            return
        progress = Progress(starts=progress.starts)
        yield SyncPage((), progress.cursor, None)
    yield SyncPage((), _PAGES, None)
    yield from _by_pages(paged, None)


def _by_pages(paged: Paged, cursor: str | None) -> Iterator[SyncPage]:
    for page in paged(cursor):
        yield replace(page, cursor=None if page.cursor is None else _PAGES + page.cursor)


def _begin(client: Client) -> str | None:
    """The operation to wait for, adopted or new; None where Shopify does not take the query."""
    ours = [row for row in _running(client) if _is_same(row.get("query"), document(CATALOG))]
    young = [row for row in ours if _age(row) < ADOPTED_WITHIN]
    if young:
        # Begun by a worker that was killed before it could note it.
        return str(young[0]["id"])
    try:
        data = client.run("bulk_run", {"query": document(CATALOG)})
    except Permanent as error:
        log.warning("bulk query refused", shop=client.shop, reason=str(error))
        return None
    answer = data.get("bulkOperationRunQuery") or {}
    errors = answer.get("userErrors") or []
    if any(error.get("code") in _FULL for error in errors):
        for row in ours[:1]:
            client.run("bulk_cancel", {"id": row["id"]})
        raise NotReady("The shop is busy with other exports; ours is next.", after=WAIT_MOST)
    if errors:
        log.warning("bulk query refused", shop=client.shop, reason=str(errors[0].get("message")))
        return None
    operation = answer.get("bulkOperation")
    if not operation:
        raise Retryable("Shopify did not say whether it reads the catalog.")
    return str(operation["id"])


def _running(client: Client) -> list[Raw]:
    return list((client.run("bulk_running").get("bulkOperations") or {}).get("nodes") or [])


def _is_same(query: object, ours: str) -> bool:
    return str(query or "").split() == ours.split()


def _age(operation: Raw) -> timedelta:
    """How long ago it was begun, by the shop's clock and ours; long ago where that is not said."""
    try:
        begun = datetime.fromisoformat(str(operation.get("createdAt")))
    except ValueError:
        return timedelta(days=1)
    return datetime.now(UTC) - begun


def _file(client: Client, operation_id: str) -> Path | None:
    """The operation's products on this machine; None for an operation that was lost.

    Raises NotReady while it runs.
    """
    name = hashlib.sha256(f"{client.shop} {operation_id}".encode()).hexdigest()
    path = scratch.folder("bulk") / f"{name}.sqlite3"
    if path.exists():
        return path
    operation = client.run("bulk_operation", {"id": operation_id}).get("bulkOperation") or {}
    status = operation.get("status")
    if status in _RUNNING:
        raise NotReady(_so_far(operation), after=_patience(operation))
    if status == "COMPLETED" and operation.get("url"):
        return path if _fetch(client, operation, path) else None
    if status == "COMPLETED" and not int(operation.get("objectCount") or 0):
        joined.build(io.BytesIO(), path)  # an empty shop has no file
        return path
    _note_loss(client, operation)
    return None


def _so_far(operation: Raw) -> str:
    products = int(operation.get("rootObjectCount") or 0)
    return f"Shopify is preparing the catalog: {products:,} products so far."


def _patience(operation: Raw) -> float:
    """Seconds to the next look: often at first, once a minute later; its webhook comes sooner."""
    return min(max(_age(operation).total_seconds() / 4, WAIT_LEAST), WAIT_MOST)


def _note_loss(client: Client, operation: Raw) -> None:
    """FAILED, CANCELED, EXPIRED or unknown: another is begun, unless the merchant must help."""
    if operation.get("errorCode") == "ACCESS_DENIED":
        raise RightMissing(
            "The app may not read the shop's products. Open it in the Shopify admin and grant what"
            " it asks for."
        )
    log.warning(
        "bulk operation lost",
        shop=client.shop,
        status=operation.get("status"),
        code=operation.get("errorCode"),
    )


def _fetch(client: Client, operation: Raw, path: Path) -> bool:
    """Download and index the file; False where its address has died. Raises PlatformError."""
    with tempfile.TemporaryFile(dir=path.parent) as file:
        try:
            got = download(
                str(operation["url"]), file, max_bytes=MAX_BYTES, total_timeout=DOWNLOAD_SECONDS
            )
        except OutboundError as error:
            if error.code in _DEAD and not error.retryable:
                log.warning("bulk file gone", shop=client.shop, code=error.code)
                return False
            raise transport_error(error) from error
        size = operation.get("fileSize")
        if size is not None and int(size) != got.size:
            raise Retryable("The catalog's file from Shopify broke off.")
        file.seek(0)
        joined.build(file, path)
    return True


def _from_file(path: Path, progress: Progress) -> Iterator[SyncPage]:
    total = joined.count(path)
    products: list[Product] = []
    tops, line = 0, progress.after
    for family in joined.families(path, after=progress.after):
        if tops >= PAGE_PRODUCTS or len(products) >= PAGE_ROWS:
            cursor = replace(progress, after=line).cursor
            yield SyncPage(tuple(products), cursor, total, is_snapshot=True)
            products, tops = [], 0
        products += _mapped(family)
        tops, line = tops + 1, family.line
    # Before the last page is committed: a worker killed here downloads the file once more.
    path.unlink(missing_ok=True)
    yield SyncPage(tuple(products), None, total, is_snapshot=True)


def _mapped(family: joined.Family) -> list[Product]:
    """The product and its variants; one that cannot be read never stops the others."""
    try:
        return mapping.family(family.product, family.media, family.variants)
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("unreadable product in a bulk file", product=family.product.get("id"))
        return []
