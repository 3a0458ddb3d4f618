"""The inbox: store webhooks exactly as they came, stored before anything is done about them."""

from __future__ import annotations

from django.db import models

from integrations.models.stores import Store
from productviz.lib.rows import LeasedModel, PublicIdModel


class InboundEvent(PublicIdModel, LeasedModel):
    """One store webhook. A hint to re-read the product; its body is never trusted as data.

    ``delivery_id`` and ``event_id`` are the platform's, empty where it has none that are unique.
    ``about_store``: it says that the store is leaving, which is heard when nothing else is.
    Hints at a product that still waits are counted on its row (``hints``), which keeps the newest
    body. ``changed_at`` is the product's newest stamp among them, None where one had none.
    """

    PREFIX = "inb"

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        PROCESSED = "processed", "Processed"
        IGNORED = "ignored", "Ignored"
        FAILED = "failed", "Failed"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="inbox")
    topic = models.CharField(max_length=100, blank=True, default="")
    # Hash of what the hint names: delivery ids are not unique in every store (WooCommerce).
    dedupe_key = models.CharField(max_length=64)
    delivery_id = models.CharField(max_length=128, blank=True, default="")
    event_id = models.CharField(max_length=128, blank=True, default="")
    about_store = models.BooleanField(default=False)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    note = models.TextField(blank=True, default="")
    hints = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Equal hints that still wait are one hint; a later equal one is a new one.
            models.UniqueConstraint(
                fields=["store", "dedupe_key"],
                condition=models.Q(state="received"),
                name="one_waiting_event_a_key",
            ),
            models.UniqueConstraint(
                fields=["delivery_id"],
                condition=~models.Q(delivery_id=""),
                name="one_event_a_delivery",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="inbox_waiting"),
            models.Index(fields=["store", "event_id"], name="inbox_event"),
            # SQLite does not use the constraint's partial index for a state given as a parameter.
            models.Index(fields=["store", "dedupe_key"], name="inbox_hints"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} from {self.store_id}"
