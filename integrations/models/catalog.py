"""The mirror of each store's catalog, and the sweeps that keep it fresh."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from integrations.models.stores import Store
from productviz.accounts.models import Workspace
from productviz.lib.rows import (
    LeasedModel,
    PublicIdModel,
    VersionedManager,
    VersionedModel,
    VersionedQuerySet,
)


class Product(PublicIdModel, VersionedModel):
    """A product or variant of a store, as last read. ``title`` is plain text.

    ``inputs_hash`` covers what a picture depends on (see ``integrations.inputs``); it alone decides
    whether a change in the store is a change for us, and ``inputs_changed_at`` is when it did last.
    """

    PREFIX = "prd"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        DRAFT = "draft", "Draft"
        ARCHIVED = "archived", "Archived"
        DELETED = "deleted", "Deleted"

    class Type(models.TextChoices):
        SIMPLE = "simple", "Simple"
        PARENT = "parent", "With variants"
        VARIANT = "variant", "Variant"
        BUNDLE = "bundle", "Bundle"
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
    brand = models.CharField(max_length=191, blank=True, default="")
    category_path = models.CharField(max_length=500, blank=True, default="")
    attributes = models.JSONField(default=dict, blank=True)
    tags = models.JSONField(default=list, blank=True)
    locale = models.CharField(max_length=20, blank=True, default="")
    url = models.URLField(max_length=2048, blank=True, default="")
    remote_updated_at = models.DateTimeField(null=True)
    inputs_hash = models.CharField(max_length=64, blank=True, default="")
    inputs_changed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "external_id"], name="one_product_an_external_id"
            )
        ]
        indexes = [
            models.Index(fields=["store", "status", "id"], name="product_list"),
            models.Index(fields=["store", "inputs_changed_at", "id"], name="product_changes"),
        ]

    def __str__(self) -> str:
        return self.title


# An image that an API client has sent counts once it was found to be a picture.
IS_INPUT = Q(origin="store") | Q(status="ready")


class PresentImages(VersionedManager["SourceImage"]):
    """The images that a product has now; what left its gallery is history."""

    def get_queryset(self) -> VersionedQuerySet[SourceImage]:
        """Only rows that were not removed."""
        return super().get_queryset().filter(removed_at=None)

    def usable(self) -> VersionedQuerySet[SourceImage]:
        """What pictures can be made from: not ours, and looked at where it did not come from a
        store's own gallery."""
        return self.get_queryset().filter(IS_INPUT, is_generated=False)


class SourceImage(PublicIdModel, VersionedModel):
    """One image of a product's gallery in the store.

    ``is_generated``: we published it, so it is never an input. ``replaced_by_us``: it left the
    gallery because ours took its place; it stays an input. ``removed_at``: it left the gallery
    otherwise; the row stays, since generations were made from it. ``facts`` are what its file was
    found to be: format, bytes and the like.
    """

    PREFIX = "img"

    class Origin(models.TextChoices):
        STORE = "store", "The store"
        UPLOAD = "upload", "An upload"
        URL = "url", "An address"

    class Status(models.TextChoices):
        PENDING = "pending", "Not fetched yet"
        READY = "ready", "Ready"
        REJECTED = "rejected", "Not usable"

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
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.STORE)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True, default="")
    role = models.CharField(max_length=40, blank=True, default="")
    facts = models.JSONField(default=dict, blank=True)
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[PresentImages] = PresentImages()
    with_removed = VersionedManager["SourceImage"]()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "external_id"], name="one_image_an_external_id"
            )
        ]

    def __str__(self) -> str:
        return f"image {self.external_id} of {self.product_id}"

    @property
    def is_usable(self) -> bool:
        """As ``usable`` says of rows."""
        is_input = self.origin == self.Origin.STORE or self.status == self.Status.READY
        return is_input and not self.is_generated


class Arrival(PublicIdModel, LeasedModel):
    """An image that an API client has sent and nobody has looked at yet; gone once somebody has.

    ``sha256`` is what the client says that the file is; empty where it says nothing.
    """

    PREFIX = "arr"

    image = models.OneToOneField(SourceImage, on_delete=models.CASCADE, related_name="arrival")
    sha256 = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"arrival of {self.image_id}"


class Upload(PublicIdModel):
    """Bytes that an API client has sent, to be used once as a source image."""

    PREFIX = "upl"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="uploads")
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    bytes = models.PositiveIntegerField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"upload {self.sha256[:8]}"


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
