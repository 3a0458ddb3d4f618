"""What an automation would do: what starts now, how much a day, and what would stop it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Subquery
from django.utils import timezone

from generation import budgets, fuses
from generation.models import Automation, HeldChange
from generation.preset_words import obstacle
from generation.selection import has_photo
from generation.triggers import Filter, changed_since_made, pace
from integrations.models import Product
from integrations.models.stores import StoreStatus

SAMPLES = 20
DAYS = 7


@dataclass(frozen=True, slots=True)
class Simulation:
    """``products`` would start now, once they are quiet; ``changed`` is how many would have started
    in the last seven days, ``per_day`` their daily number. ``samples`` are of the first, or of the
    second where nothing starts now. ``stops_because``: empty where nothing would stop it.
    """

    products: int
    samples: tuple[Product, ...]
    changed: int
    per_day: int
    stops_because: str


def simulate(automation: Automation) -> Simulation:
    """What would happen if the automation, saved or not, were on; writes nothing."""
    held = HeldChange.objects.filter(automation=automation.pk).values("product")
    waiting = Product.objects.filter(pk__in=Subquery(held))
    waiting = Filter.from_json(automation.filters).products(waiting).filter(has_photo())
    waiting = changed_since_made(automation, waiting).order_by("title", "pk")
    lately = pace(automation, timezone.now() - timedelta(days=DAYS)).order_by("title", "pk")
    products, changed = waiting.count(), lately.count()
    per_day = math.ceil(changed / DAYS)
    return Simulation(
        products=products,
        samples=tuple((waiting if products else lately)[:SAMPLES]),
        changed=changed,
        per_day=per_day,
        stops_because=_obstacle(automation) or _limit(automation, max(products, per_day)),
    )


def _obstacle(automation: Automation) -> str:
    """What would keep it from making anything at all."""
    if automation.store.status == StoreStatus.DISCONNECTED:
        return f"{automation.store} is disconnected. Connect it again first."
    if automation.preset.archived_at:
        return f"The preset “{automation.preset}” is put away. Choose another one."
    if automation.paused_at:
        return automation.pause_reason
    return obstacle(automation.preset.latest.parsed())


def _limit(automation: Automation, images: int) -> str:
    """Which ceiling so many images would reach."""
    left = fuses.Tally.of(automation).left()
    in_budget = budgets.left_today(automation.store)
    if in_budget is not None and in_budget < min(images, left):
        return (
            f"The day’s budget has {in_budget:,} images left; {images:,} are to be expected."
            " Raise the limit under “Budgets”, or narrow its products."
        )
    if images <= left:
        return ""
    return (
        f"It would pause after {left:,} images, the most that it may still make within 24 hours;"
        f" {images:,} are to be expected. Raise its daily limit, or narrow its products."
    )
