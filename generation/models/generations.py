"""Requests for images: one generation each, batches of them, and the states they pass."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from generation.models.assets import Asset
from generation.models.presets import Automation, PresetVersion
from generation.types import MAIN_ROLE, Stage
from integrations.models import Product, Publication, SourceImage, Store
from productviz.accounts.models import Workspace
from productviz.lib.rows import LeasedModel, PublicIdModel


class PublishMode(models.TextChoices):
    """What happens to a verified image."""

    NONE = "none", "Keep it here"
    APPROVAL = "approval", "Publish after approval"
    AUTO = "auto", "Publish what passes every check"


class Lane(models.IntegerChoices):
    """Which work goes first; one person waiting comes before a thousand products."""

    INTERACTIVE = 0, "Interactive"
    NORMAL = 1, "Normal"
    BULK = 2, "Bulk"


class Batch(PublicIdModel):
    """Many generations started together; paused, resumed, cancelled and undone as one."""

    PREFIX = "bat"

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        CANCELED = "canceled", "Canceled"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="batches")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="batches")
    preset_version = models.ForeignKey(PresetVersion, on_delete=models.PROTECT)
    publish = models.CharField(max_length=8, choices=PublishMode.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    def __str__(self) -> str:
        return f"batch {self.public_id}"


class Generation(PublicIdModel, LeasedModel):
    """One request: this product, these source images, this preset version; six stages."""

    PREFIX = "gen"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        PROCESSING = "processing", "Working"
        AWAITING_REVIEW = "awaiting_review", "Needs review"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"
        REJECTED = "rejected", "Rejected"
        CANCELED = "canceled", "Canceled"

    WAITING = (Status.QUEUED, Status.PROCESSING)
    TERMINAL = (Status.SUCCEEDED, Status.FAILED, Status.REJECTED, Status.CANCELED)

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="generations")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="generations")
    preset_version = models.ForeignKey(PresetVersion, on_delete=models.PROTECT)
    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="generations"
    )
    automation = models.ForeignKey(
        Automation, null=True, blank=True, on_delete=models.SET_NULL, related_name="generations"
    )
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.NORMAL)
    publish = models.CharField(
        max_length=8, choices=PublishMode.choices, default=PublishMode.APPROVAL
    )
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.QUEUED)
    # The stage that runs next, or that the generation ended in.
    stage = models.CharField(max_length=11, default=Stage.PREPROCESS)
    stage_times = models.JSONField(default=dict, help_text="Seconds spent, a stage.")
    seed = models.PositiveBigIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    reused = models.BooleanField(default=False)
    asset = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="generations"
    )
    publication = models.OneToOneField(
        Publication, null=True, blank=True, on_delete=models.SET_NULL, related_name="generation"
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["lane", "id"],
                condition=Q(status__in=["queued", "processing"]),
                name="generation_waiting",
            ),
            models.Index(fields=["workspace", "-created_at"], name="generation_list"),
            models.Index(fields=["fingerprint"], name="generation_fingerprint"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def source(self) -> SourceImage:
        """The first source image."""
        return self.sources.select_related("image").order_by("position")[0].image


class GenerationSource(models.Model):
    """One input picture of a generation, and its part in it.

    ``height_cm`` is the product's real height, for true proportions in a group.
    """

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="sources")
    image = models.ForeignKey(SourceImage, on_delete=models.CASCADE, related_name="uses")
    position = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=10, default=MAIN_ROLE)
    height_cm = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "position"], name="one_source_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.image_id} of {self.generation_id}"
