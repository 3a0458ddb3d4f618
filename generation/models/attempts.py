"""What the stages leave behind on the way: cut-outs, candidates and their quality reports."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from generation.types import Verdict
from productviz.accounts.models import Workspace
from productviz.lib.rows import PublicIdModel


class Cutout(PublicIdModel):
    """Product pixels and alpha of one source picture by one model version; re-used for ever."""

    PREFIX = "cut"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    source_sha256 = models.CharField(max_length=64)
    model = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    confidence = models.FloatField()
    agreement = models.FloatField()
    coverage = models.FloatField()
    needs_review = models.BooleanField()
    reasons = models.JSONField(default=list)
    hits = models.PositiveIntegerField(default=0, help_text="Times it was there already.")
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source_sha256", "model"], name="one_cutout_a_source_and_model"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_sha256[:8]} by {self.model}"


class CutoutEdit(PublicIdModel):
    """A person's correction of one picture's outline; every later cut-out of it follows.

    ``strokes_key`` is a PNG at the preview's size (place ``work``) with one of the three labels a
    pixel, and ``digest`` tells two corrections apart. ``see_through``: glass, where the ground is
    to shine through.
    """

    PREFIX = "edt"
    UNTOUCHED, REMOVE, KEEP = 0, 1, 2

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    source_sha256 = models.CharField(max_length=64)
    strokes_key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    see_through = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source_sha256"], name="one_correction_a_source"
            )
        ]

    def __str__(self) -> str:
        return f"correction of {self.source_sha256[:8]}"

    @property
    def suffix(self) -> str:
        """What it adds to the name of the cut-out's model: other strokes, another cut-out."""
        return f"+strokes:{self.digest[:8]}"


class Candidate(PublicIdModel):
    """One attempt at a generation's picture; a retry makes a new one, never an edited one."""

    PREFIX = "cnd"

    generation = models.ForeignKey(
        "generation.Generation", on_delete=models.CASCADE, related_name="candidates"
    )
    number = models.PositiveSmallIntegerField()
    seed = models.PositiveBigIntegerField()
    engine = models.CharField(max_length=60)
    transform = models.JSONField()
    files = models.JSONField(help_text="List of {name, format, width, height, bytes, sha256, key}.")
    manifest = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "number"], name="one_candidate_a_number")
        ]

    def __str__(self) -> str:
        return f"candidate {self.number} of {self.generation_id}"


class QualityReport(models.Model):
    """Every check's figure, threshold and verdict for one candidate."""

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="report")
    verdict = models.CharField(max_length=6, choices=[(v.value, v.value) for v in Verdict])
    score = models.FloatField()
    checks = models.JSONField(help_text="List of {name, value, threshold, verdict, message}.")

    def __str__(self) -> str:
        return f"{self.verdict} ({self.score:.0f})"
