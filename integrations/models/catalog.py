"""The mirror of each store's catalog, and the sweeps that keep it fresh."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models.stores import Store
from productviz.lib.rows import LeasedModel, PublicIdModel


class Product(PublicIdModel):
    """A product or variant of a store, as last read. ``title`` is plain text.

    ``inputs_hash`` covers what a picture depends on (see ``integrations.inputs``); it alone decides
    whether a change in the store is a change for us.
    """

    PREFIX = "prd"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        DRAFT = "draft", "Draft"
        DELETED = "deleted", "Deleted"

    class Type(models.TextChoices):
        SIMPLE = "simple", "Simple"
        PARENT = "parent", "With variants"
        VARIANT = "variant", "Variant"
        OTHER = "other", "Other"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="products")
    external_id = models.CharField(max_length=191)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="variants"
    )
    type = models.CharField(max_length=8, choices=Type.choices, default=Type.SIMPLE)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    sku = models.CharField(max_length=191, blank=True, default="")
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True, default="")
    options = models.JSONField(default=dict)
    url = models.URLField(max_length=2048, blank=True, default="")
    remote_updated_at = models.DateTimeField(null=True)
    inputs_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"], name="one_product_an_external_id"
            )
        ]
        indexes = [models.Index(fields=["store", "status", "id"], name="product_list")]

    def __str__(self) -> str:
        return self.title


class PresentImages(models.Manager["SourceImage"]):
    """The images that a product has now; what left its gallery is history."""

    def get_queryset(self) -> models.QuerySet[SourceImage]:
        """Only rows that were not removed."""
        return super().get_queryset().filter(removed_at=None)


class SourceImage(PublicIdModel):
    """One image of a product's gallery in the store.

    ``is_generated``: we published it, so it is never an input. ``replaced_by_us``: it left the
    gallery because ours took its place; it stays an input. ``removed_at``: it left the gallery
    otherwise; the row stays, since generations were made from it.
    """

    PREFIX = "img"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    external_id = models.CharField(max_length=191)
    url = models.URLField(max_length=2048)
    alt = models.TextField(blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    is_generated = models.BooleanField(default=False)
    replaced_by_us = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = PresentImages()
    with_removed: models.Manager[SourceImage] = models.Manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "external_id"], name="one_image_an_external_id"
            )
        ]

    def __str__(self) -> str:
        return f"image {self.external_id} of {self.product_id}"


class SyncRun(PublicIdModel, LeasedModel):
    """One sweep over a store's catalog; its cursor lets a killed or interrupted sweep go on."""

    PREFIX = "syn"

    class Kind(models.TextChoices):
        FULL = "full", "Full"
        CHANGES = "changes", "Changes"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        ASKING = "asking", "Needs your answer"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    ACTIVE = (State.QUEUED, State.RUNNING)

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="sync_runs")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.FULL)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    cursor = models.TextField(blank=True, default="")
    pages_done = models.BooleanField(default=False)
    seen = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    newest = models.DateTimeField(null=True)
    deletions_confirmed = models.BooleanField(default=False)
    message = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(state__in=["queued", "running"]),
                name="one_active_sync_a_store",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} sync of {self.store_id}"


class SweptPage(models.Model):
    """The products that a full sweep met on one page: the last eight bytes of each id, packed."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="swept_pages")
    products = models.BinaryField()

    def __str__(self) -> str:
        return f"a page of {self.run_id}"
