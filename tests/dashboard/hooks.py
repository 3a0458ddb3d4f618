"""Webhook endpoints of a believable workspace: one is well, one fails, one is switched off."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from productviz.outbox import endpoints
from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from tests.dashboard.rows import Seed

BUSY = "<html><body><h1>503 Service Unavailable</h1></body></html>"


def make_webhooks(made: Seed) -> None:
    """Three endpoints; the first one's deliveries are of every state."""
    now = timezone.now()
    well = _endpoint(made, "https://shop.alder.example/hooks/productviz", "Order desk")
    failing = _endpoint(made, "https://erp.alder.example:8443/in", "", types=["publication.*"])
    off = _endpoint(made, "https://old.alder.example/hook", "The old shop")
    _change(well, verified_at=now, last_success_at=now - timedelta(minutes=2))
    _change(failing, verified_at=now, failures=4, failing_since=now - timedelta(hours=3))
    _change(off, status="disabled", disabled_reason="The receiver answered 410 Gone.")
    events = list(made.workspace.events.exclude(type="ping").order_by("id"))
    states = ["exhausted", "dropped", "pending", *["delivered"] * 17]
    for number, (event, state) in enumerate(zip(events, states, strict=False)):
        _deliver(well, event, state=state, hours_ago=number)
    for number, event in enumerate(events[:6]):
        _deliver(failing, event, state="pending", hours_ago=number / 2)
    made.endpoint = well
    made.delivery = Delivery.objects.get(endpoint=well, state="exhausted")


def _endpoint(
    made: Seed, url: str, description: str, types: list[str] | None = None
) -> WebhookEndpoint:
    row, _ = endpoints.create(
        workspace=made.workspace,
        url=url,
        description=description,
        event_types=types or ["generation.*", "batch.completed"],
    )
    Delivery.objects.filter(endpoint=row).delete()
    return row


def _change(row: WebhookEndpoint, **fields: object) -> None:
    WebhookEndpoint.objects.filter(pk=row.pk).update(**fields)


def _deliver(row: WebhookEndpoint, event: Event, *, state: str, hours_ago: float) -> None:
    at = timezone.now() - timedelta(hours=hours_ago)
    failed = 3 if state == "exhausted" else int(state == "pending")
    delivery = Delivery.objects.create(
        event=event, endpoint=row, state=state, attempts=failed or 1,
        next_at=timezone.now() + timedelta(minutes=20),
    )  # fmt: skip
    for number in range(1, failed + 1):
        DeliveryAttempt.objects.create(
            delivery=delivery, number=number, at=at, milliseconds=212 * number, status=503,
            error="status_not_2xx", answer=BUSY,
        )  # fmt: skip
    if state == "delivered":
        DeliveryAttempt.objects.create(
            delivery=delivery, number=1, at=at, milliseconds=48, status=200, answer="ok"
        )
