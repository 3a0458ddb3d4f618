"""What happened, in the words that webhooks carry, and who is told of it.

An Event is written with the state change itself; everything after that may be done again.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from productviz.accounts.models import Workspace
from productviz.lib.fields import EncryptedJSONField
from productviz.lib.rows import LeasedModel, PublicIdModel, VersionedModel


class Event(PublicIdModel):
    """One change of one object; ``sequence`` is the object's version, which orders its events.

    ``data`` is what a webhook's ``data`` says: ``object`` as the API shows it, thin, and
    ``previous``. ``store`` is a store's id, without a key: layers point down. ``audience`` narrows
    who is told: ``{"endpoints": [ids], "types": [...]}``. Until it is ``spread`` nobody was told.
    """

    PREFIX = "evt"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="events")
    store = models.UUIDField(null=True)
    type = models.CharField(max_length=60)
    object_id = models.UUIDField()
    sequence = models.PositiveIntegerField()
    data = models.JSONField()
    audience = models.JSONField(default=dict)
    spread = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["object_id", "sequence"], name="event_history"),
            models.Index(fields=["workspace", "id"], name="event_list"),
            models.Index(fields=["id"], condition=Q(spread=False), name="event_to_spread"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.sequence}"


class WebhookEndpoint(PublicIdModel, VersionedModel, LeasedModel):
    """An address of the customer's that is told of events.

    Whoever holds its lease sends to it: every endpoint has a lane of its own. ``event_types`` are
    names or ``generation.*``; ``stores`` ids as text, empty for all. ``secret`` signs, beside
    ``old_secret`` until ``old_secret_until``. ``failures`` counts those in a row. Until its first
    ``ping`` was answered (``verified_at``) it gets nothing else: nobody is told who did not ask.
    """

    PREFIX = "whe"

    class Status(models.TextChoices):
        ENABLED = "enabled", "Enabled"
        DISABLED = "disabled", "Disabled"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    url = models.URLField(max_length=2048)
    description = models.CharField(max_length=200, blank=True, default="")
    event_types = models.JSONField(default=list)
    stores = models.JSONField(default=list, blank=True)
    include_urls = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ENABLED)
    disabled_reason = models.TextField(blank=True, default="")
    secret = EncryptedJSONField()
    old_secret = EncryptedJSONField(default=str)
    old_secret_until = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    retry_at = models.DateTimeField(null=True, editable=False)
    recover_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["workspace", "id"], name="endpoint_list")]

    def __str__(self) -> str:
        return self.url


class Delivery(PublicIdModel):
    """One event on its way to one endpoint; ``attempts`` counts the tries so far."""

    PREFIX = "dlv"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DELIVERED = "delivered", "Delivered"
        EXHAUSTED = "exhausted", "Given up"
        DROPPED = "dropped", "Dropped"

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "endpoint"], name="one_delivery_an_event_and_endpoint"
            )
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at", "id"],
                condition=Q(state="pending"),
                name="delivery_pending",
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_list"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class DeliveryAttempt(models.Model):
    """One try: what the receiver said, cut to what a person needs to see."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True, default="")
    answer = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["at"], name="attempt_age")]

    def __str__(self) -> str:
        return f"try {self.number} of {self.delivery_id}"
