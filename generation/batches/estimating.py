"""What a batch will make, take and cost, told before it is started; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

from django.conf import settings
from django.db.models import Exists, OuterRef

from generation import budgets
from generation.models import Asset, Generation, PresetVersion
from generation.selection import Selector, usable
from generation.spec import Kind
from integrations.models import Product, Store

SAMPLES = 20
# The newest results that the pace is measured from, and how many of a kind are enough.
LOOKED_AT, ENOUGH = 500, 5
# Seconds of one worker where nothing was measured yet: fetching a photo and a cut-out included.
USUAL_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """``products`` will have an image, ``skipped`` lack a photograph. ``free``: at most so many
    exist already and cost nothing. ``budget_left`` is None without a cap. ``is_measured``: the
    pace is that of this installation's latest images of the kind."""

    products: int
    skipped: int
    free: int
    seconds: int
    is_measured: bool
    workers: int
    budget_left: int | None
    samples: tuple[Product, ...]

    @property
    def today(self) -> int:
        """How many of the images today's budget has places for."""
        return self.products if self.budget_left is None else min(self.products, self.budget_left)

    @property
    def later(self) -> int:
        """How many wait for the budget of the next days."""
        return self.products - self.today


def estimate(*, store: Store, version: PresetVersion, selector: Selector) -> Estimate:
    """Estimate a batch of this preset over the products that the selector finds now."""
    found = selector.products(store)
    kind = version.parsed().kind
    ready = usable(found, kind)
    count = ready.count()
    measured = _measured_seconds(kind)
    workers: int = settings.ENV.workers
    samples = ready.select_related("store").prefetch_related("images").order_by("title", "pk")
    return Estimate(
        products=count,
        skipped=found.count() - count,
        free=ready.filter(_made_before(version)).count(),
        seconds=round(count * (measured or USUAL_SECONDS) / workers),
        is_measured=measured is not None,
        workers=workers,
        budget_left=budgets.left_today(store),
        samples=tuple(samples[:SAMPLES]),
    )


def _made_before(version: PresetVersion) -> Exists:
    """Whether a product has this very recipe's image; its photo may have changed since."""
    done = Generation.objects.filter(product=OuterRef("pk"), preset_version=version)
    return Exists(done.filter(status=Generation.Status.SUCCEEDED, asset__isnull=False))


def _measured_seconds(kind: Kind) -> float | None:
    """The mean seconds of work on the newest images of the kind that were really made."""
    newest = list(Asset.objects.order_by("-id").values_list("pk", flat=True)[:LOOKED_AT])
    rows = Generation.objects.filter(asset__in=newest, reused=False)
    of_kind = rows.filter(preset_version__spec__kind=kind).values_list("stage_times", flat=True)
    times = [sum(stages.values()) for stages in of_kind if stages]
    return mean(times) if len(times) >= ENOUGH else None
