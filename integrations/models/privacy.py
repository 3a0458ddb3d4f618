"""What privacy laws asked of us, and what became of it: rows that outlive the store."""

from __future__ import annotations

from django.db import models

from productviz.lib.rows import LeasedModel, PublicIdModel


class PrivacyRequest(PublicIdModel, LeasedModel):
    """One request to show or erase data. It names the shop, never a customer.

    There is no key to the store: the row is what is left when the store's rows are gone.
    """

    PREFIX = "prv"

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    shop = models.CharField(max_length=255)
    topic = models.CharField(max_length=40)
    delivery_id = models.CharField(max_length=128, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    outcome = models.TextField(blank=True, default="")
    counts = models.JSONField(default=dict, help_text="How many rows and files were erased.")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery_id"],
                condition=~models.Q(delivery_id=""),
                name="one_request_a_delivery",
            )
        ]
        indexes = [models.Index(fields=["state", "id"], name="privacy_waiting")]

    def __str__(self) -> str:
        return f"{self.topic} for {self.shop}"
