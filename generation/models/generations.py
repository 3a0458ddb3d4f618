"""Requests for images: one generation each, batches of them, and the states they pass."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from generation.models.assets import Asset
from generation.models.painting import Person
from generation.models.presets import Automation, PresetVersion
from generation.spec import PresetSpec
from generation.types import MAIN_ROLE, Stage
from integrations.models import Product, Publication, SourceImage, Store
from productviz.accounts.models import Workspace
from productviz.lib.queue import DEFAULT
from productviz.lib.rows import LeasedModel, PublicIdModel, VersionedModel

CANCELING = "canceling"


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


class Batch(PublicIdModel, VersionedModel, LeasedModel):
    """Many generations started together; paused, resumed, cancelled and undone as one.

    While it is preparing, workers turn ``selector`` into generations, in chunks that end at
    ``cursor`` (the last product looked at). ``expected`` products matched at the start; ``total``
    became generations, ``skipped`` did not, and ``skipped_why`` counts them by code.
    ``concurrency`` limits how many run at a time. ``undo_at``: when the run is undone by itself.

    ``is_held``: nothing of it is begun now (a person paused it, or it is being cancelled).
    ``pause_reason`` is empty where a person paused it; otherwise what has a place goes on, and only
    the rest waits. ``errand`` is what workers still have to do with many of its rows, ``errand_at``
    the last row looked at. ``told_percent`` and ``told_at`` are of the last ``batch.progress``.
    """

    PREFIX = "bat"

    class State(models.TextChoices):
        PREPARING = "preparing", "Preparing"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Done"
        CANCELED = "canceled", "Canceled"

    class Pause(models.TextChoices):
        BUDGET = "budget_exhausted", "The day's budget is used up"
        FAULT = "internal_error", "Preparing it failed again and again"

    class Errand(models.TextChoices):
        CANCEL = "cancel", "Cancel the rest"
        RETRY = "retry", "Retry what failed"
        UNDO = "undo", "Undo the run"

    OPEN = (State.PREPARING, State.RUNNING, State.PAUSED)

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="batches")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="batches")
    preset_version = models.ForeignKey(PresetVersion, on_delete=models.PROTECT)
    publish = models.CharField(max_length=8, choices=PublishMode.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    selector = models.JSONField(default=dict)
    cursor = models.UUIDField(null=True, editable=False)
    prepared_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    skipped_why = models.JSONField(default=dict)
    is_held = models.BooleanField(default=False)
    pause_reason = models.CharField(max_length=20, choices=Pause.choices, blank=True, default="")
    errand = models.CharField(max_length=6, choices=Errand.choices, blank=True, default="")
    errand_at = models.UUIDField(null=True, editable=False)
    errand_done = models.PositiveIntegerField(default=0)
    errand_total = models.PositiveIntegerField(default=0)
    told_percent = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    concurrency = models.PositiveSmallIntegerField(null=True, blank=True)
    is_test = models.BooleanField(default=False)
    schedule = models.ForeignKey(
        "generation.Schedule",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="batches",
    )
    undo_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["preparing", "running", "paused"]) | ~Q(errand=""),
                name="batch_open",
            ),
            # The claim asks which these are: few of many.
            models.Index(fields=["id"], condition=Q(is_held=True), name="batch_held"),
        ]

    def __str__(self) -> str:
        return f"batch {self.public_id}"


class Generation(PublicIdModel, VersionedModel, LeasedModel):
    """One request: this product, these source images, this preset version; six stages.

    ``turn`` orders a lane so that workspaces take turns. ``reserved_on`` is the day whose budget
    holds a place for it; None where none is held (any more). ``audience`` is the outbox's.
    ``overrides`` replaces parts of the preset's recipe for this request alone. ``inputs_hash`` is
    the product's as it was when the request was accepted.
    """

    PREFIX = "gen"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        PROCESSING = "processing", "Working"
        AWAITING_REVIEW = "awaiting_review", "Needs review"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"
        REJECTED = "rejected", "Rejected"
        CANCELED = "canceled", "Canceled"
        EXPIRED = "expired", "Too late"

    WAITING = (Status.QUEUED, Status.PROCESSING)
    TERMINAL = (
        Status.SUCCEEDED,
        Status.FAILED,
        Status.REJECTED,
        Status.CANCELED,
        Status.EXPIRED,
    )

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="generations")
    # The product's own, beside it so that the line is read without joining anything.
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="generations")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="generations")
    preset_version = models.ForeignKey(PresetVersion, on_delete=models.PROTECT)
    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="generations"
    )
    automation = models.ForeignKey(
        Automation, null=True, blank=True, on_delete=models.SET_NULL, related_name="generations"
    )
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.NORMAL)
    turn = models.PositiveBigIntegerField(default=0)
    publish = models.CharField(
        max_length=8, choices=PublishMode.choices, default=PublishMode.APPROVAL
    )
    overrides = models.JSONField(default=dict, blank=True)
    inputs_hash = models.CharField(max_length=64, blank=True, default="")
    deadline = models.DateTimeField(null=True, blank=True)
    is_test = models.BooleanField(default=False)
    audience = models.JSONField(default=dict, blank=True)
    reserved_on = models.DateField(null=True, editable=False)
    # Whose workers do the next stage, and which painted ones may share a model's forward passes.
    queue = models.CharField(max_length=8, default=DEFAULT, editable=False)
    compatibility = models.CharField(max_length=32, blank=True, default="", editable=False)
    steps = models.PositiveSmallIntegerField(default=0, editable=False)
    steps_done = models.PositiveSmallIntegerField(default=0, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    # The new person whose first picture goes ahead of this one.
    waits_for = models.ForeignKey(
        Person,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.QUEUED)
    # How often it was put off because nobody could paint it: no retry, as it has not failed itself.
    painter_waits = models.PositiveSmallIntegerField(default=0, editable=False)
    # Failed in a painter, or may have ended one: it is painted alone.
    is_suspect = models.BooleanField(default=False, editable=False)
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
                fields=["queue", "lane", "turn", "id"],
                condition=Q(status__in=["queued", "processing"]),
                name="generation_waiting",
            ),
            models.Index(
                fields=["workspace", "lane", "-turn"],
                condition=Q(status__in=["queued", "processing"]),
                name="generation_turns",
            ),
            models.Index(fields=["workspace", "created_at", "id"], name="generation_list"),
            models.Index(fields=["batch", "status", "turn", "id"], name="generation_of_batch"),
            # For batches with a limit: how many of their rows are in work.
            models.Index(
                fields=["batch"],
                condition=~Q(lease_owner="") & Q(batch__isnull=False),
                name="generation_in_work",
            ),
            models.Index(
                fields=["batch", "finished_at"],
                condition=Q(batch__isnull=False, finished_at__isnull=False),
                name="generation_pace",
            ),
            models.Index(fields=["fingerprint"], name="generation_fingerprint"),
            models.Index(
                fields=["automation", "created_at"],
                condition=Q(automation__isnull=False),
                name="generation_of_automation",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def recipe(self) -> PresetSpec:
        """The pinned preset version with this request's own wishes, checked."""
        spec = PresetSpec.model_validate({**self.preset_version.spec, **self.overrides})
        return spec.for_test() if self.is_test else spec

    @property
    def shown_status(self) -> str:
        """The status as it is told: "canceling" while a model has yet to reach its next step."""
        stopping = self.cancel_requested and self.status == self.Status.PROCESSING
        return CANCELING if stopping else self.status

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
