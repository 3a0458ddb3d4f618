"""Recipes: a preset has immutable versions, and automations start them when a product changes."""

from __future__ import annotations

from django.db import models

from generation.spec import PresetSpec
from integrations.models import Product, Store
from productviz.accounts.models import Workspace
from productviz.lib.rows import PublicIdModel


class Preset(PublicIdModel):
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


class Automation(PublicIdModel):
    """When a product's inputs change in this store, generate with this preset.

    ``paused_at``: a fuse has stopped it (see ``generation.fuses``), until somebody resumes it;
    ``counted_since`` is when somebody last did.
    """

    PREFIX = "aut"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="automations")
    preset = models.ForeignKey(Preset, on_delete=models.CASCADE, related_name="automations")
    publish = models.CharField(max_length=8, default="approval")
    enabled = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.TextField(blank=True, default="")
    counted_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "preset"], name="one_automation_a_preset")
        ]

    def __str__(self) -> str:
        return f"{self.preset} on change in {self.store}"


class HeldChange(models.Model):
    """A product that changed while an automation was paused."""

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="held")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["automation", "product"], name="one_held_change")
        ]

    def __str__(self) -> str:
        return f"{self.product_id} for {self.automation_id}"
