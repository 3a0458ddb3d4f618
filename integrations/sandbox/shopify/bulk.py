"""Bulk operations: run in the background, at most five at once, and end as JSON lines."""

from __future__ import annotations

import secrets
import threading
from typing import cast

from graphql import GraphQLError
from werkzeug.utils import send_file
from werkzeug.wrappers import Request, Response

from . import bulk_lines, payloads
from .bulk_query import BulkQueryError, Walk, plan
from .connections import page
from .resolve import Arguments, Context, Resolver, field
from .search import Value, select
from .state import State, gid, iso, number_of
from .tables import BulkOperation, Json, Shop

MAX_RUNNING = 5
LIFE_SECONDS = 7 * 86_400.0
ACTIVE = ("CREATED", "RUNNING", "CANCELING")


def _own(name: str) -> Resolver:
    return lambda row, context, arguments: getattr(row, name)


for _name, _attribute in {
    "status": "status",
    "errorCode": "error_code",
    "query": "query",
    "objectCount": "object_count",
    "rootObjectCount": "root_object_count",
    "fileSize": "file_size",
}.items():
    field("BulkOperation", _name)(_own(_attribute))


@field("BulkOperation", "id")
def _id(row: object, context: Context, arguments: Arguments) -> str:
    return gid("BulkOperation", cast("BulkOperation", row).id)


@field("BulkOperation", "type")
def _type(row: object, context: Context, arguments: Arguments) -> str:
    return "QUERY"


@field("BulkOperation", "createdAt")
def _created(row: object, context: Context, arguments: Arguments) -> str:
    return iso(cast("BulkOperation", row).created)


@field("BulkOperation", "completedAt")
def _completed(row: object, context: Context, arguments: Arguments) -> str | None:
    completed = cast("BulkOperation", row).completed
    return iso(completed) if completed else None


@field("BulkOperation", "url")
def _url(row: object, context: Context, arguments: Arguments) -> str | None:
    return _address(context, cast("BulkOperation", row), "COMPLETED")


@field("BulkOperation", "partialDataUrl")
def _partial(row: object, context: Context, arguments: Arguments) -> str | None:
    return _address(context, cast("BulkOperation", row), "FAILED")


def _address(context: Context, row: BulkOperation, status: str) -> str | None:
    if row.status != status or not row.result or _is_old(context.state, row):
        return None
    return f"{context.origin}/bulk/{row.id}.jsonl?signature={row.signature}"


def _is_old(state: State, row: BulkOperation) -> bool:
    return row.completed is not None and row.completed + LIFE_SECONDS < state.now()


@field("QueryRoot", "bulkOperation")
def _one(row: object, context: Context, arguments: Arguments) -> object:
    return context.shop.bulk.get(number_of(arguments["id"], "BulkOperation") or 0)


@field("QueryRoot", "bulkOperations")
def _list(row: object, context: Context, arguments: Arguments) -> object:
    rows = select(context.shop.bulk.values(), arguments.get("query"), _searchable)
    rows.sort(key=lambda one: one.id, reverse=True)
    return page(rows, arguments, lambda one: (one.created, one.id))


def _searchable(row: BulkOperation) -> dict[str, Value]:
    return {
        "id": float(row.id),
        "operation_type": "query",
        "status": row.status,
        "created_at": float(int(row.created)),
    }


@field("Mutation", "bulkOperationRunQuery")
def run(row: object, context: Context, arguments: Arguments) -> object:
    """Check the query inside and start it."""
    try:
        walk = plan(str(arguments["query"]))
    except BulkQueryError as error:
        return _refused("INVALID", str(error))
    if arguments["groupObjects"]:
        return _refused("INVALID", "The sandbox runs bulk queries with groupObjects: false only.")
    shop, state = context.shop, context.state
    with state.lock:
        if sum(one.status in ACTIVE for one in shop.bulk.values()) >= MAX_RUNNING:
            return _refused(
                "LIMIT_REACHED", "Bulk operations limit reached. Please try again later."
            )
        operation = BulkOperation(state.new_id(), str(arguments["query"]), state.now())
        operation.signature = secrets.token_urlsafe(24)
        shop.bulk[operation.id] = operation
    threading.Thread(
        target=_work, args=(context, operation, walk), name="shopify-bulk", daemon=True
    ).start()
    return {"bulkOperation": operation, "userErrors": []}


def _refused(code: str, message: str) -> Json:
    error: Json = {"code": code, "message": message, "field": ["query"]}
    return {"bulkOperation": None, "userErrors": [error]}


def _work(context: Context, operation: BulkOperation, walk: Walk) -> None:
    state = context.state
    threading.Event().wait(state.bulk_seconds / 2)
    if operation.status == "CREATED":
        operation.status = "RUNNING"
    threading.Event().wait(state.bulk_seconds / 2)
    name, counts = f"{operation.id}.jsonl", bulk_lines.Counts()
    fails = context.faults.take("bulk_fails") is not None
    try:
        with (state.results / name).open("wb") as out:
            bulk_lines.write(out, context, walk, counts, lambda: _goes_on(operation, counts, fails))
            size = out.tell()
    except (OSError, GraphQLError):
        fails, size = True, 0
    with state.lock:
        operation.object_count, operation.root_object_count = counts.objects, counts.roots
        operation.completed = state.now()
        operation.result = name if size else ""
        operation.file_size = size or None
        if fails:
            operation.status, operation.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
        else:
            canceled = operation.status == "CANCELING"
            operation.status = "CANCELED" if canceled else "COMPLETED"
    context.hooks.fire(
        context.shop, "bulk_operations/finish", payloads.bulk(operation),
        resource=str(operation.id),
    )  # fmt: skip
    state.save()


def _goes_on(operation: BulkOperation, counts: bulk_lines.Counts, fails: bool) -> bool:
    operation.object_count, operation.root_object_count = counts.objects, counts.roots
    if fails and counts.roots:
        return False
    return operation.status != "CANCELING"


@field("Mutation", "bulkOperationCancel")
def cancel(row: object, context: Context, arguments: Arguments) -> object:
    """Ask a running operation to stop."""
    operation = context.shop.bulk.get(number_of(arguments["id"], "BulkOperation") or 0)
    if operation is None:
        error = {"field": ["id"], "message": "Bulk operation does not exist"}
        return {"bulkOperation": None, "userErrors": [error]}
    with context.state.lock:
        if operation.status not in ACTIVE:
            status = operation.status.lower()
            message = f"A bulk operation cannot be canceled when it is {status}"
            refusal: Json = {"field": None, "message": message}
            return {"bulkOperation": operation, "userErrors": [refusal]}
        operation.status = "CANCELING"
    return {"bulkOperation": operation, "userErrors": []}


def forget_running(state: State) -> None:
    """After a restart: what ran then has failed."""
    for shop in state.tables.shops.values():
        for row in shop.bulk.values():
            if row.status in ACTIVE:
                row.status, row.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
                row.completed = state.now()


def download(state: State, shop: Shop, request: Request, name: str) -> Response:
    """Serve a result by its signed address, to anybody, for seven days."""
    number = name.removesuffix(".jsonl")
    row = shop.bulk.get(int(number)) if number.isdecimal() else None
    given = request.args.get("signature", "")
    if row is None or not row.result or not secrets.compare_digest(row.signature, given):
        return Response("<Error><Code>AccessDenied</Code></Error>", 403, mimetype="text/xml")
    if _is_old(state, row):
        return Response("<Error><Code>ExpiredToken</Code></Error>", 400, mimetype="text/xml")
    file = (state.results / row.result).resolve()
    return send_file(file, request.environ, mimetype="application/jsonl")
