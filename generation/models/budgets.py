"""What a workspace may spend in images, and what it has spent, day by day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models import Store
from productviz.accounts.models import Workspace


class Budget(models.Model):
    """The most images that a workspace, or one store of it, may make in a day (UTC)."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="budgets")
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets"
    )
    daily_images = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(store=None), name="one_budget_a_workspace"
            ),
            models.UniqueConstraint(fields=["store"], name="one_budget_a_store"),
        ]

    def __str__(self) -> str:
        return f"{self.daily_images} images a day"


class UsageDay(models.Model):
    """One store's day (UTC): images that have a place reserved, and images that were made.

    A place is reserved at intake and settled at the end, see ``generation.budgets``. ``told`` is
    the highest share of the store's budget, in percent, that was told of, ``told_workspace`` that
    of the workspace's.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="usage")
    # What was spent stays spent when a store is deleted.
    store = models.ForeignKey(Store, null=True, on_delete=models.SET_NULL, related_name="usage")
    day = models.DateField()
    reserved = models.IntegerField(default=0)
    spent = models.PositiveIntegerField(default=0)
    reused = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    told = models.PositiveSmallIntegerField(default=0)
    told_workspace = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "day"], name="one_usage_a_store_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.spent} images on {self.day}"
