"""Write-backs to stores: what was put there, what was there before, and what is ours."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.models.catalog import Product, SourceImage
from integrations.models.stores import Store
from productviz.lib.rows import LeasedModel, PublicIdModel, VersionedModel


class Publication(PublicIdModel, VersionedModel, LeasedModel):
    """One write-back to one product's gallery, resumable at every step, and its undo.

    ``inputs_hash`` is the product's when it was asked for, ``gallery_hash`` the gallery's that the
    client has seen: where either differs at the first write, it is a conflict. ``expires_at``:
    until when a store that fetches its pictures has time to say what it did.
    """

    PREFIX = "pub"

    class State(models.TextChoices):
        PENDING_APPROVAL = "pending_approval", "Waiting for approval"
        QUEUED = "queued", "Queued"
        IN_PROGRESS = "in_progress", "Publishing"
        PUBLISHED = "published", "Published"
        PARTIALLY_PUBLISHED = "partially_published", "Partly published"
        FAILED = "failed", "Failed"
        CONFLICT = "conflict", "Gallery changed"
        CANCELED = "canceled", "Canceled"
        ROLLING_BACK = "rolling_back", "Undoing"
        ROLLED_BACK = "rolled_back", "Undone"
        ROLLBACK_FAILED = "rollback_failed", "Undo failed"
        AWAITING_STORE = "awaiting_store", "Waiting for the store"
        EXPIRED = "expired", "Not fetched in time"

    WAITING = (State.QUEUED, State.IN_PROGRESS, State.ROLLING_BACK)
    # Somebody works on the gallery, a worker of ours or the store itself.
    WRITING = (State.IN_PROGRESS, State.AWAITING_STORE)
    TERMINAL = (State.PUBLISHED, State.CANCELED, State.ROLLED_BACK, State.EXPIRED)

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="publications")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="publications")
    family = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="family_publications",
        help_text="The product itself, or a variant's parent: they may share one gallery.",
    )
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True, default="")
    differences = models.JSONField(default=list)
    force = models.BooleanField(default=False)
    inputs_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    gallery_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    expires_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True)
    rolled_back_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="publication_waiting")]

    def __str__(self) -> str:
        return f"publication of {self.product_id}"


class PublicationItem(models.Model):
    """One picture of a publication: which bytes, where in the gallery, the store's id for it.

    ``marking`` is what was found of our note about the picture's making at ``external_url``, and
    ``marking_due_at`` when somebody is to look for it. ``refused`` is what a store that fetches its
    pictures says of one that it does not show.
    """

    class Placement(models.TextChoices):
        REPLACE = "replace", "In place of the original"
        FIRST = "first", "First, originals kept"
        LAST = "last", "Last, originals kept"

    class Marking(models.TextChoices):
        KEPT = "kept", "Kept by the store"
        LOST = "lost", "Removed by the store"
        UNKNOWN = "unknown", "Not known"

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="items")
    asset_id = models.UUIDField(
        db_index=True, help_text="The asset that was verified; not a key: layers point down."
    )
    storage_key = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=20)
    alt = models.CharField(max_length=255, blank=True, default="")
    placement = models.CharField(max_length=8, choices=Placement.choices, default=Placement.REPLACE)
    replaces = models.ForeignKey(SourceImage, null=True, on_delete=models.SET_NULL)
    external_id = models.CharField(max_length=191, blank=True, default="")
    external_url = models.URLField(max_length=2048, blank=True, default="")
    refused = models.CharField(max_length=500, blank=True, default="")
    marking = models.CharField(max_length=8, choices=Marking.choices, blank=True, default="")
    marking_note = models.TextField(blank=True, default="")
    marking_due_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="published_bytes")]

    def __str__(self) -> str:
        return f"{self.placement} {self.sha256[:8]}"

    @property
    def stands_for(self) -> str:
        """The merchant's original that it replaces; empty if it replaces none, or one of ours."""
        if self.replaces is None or self.replaces.is_generated:
            return ""
        return self.replaces.external_id


class Snapshot(models.Model):
    """The gallery as it was before the first write: ids, order, alt texts, the variants that show
    each image, and the bytes' keys."""

    publication = models.OneToOneField(
        Publication, on_delete=models.CASCADE, related_name="snapshot"
    )
    gallery = models.JSONField(
        help_text="List of {external_id, url, alt, name, variant_ids, key, sha256}, in order."
    )
    after = models.JSONField(null=True, help_text="The gallery as our write left it.")
    taken_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"snapshot of {self.publication_id}"


class PublishedImage(models.Model):
    """The ledger of what is ours in each store, so that our own images never become inputs."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="published_images")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="published_images")
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE)
    external_id = models.CharField(max_length=191)
    sha256 = models.CharField(max_length=64)
    stands_for = models.CharField(
        max_length=191, blank=True, default="", help_text="External id of the original it replaced."
    )
    is_original = models.BooleanField(
        default=False, help_text="The merchant's own image, uploaded again by an undo."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id", "product"], name="one_ledger_row_an_image"
            )
        ]

    def __str__(self) -> str:
        return f"{self.external_id} in {self.store_id}"
