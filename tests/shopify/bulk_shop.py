"""A shop on loopback that knows bulk operations only: scripted answers, a real file over HTTP."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GID = "gid://shopify"
WORDS = "Stoneware thrown and glazed by hand, so that no two are alike. " * 8


def catalog(products: int, *, images: int = 3, variants: int = 2) -> Iterator[bytes]:
    """The lines of a bulk file, all children behind all products, as unfriendly as allowed."""
    for rows in (
        (_product(n) for n in range(products)),
        (_media(n, k) for n in range(products) for k in range(images)),
        (_variant(n, k) for n in range(products) for k in range(variants)),
        (_shown(n, k) for n in range(products) for k in range(variants)),
    ):
        for row in rows:
            yield json.dumps(row).encode() + b"\n"


def _product(n: int) -> dict[str, Any]:
    return {
        "__typename": "Product",
        "id": f"{GID}/Product/{n}",
        "title": f"Bowl {n}",
        "descriptionHtml": f"<p>{WORDS}</p>",
        "status": "ACTIVE",
        "updatedAt": "2026-11-01T10:00:00Z",
        "onlineStoreUrl": f"https://shop.example/products/bowl-{n}",
        "hasOnlyDefaultVariant": False,
        "options": [{"name": "Color", "values": ["Red", "Blue"]}],
    }


def _media(n: int, k: int) -> dict[str, Any]:
    return {
        "__typename": "MediaImage",
        "id": f"{GID}/MediaImage/{n * 100 + k}",
        "alt": f"Bowl {n}, view {k}",
        "image": {"url": f"https://cdn.example/files/bowl-{n}-{k}.jpg?v=1"},
        "__parentId": f"{GID}/Product/{n}",
    }


def _variant(n: int, k: int) -> dict[str, Any]:
    return {
        "__typename": "ProductVariant",
        "id": f"{GID}/ProductVariant/{n * 100 + k}",
        "sku": f"BOWL-{n}-{k}",
        "updatedAt": "2026-11-01T10:00:00Z",
        "selectedOptions": [{"name": "Color", "value": ("Red", "Blue")[k % 2]}],
        "__parentId": f"{GID}/Product/{n}",
    }


def _shown(n: int, k: int) -> dict[str, Any]:
    return {
        "__typename": "MediaImage",
        "id": f"{GID}/MediaImage/{n * 100 + k}",
        "__parentId": f"{GID}/ProductVariant/{n * 100 + k}",
    }


@dataclass
class Operation:
    """One bulk operation; ``statuses`` are told one a look, the last for good."""

    id: str
    query: str
    statuses: list[str]
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    error: str | None = None


class BulkShop:
    """``file`` is what an operation brings; the other fields are what a test may bend."""

    def __init__(self, file: bytes) -> None:
        self.file, self.declared = file, len(file)
        self.statuses = ["COMPLETED"]
        self.error: str | None = None
        self.refusals: list[dict[str, Any]] = []
        self.file_status = 200
        self.operations: dict[str, Operation] = {}
        self.asked: list[str] = []
        self.downloads = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def begin(self, query: str, *, minutes_ago: float = 0) -> Operation:
        """An operation as another worker, or another app's, began it."""
        operation = Operation(
            f"{GID}/BulkOperation/{len(self.operations) + 1}", query, list(self.statuses)
        )
        operation.begun -= timedelta(minutes=minutes_ago)
        operation.error = self.error
        self.operations[operation.id] = operation
        return operation

    def answer(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """What the Admin API says."""
        found = re.search(r"(?:query|mutation) (\w+)", document)
        name = found[1] if found else ""
        self.asked.append(name)
        answered: dict[str, Any] = getattr(self, f"_{name}")(**variables)
        return {"data": answered}

    def _BulkRunning(self) -> dict[str, Any]:  # noqa: N802  the operation's name
        running = [one for one in self.operations.values() if one.statuses[0] == "RUNNING"]
        rows = [{"id": r.id, "status": "RUNNING", **self._facts(r)} for r in running]
        return {"bulkOperations": {"nodes": rows}}

    def _BulkRun(self, query: str) -> dict[str, Any]:  # noqa: N802
        if self.refusals:
            return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": [
                self.refusals.pop(0)
            ]}}  # fmt: skip
        operation = self.begin(query)
        return {"bulkOperationRunQuery": {"bulkOperation": {"id": operation.id}, "userErrors": []}}

    def _BulkCancel(self, id: str) -> dict[str, Any]:  # noqa: A002, N802
        self.operations[id].statuses = ["CANCELED"]
        return {"bulkOperationCancel": {"bulkOperation": {"id": id}, "userErrors": []}}

    def _BulkOperation(self, id: str) -> dict[str, Any]:  # noqa: A002, N802
        operation = self.operations.get(id)
        if operation is None:
            return {"bulkOperation": None}
        status = operation.statuses[0]
        if len(operation.statuses) > 1:
            del operation.statuses[0]
        lines = self.file.count(b"\n")
        url = f"{self.url}/files/{id.rpartition('/')[2]}?signature=x" if lines else None
        facts = {**self._facts(operation), "errorCode": operation.error, "rootObjectCount": "7"}
        done = {"url": url, "fileSize": str(self.declared), "objectCount": str(lines)}
        partial = {"url": None, "partialDataUrl": url}
        return {"bulkOperation": {
            "id": id, "status": status, **facts, **(done if status == "COMPLETED" else partial)
        }}  # fmt: skip

    def _facts(self, operation: Operation) -> dict[str, Any]:
        return {"query": operation.query, "createdAt": operation.begun.isoformat()}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._send(200, json.dumps(shop.answer(body["query"], body["variables"])).encode())

            def do_GET(self) -> None:
                shop.downloads += 1
                assert "X-Shopify-Access-Token" not in self.headers
                self._send(shop.file_status, shop.file)

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        return Handler
