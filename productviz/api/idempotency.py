"""The same request twice does its work once: answers kept by Idempotency-Key for 48 hours.

The row is inserted in the transaction that does the work, under a unique constraint: what fails
leaves no row, and of requests at the same moment one works and the others wait for it or are told
to come back.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from productviz.accounts.models import IdempotentAnswer
from productviz.api.audit import key_of
from productviz.api.problems import Problem

KEPT = timedelta(hours=48)
_KEY = re.compile(r'"([\x20\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e][\x20-\x7e]{0,254})')
_KEPT_HEADERS = ("Location", "Retry-After", "ETag")
# How long a second request waits for the first before it is told to come back (PostgreSQL).
_PATIENCE = "300ms"

P = ParamSpec("P")
View = TypeVar("View")
Method = Callable[Concatenate[View, Request, P], Response]


def idempotent(*, required: bool = False) -> Callable[[Method[View, P]], Method[View, P]]:
    """Let a view's method do its work once for each Idempotency-Key, in one transaction.

    Nothing that waits for another machine belongs inside. Raises Problem.
    """

    def decorate(method: Method[View, P]) -> Method[View, P]:
        @wraps(method)
        def inner(view: View, request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
            key = _key(request, required=required)
            if key is None:
                with transaction.atomic():
                    return method(view, request, *args, **kwargs)
            return _once(request, key, lambda: method(view, request, *args, **kwargs))

        inner.idempotency_required = required  # type: ignore[attr-defined]
        return cast("Method[View, P]", inner)

    return decorate


def _key(request: Request, *, required: bool) -> str | None:
    text = request.headers.get("Idempotency-Key")
    if text is None:
        if required:
            raise Problem("idempotency_key_missing")
        return None
    match = _KEY.fullmatch(text)
    if match is None:
        raise Problem(
            "header_invalid", "An Idempotency-Key has 1 to 255 printable ASCII characters."
        )
    return match[1] or match[2]


def _once(request: Request, key: str, work: Callable[[], Response]) -> Response:
    mine = _mine(request, key)
    digest = fingerprint(request)
    kept = IdempotentAnswer.objects.filter(**mine)
    if (found := kept.first()) is not None:
        if found.created_at > timezone.now() - KEPT:
            return _replay(found, digest)
        kept.filter(pk=found.pk).delete()
    try:
        with transaction.atomic():
            row = _begin(mine, digest)
            response = work()
            _keep(row, response)
            return response
    except IntegrityError:
        # Another request was faster by a moment; any other broken constraint is a real error.
        if (found := kept.first()) is None:
            raise
        return _replay(found, digest)


def is_kept(request: Request, *, required: bool = False) -> bool:
    """Whether this very request was answered before, so that it waits for no other machine again.

    Raises Problem for a key that belongs to another request.
    """
    key = _key(request, required=required)
    if key is None:
        return False
    found = IdempotentAnswer.objects.filter(**_mine(request, key)).first()
    if found is None or found.created_at < timezone.now() - KEPT:
        return False
    if found.fingerprint != fingerprint(request):
        raise Problem("idempotency_key_reused")
    return True


def _mine(request: Request, key: str) -> dict[str, Any]:
    return {
        "workspace_id": key_of(request).workspace_id,
        "route": f"{request.method} {getattr(request.resolver_match, 'route', '')}"[:200],
        "key": key,
    }


def _begin(mine: dict[str, Any], digest: str) -> IdempotentAnswer:
    """Insert the row; waits for a request that is at work on the same key, but not for long."""
    if connection.vendor != "postgresql":
        return IdempotentAnswer.objects.create(fingerprint=digest, **mine)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        try:
            row = IdempotentAnswer.objects.create(fingerprint=digest, **mine)
        except OperationalError:
            raise Problem("idempotency_in_progress", headers={"Retry-After": "1"}) from None
        cursor.execute("SET LOCAL lock_timeout = 0")
    return row


def _keep(row: IdempotentAnswer, response: Response) -> None:
    row.status = response.status_code
    row.body = json.loads(JSONRenderer().render(response.data) or "null")
    row.headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    row.save(update_fields=["status", "body", "headers"])


def _replay(row: IdempotentAnswer, digest: str) -> Response:
    if row.fingerprint != digest:
        raise Problem("idempotency_key_reused")
    response = Response(row.body, status=row.status)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def fingerprint(request: Request) -> str:
    """SHA-256 of method, path with query, and body; of files their bytes.

    And of how far the key reaches: what one key was told is not for one that may see less.
    """
    key = key_of(request)
    reach = [key.is_test, sorted(key.stores)]
    head = f"{request.method} {request.get_full_path()}\n{json.dumps(reach)}\n"
    digest = hashlib.sha256(head.encode())
    files = request.FILES if request.content_type.startswith("multipart/") else {}
    plain = {name: value for name, value in dict(request.data).items() if name not in files}
    digest.update(json.dumps(plain, sort_keys=True, default=str).encode())
    for name in sorted(files):
        digest.update(name.encode())
        for chunk in files[name].chunks():
            digest.update(chunk)
        files[name].seek(0)
    return digest.hexdigest()
