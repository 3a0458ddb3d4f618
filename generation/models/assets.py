"""Verified results and their files, content-addressed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from integrations.models import Product
from productviz.accounts.models import Workspace
from productviz.lib.rows import PublicIdModel, VersionedModel


class Asset(PublicIdModel, VersionedModel):
    """A verified picture; ``fingerprint`` is the request it answers, so equal ones re-use it."""

    PREFIX = "ast"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="assets")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="assets")
    fingerprint = models.CharField(max_length=64)
    manifest = models.JSONField()
    score = models.FloatField()
    hits = models.PositiveIntegerField(default=0, help_text="Times an equal request was free.")
    used_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "fingerprint"], name="one_asset_a_fingerprint"
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def main(self) -> Rendition:
        """The full-size file."""
        return self.rendition("main")

    def rendition(self, name: str) -> Rendition:
        """The file of that name; raises Rendition.DoesNotExist."""
        return next(
            (one for one in self.renditions.all() if one.name == name), None
        ) or self.renditions.get(name=name)


class Rendition(models.Model):
    """One file of an asset; the key is a content hash, never a name from outside."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=40)
    format = models.CharField(max_length=4)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "name"], name="one_rendition_a_name")
        ]
        # Asked for every file that is served: is there still an image of it?
        indexes = [models.Index(fields=["sha256"], name="rendition_by_hash")]

    def __str__(self) -> str:
        return f"{self.name} of {self.asset_id}"
