"""Recipes: a preset has immutable versions, and automations start them when a product changes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from generation.spec import PresetSpec
from integrations.models import Product, Store
from productviz.accounts.models import Workspace
from productviz.lib.rows import LeasedModel, PublicIdModel, VersionedModel


class Preset(PublicIdModel, VersionedModel):
    """The named recipe for an image."""

    PREFIX = "pre"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="presets")
    name = models.CharField(max_length=100)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_preset_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def latest(self) -> PresetVersion:
        """The newest version; a preset always has one."""
        return self.versions.order_by("-number")[0]


class PresetVersion(PublicIdModel):
    """One immutable state of a preset; generations pin it."""

    PREFIX = "prv"

    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["preset", "number"], name="one_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.preset} v{self.number}"

    def parsed(self) -> PresetSpec:
        """The recipe, checked."""
        return PresetSpec.model_validate(self.spec)


class Automation(PublicIdModel, VersionedModel):
    """When a product's inputs change in this store, generate with this preset.

    ``filters`` narrows the products (see ``generation.triggers``). A change waits until the product
    has been quiet for ``debounce_seconds``: saving it five times makes one image.
    ``product_limit`` and ``daily_limit`` are images in 24 hours, None for the installation's.
    ``paused_at``: a fuse has stopped it (see ``generation.fuses``), until somebody resumes it;
    ``counted_since`` is when somebody last did. Changes up to ``swept_at`` (and, of that moment, up
    to the product ``swept_id``) have been looked over for what was missed.
    """

    PREFIX = "aut"

    class Trigger(models.TextChoices):
        CREATED = "product.created", "A product is new"
        INPUTS_CHANGED = "product.inputs_changed", "A product is new, or its photo or text changes"
        IMAGE_ADDED = "image.added", "A product gets a new photo"

    trigger = models.CharField(
        max_length=30, choices=Trigger.choices, default=Trigger.INPUTS_CHANGED
    )
    filters = models.JSONField(default=dict, blank=True)
    debounce_seconds = models.PositiveIntegerField(default=600)
    product_limit = models.PositiveIntegerField(null=True, blank=True, default=2)
    daily_limit = models.PositiveIntegerField(null=True, blank=True, default=200)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="automations")
    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="automations")
    publish = models.CharField(max_length=8, default="approval")
    enabled = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.TextField(blank=True, default="")
    counted_since = models.DateTimeField(null=True, blank=True)
    swept_at = models.DateTimeField(default=timezone.now, editable=False)
    swept_id = models.UUIDField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "preset"], name="one_automation_a_preset")
        ]

    def __str__(self) -> str:
        return f"{self.preset} on change in {self.store}"


class HeldChange(models.Model):
    """A product that changed while an automation was paused, or that is not quiet yet.

    ``due_at``: when it may be gone on with; ``first_at``: since when it waits.
    """

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="held")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    first_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["automation", "product"], name="one_held_change")
        ]
        indexes = [models.Index(fields=["automation", "due_at"], name="held_change_due")]

    def __str__(self) -> str:
        return f"{self.product_id} for {self.automation_id}"


class Schedule(PublicIdModel, VersionedModel, LeasedModel):
    """Start a batch at a date, once or again and again; undo it at another one (a season).

    ``next_at`` is the next start, None when there is none left. ``undo_after_days``: how long a
    run stays published before it is undone by itself; None for good. ``notice`` says why the last
    date was passed over; empty when it was not.
    """

    PREFIX = "sch"

    class Every(models.TextChoices):
        ONCE = "once", "Once"
        DAY = "day", "Every day"
        WEEK = "week", "Every week"
        MONTH = "month", "Every month"
        YEAR = "year", "Every year"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="schedules")
    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=100)
    selector = models.JSONField(default=dict, blank=True)
    publish = models.CharField(max_length=8, default="approval")
    every = models.CharField(max_length=5, choices=Every.choices, default=Every.ONCE)
    first_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, db_index=True)
    undo_after_days = models.PositiveSmallIntegerField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    notice = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    def __str__(self) -> str:
        return self.name
