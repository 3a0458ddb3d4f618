"""POST /{shop}/admin/api/{version}/graphql.json: token, document, cost, execution, errors.

The official schema validates and coerces every request. THROTTLED and ACCESS_DENIED arrive as
HTTP 200, as they do from Shopify.
"""

from __future__ import annotations

import json
import re
import uuid
from functools import lru_cache
from typing import cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    execute_sync,
    validate,
)
from graphql.execution.values import get_variable_values
from werkzeug.wrappers import Request, Response

from . import cost, tokens
from .document import Sent, parsed
from .faults import BAD_TOKEN, Faults
from .official import SUPPORTED, official
from .resolve import Context, field_resolver, type_resolver
from .scopes import check_scopes
from .state import State, Write
from .tables import Json, Shop, Token
from .webhooks import Hooks

_VERSION = re.compile(r"\d{4}-(01|04|07|10)|unstable")
_INTERNAL = (
    "Internal error. Looks like something went wrong on our end.\n"
    "Request ID: {0} (include this in support requests)."
)


@lru_cache(maxsize=256)
def _refused(text: str) -> tuple[GraphQLError, ...]:
    return tuple(validate(official().schema, parsed(text)))


def handle(
    state: State, shop: Shop, hooks: Hooks, faults: Faults, *, request: Request, sent: Sent
) -> Response:
    """Answer one GraphQL request."""
    version = request.path.rsplit("/", 2)[1]
    if not _VERSION.fullmatch(version) or version > SUPPORTED[-1]:
        return _json({"errors": "Not Found"}, 404)
    if faults.take("revoked_token", request.path, sent.fields):
        tokens.revoke_all(shop)
    token = tokens.find(state, shop, request.headers.get("X-Shopify-Access-Token", ""))
    if token is None:
        return _json({"errors": BAD_TOKEN}, 401)
    response = _answer(state, shop, hooks, faults, token=token, sent=sent)
    # A version that is no longer supported is served as the oldest that is.
    response.headers["X-Shopify-API-Version"] = max(version, SUPPORTED[0])
    response.headers["X-Request-Id"] = str(uuid.uuid4())
    return response


def _answer(
    state: State, shop: Shop, hooks: Hooks, faults: Faults, *, token: Token, sent: Sent
) -> Response:
    if not sent.text:
        return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
    if sent.document is None:
        return _errors([{"message": sent.problem}])
    problems = _refused(sent.text)
    if problems:
        return _errors([{**e.formatted, "extensions": {"code": "invalid"}} for e in problems])
    operation = sent.operation
    if operation is None:
        return _errors([{"message": "An operation name is required"}])
    coerced = get_variable_values(
        official().schema, operation.variable_definitions or (), dict(sent.variables)
    )
    if isinstance(coerced, list):
        code = {"extensions": {"code": "INVALID_VARIABLE"}}
        return _errors([{**error.formatted, **code} for error in coerced])
    document = cost.Document(operation, _fragments(sent.document), coerced.coerced)
    origin = f"{state.home}/{shop.domain}"
    context = Context(state, shop, token, hooks, faults, origin)
    return _paid(context, sent, document)


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }


def _paid(context: Context, sent: Sent, document: cost.Document) -> Response:
    """Take the points, run the operation, give back what it did not use."""
    budget = cost.Budget(context.state, context.shop)
    wanted = cost.requested(document)
    report = budget.report(wanted, None)
    if wanted > cost.MAX_COST:
        message = (
            f"Query cost is {wanted}, which exceeds the single query max cost limit "
            f"({cost.MAX_COST})."
        )
        extensions = {"code": "MAX_COST_EXCEEDED", "cost": wanted, "maxCost": cost.MAX_COST}
        return _errors([{"message": message, "extensions": extensions}], report)
    faulty = context.faults.take("throttled", "", sent.fields)
    if faulty or not budget.take(wanted):
        if faulty:
            budget.drain()
        extensions = {
            "code": "THROTTLED",
            "documentation": "https://shopify.dev/api/usage/rate-limits",
        }
        errors: list[Json] = [{"message": "Throttled", "extensions": extensions}]
        return _errors(errors, budget.report(wanted, None))
    result = _executed(context, sent)
    spent = min(wanted, cost.actual(document, result.data))
    budget.refund(wanted - spent)
    body: Json = {"data": result.data}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    body["extensions"] = {"cost": budget.report(wanted, spent)}
    return _json(body, 200)


def _executed(context: Context, sent: Sent) -> ExecutionResult:
    state = context.state
    # Nothing in here talks to another server, so one request at a time is quick enough.
    with state.lock:
        result = execute_sync(
            official().schema,
            cast("DocumentNode", sent.document),
            variable_values=dict(sent.variables),
            operation_name=sent.operation_name,
            context_value=context,
            field_resolver=_guarded,
            type_resolver=type_resolver,
        )
        if sent.writes:
            _record(context, sent, result)
    if sent.writes:
        state.save()
    return result


def _guarded(source: object, info: GraphQLResolveInfo[Context], **arguments: object) -> object:
    """Resolve a field that the token may see and that no fault strikes."""
    context: Context = info.context
    check_scopes(context.token, info)
    name, top = info.field_name, info.path.prev is None
    if context.faults.take("partial", "", (name,)):
        raise _internal_error()
    if top:
        struck = _struck(context, info)
        if struck is not _NOTHING:
            return struck
    return field_resolver(source, info, **arguments)


_NOTHING = object()


def _struck(context: Context, info: GraphQLResolveInfo[Context]) -> object:
    names = (info.field_name,)
    if context.faults.take("internal_error", "", names):
        raise _internal_error()
    if info.parent_type.name != "Mutation":
        return _NOTHING
    if context.faults.take("null_answer", "", names):
        return None
    fault = context.faults.take("user_error", "", names)
    if fault is None:
        return _NOTHING
    error: Json = {"field": None, "message": f"Refused: {fault.code}", "code": fault.code}
    return {"userErrors": [error], "mediaUserErrors": [error]}


def _internal_error() -> GraphQLError:
    number = str(uuid.uuid4())
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": number}
    return GraphQLError(_INTERNAL.format(number), extensions=extensions)


def _record(context: Context, sent: Sent, result: ExecutionResult) -> None:
    """Note each mutation with the codes of the user errors it gave."""
    for name, payload in (result.data or {}).items():
        errors = (
            payload.get("userErrors") or payload.get("mediaUserErrors") or [] if payload else []
        )
        found = [str(e.get("code") or e.get("message")) for e in errors]
        found += [] if payload else ["null"]
        write = Write(context.shop.domain, name, dict(sent.variables), found)
        context.state.writes.append(write)
        context.state.counts[name] += 1


def _formatted(error: GraphQLError) -> Json:
    body: Json = dict(error.formatted)
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        body["extensions"] = {"code": "INTERNAL_SERVER_ERROR", "requestId": str(uuid.uuid4())}
    return body


def _errors(errors: list[Json], report: Json | None = None) -> Response:
    body: Json = {"errors": errors}
    if report is not None:
        body["extensions"] = {"cost": report}
    return _json(body, 200)


def _json(body: Json, status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
