"""Switching an endpoint off, by the customer or by ourselves, and telling who has to know."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone

from productviz.accounts import mail
from productviz.outbox.models import Delivery, WebhookEndpoint
from productviz.outbox.record import Told, record
from productviz.outbox.wants import DISABLED

_Status = WebhookEndpoint.Status


def disable(endpoint: WebhookEndpoint, reason: str, *, by_us: bool) -> bool:
    """Stop sending to the endpoint, in the caller's transaction; False if it was off already.

    What still waits counts as given up, so that ``recover`` can bring it back. If it was not the
    customer's own wish, the workspace's other endpoints and its owners hear of it.
    """
    on = WebhookEndpoint.objects.filter(pk=endpoint.pk, status=_Status.ENABLED)
    if not on.update(status=_Status.DISABLED, disabled_reason=reason, recover_since=None):
        return False
    endpoint.refresh_from_db()
    Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.PENDING).update(
        state=Delivery.State.EXHAUSTED, finished_at=timezone.now()
    )
    if by_us:
        _tell(endpoint)
    return True


def _tell(endpoint: WebhookEndpoint) -> None:
    record(
        Told(
            type=DISABLED,
            workspace_id=endpoint.workspace_id,
            object_id=endpoint.pk,
            version=endpoint.version,
            object=thin(endpoint),
            previous={"status": _Status.ENABLED.value},
        )
    )
    mail.to_owners(
        endpoint.workspace,
        subject="ProductViz no longer sends to one of your webhook endpoints",
        text=_LETTER.format(
            url=endpoint.url, reason=endpoint.disabled_reason, home=settings.PUBLIC_URL
        ),
    )


_LETTER = """\
ProductViz has switched off the webhook endpoint

    {url}

{reason}

Mend the receiver, then enable the endpoint at

    {home}/webhook-endpoints/

and use "Recover" there to have everything sent that it missed.
"""


def thin(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """The endpoint as events show it: never its secret."""
    return {
        "id": endpoint.public_id,
        "object": "webhook_endpoint",
        "url": endpoint.url,
        "description": endpoint.description,
        "status": endpoint.status,
        "disabled_reason": endpoint.disabled_reason or None,
        "version": endpoint.version,
        "metadata": endpoint.metadata,
    }
