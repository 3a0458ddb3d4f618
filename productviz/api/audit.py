"""Who did what that matters later, written beside the deed."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from productviz.accounts.access import WorkspaceRequest
from productviz.accounts.models import ApiKey, AuditEntry, Workspace
from productviz.lib.rows import PublicIdModel


def audit(request: Request, action: str, object_id: str = "", **detail: Any) -> None:
    """Note what the request's key did to an object."""
    key = key_of(request)
    note(
        key.workspace,
        actor=f"key {key.public_id} ({key.name})",
        action=action,
        object_id=object_id,
        address=address_of(request),
        **detail,
    )


def note(
    workspace: Workspace,
    *,
    actor: str,
    action: str,
    object_id: str = "",
    address: str = "",
    **detail: Any,
) -> None:
    """Note what somebody did; ``detail`` holds no secret."""
    AuditEntry.objects.create(
        workspace=workspace,
        actor=actor[:254],
        action=action,
        object_id=object_id,
        address=address,
        detail=detail,
    )


def by_person(
    request: WorkspaceRequest, action: str, row: PublicIdModel | None = None, **detail: Any
) -> None:
    """Note what a signed-in member did to an object."""
    note(
        request.workspace,
        actor=str(request.user),
        action=action,
        object_id=row.public_id if row else "",
        address=address_of(request),
        **detail,
    )


def key_of(request: Request) -> ApiKey:
    """The key that asks; only behind an ApiView's checks."""
    return cast("ApiKey", request.auth)


def address_of(request: Request | HttpRequest) -> str:
    """The caller's network address; forwarded ones count only behind as many trusted proxies."""
    proxies = int(str(settings.REST_FRAMEWORK["NUM_PROXIES"]))
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if not proxies:
        return direct[:45]
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return (hops[-min(proxies, len(hops))] or direct)[:45]
