"""Webhook endpoints: adding, changing, testing, removing them, and sending things again.

Everybody who changes endpoints goes through here: the dashboard and the API.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from productviz.accounts.models import Workspace
from productviz.lib.ids import parse_public_id
from productviz.lib.outbound import OutboundError
from productviz.outbox import closing, recovery
from productviz.outbox.message import new_secret
from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from productviz.outbox.pings import ping, require_room
from productviz.outbox.refusals import EndpointRefused
from productviz.outbox.targets import check
from productviz.outbox.wants import PATTERNS

__all__ = [
    "EndpointRefused",
    "change",
    "create",
    "recover",
    "redeliver",
    "remove",
    "rotate",
    "send_test",
]

MOST = 20
OLD_SECRET = timedelta(hours=24)
_Status = WebhookEndpoint.Status
_BY_CUSTOMER = "Switched off by a member of the workspace."
_DESCRIPTION = 200


def create(
    *,
    workspace: Workspace,
    url: str,
    event_types: Iterable[str],
    stores: Iterable[object] = (),
    description: str = "",
    include_urls: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint and ping it; the secret is never shown again. Raises EndpointRefused.

    ``stores`` narrows it to some stores (public ids or UUIDs); none of them means all.
    """
    secret = new_secret()
    fields = _checked(
        workspace,
        url=url,
        event_types=event_types,
        stores=stores,
        description=description,
        include_urls=include_urls,
        metadata=metadata or {},
    )
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if workspace.webhook_endpoints.count() >= MOST:
            raise EndpointRefused(
                "quota-exceeded",
                f"A workspace has at most {MOST} webhook endpoints. Remove one first.",
            )
        endpoint = WebhookEndpoint.objects.create(workspace=workspace, secret=secret, **fields)
        require_room(endpoint)
        ping(endpoint)
    return endpoint, secret


def change(endpoint: WebhookEndpoint, **fields: Any) -> WebhookEndpoint:
    """Change url, description, event_types, stores, include_urls, metadata or status.

    Another address has to answer a ping of its own before it gets events. Enabling forgets past
    failures; disabling gives up what still waits. Raises EndpointRefused.
    """
    status = fields.pop("status", None)
    if status is not None and status not in _Status.values:
        raise EndpointRefused("validation_failed", "The status is either enabled or disabled.")
    checked = _checked(endpoint.workspace, **fields)
    with transaction.atomic():
        row = _locked(endpoint)
        if checked.get("url", row.url) != row.url:
            checked |= {"verified_at": None}
        if status == _Status.ENABLED and row.status == _Status.DISABLED:
            checked |= {"status": status, "disabled_reason": ""}
        if "verified_at" in checked or "status" in checked:
            checked |= {"failures": 0, "failing_since": None, "retry_at": None}
        if checked:
            WebhookEndpoint.objects.filter(pk=row.pk).update(**checked)
            row.refresh_from_db()
        if status == _Status.DISABLED:
            closing.disable(row, _BY_CUSTOMER, by_us=False)
        elif row.verified_at is None and ("verified_at" in checked or "status" in checked):
            require_room(row)
            ping(row)
    row.refresh_from_db()
    return row


def rotate(endpoint: WebhookEndpoint) -> str:
    """Give the endpoint another secret, shown once; for 24 hours the old one signs as well."""
    secret = new_secret()
    with transaction.atomic():
        row = _locked(endpoint)
        WebhookEndpoint.objects.filter(pk=row.pk).update(
            secret=secret, old_secret=row.secret, old_secret_until=timezone.now() + OLD_SECRET
        )
    return secret


def send_test(endpoint: WebhookEndpoint) -> Event:
    """Send a ping, at most 10 an hour. Raises EndpointRefused."""
    with transaction.atomic():
        row = _locked(endpoint)
        _require_enabled(row)
        require_room(row)
        return ping(row)


def redeliver(delivery: Delivery) -> None:
    """Send the event once more, now, with a fresh schedule. Raises EndpointRefused."""
    with transaction.atomic():
        row = _locked(delivery.endpoint)
        _require_enabled(row)
        Delivery.objects.filter(pk=delivery.pk).update(
            state=Delivery.State.PENDING, attempts=0, next_at=timezone.now(), finished_at=None
        )


def recover(endpoint: WebhookEndpoint, since: datetime) -> int:
    """Send everything that was given up since then, in order, ten a second at most; how many.

    Raises EndpointRefused.
    """
    with transaction.atomic():
        row = _locked(endpoint)
        _require_enabled(row)
        found = recovery.given_up(row, since).count()
        if found:
            WebhookEndpoint.objects.filter(pk=row.pk).update(recover_since=since)
    return found


def remove(endpoint: WebhookEndpoint) -> None:
    """Forget the endpoint and its deliveries; events stay. What is under way ends unheard."""
    with transaction.atomic():
        row = _locked(endpoint)
        deliveries = Delivery.objects.filter(endpoint=row)
        tries = DeliveryAttempt.objects.filter(delivery__in=deliveries)
        # Whole tables of rows: nothing else hangs on them, so none need be loaded.
        tries._raw_delete(tries.db)
        deliveries._raw_delete(deliveries.db)
        row.delete()


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("workspace").filter(pk=endpoint.pk).first()
    if row is None:
        raise EndpointRefused("not_found", "This webhook endpoint has been removed.")
    return row


def _require_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.status != _Status.ENABLED:
        raise EndpointRefused(
            "state_conflict", "This endpoint is disabled. Enable it first, then try again."
        )
    if endpoint.workspace.suspended_at is not None:
        raise EndpointRefused("workspace_suspended", "This workspace is suspended.")


def _checked(workspace: Workspace, **fields: Any) -> dict[str, Any]:
    """The fields as they are stored."""
    checks: dict[str, Callable[[Any], object]] = {
        "url": _url,
        "event_types": _event_types,
        "stores": lambda stores: _stores(workspace, stores),
        "description": _description,
        "include_urls": bool,
        "metadata": dict,
    }
    if unknown := sorted(fields.keys() - checks.keys()):
        raise EndpointRefused("unknown_field", f"{', '.join(unknown)} cannot be changed.")
    return {name: checks[name](value) for name, value in fields.items()}


def _url(url: str) -> str:
    try:
        return check(url).url
    except OutboundError as error:
        raise EndpointRefused(error.code, error.message) from error


def _event_types(names: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(names))
    if unknown := [str(name)[:60] for name in wanted if name not in PATTERNS]:
        raise EndpointRefused("validation_failed", f"There is no event type {unknown[0]}.")
    if not wanted:
        raise EndpointRefused("validation_failed", "Choose at least one event type, or * for all.")
    return wanted


def _stores(workspace: Workspace, stores: Iterable[object]) -> list[str]:
    wanted = {_store_id(store) for store in stores}
    mine = workspace.stores.filter(pk__in=[pk for pk in wanted if pk])
    known = set(mine.values_list("pk", flat=True))
    if wanted - known:
        raise EndpointRefused("validation_failed", "One of these stores is not of this workspace.")
    return sorted(str(pk) for pk in known)


def _store_id(store: object) -> uuid.UUID | None:
    found = parse_public_id("str", str(store))
    try:
        return found or uuid.UUID(str(store))
    except ValueError:
        return None


def _description(text: str) -> str:
    if len(text) > _DESCRIPTION:
        raise EndpointRefused("validation_failed", f"At most {_DESCRIPTION} characters, please.")
    return text
