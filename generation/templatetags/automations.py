"""An automation's settings in a merchant's words."""

from __future__ import annotations

from django import template

from generation.models import Automation, PublishMode
from generation.triggers import Filter

register = template.Library()


@register.filter
def narrowing(kept: dict[str, object]) -> str:
    """Which products a filter lets through: “active · tag summer · in Home > Kitchen”."""
    own = ("product_ids", "query")  # what a run's selector has besides
    narrowed = Filter.from_json({name: value for name, value in kept.items() if name not in own})
    words = [
        " or ".join(narrowed.status),
        f"tag {' or '.join(narrowed.tags)}" if narrowed.tags else "",
        f"in {narrowed.category}" if narrowed.category else "",
    ]
    return " · ".join(filter(None, words)) or "all products"


@register.filter
def publish_words(mode: str) -> str:
    """What happens to the images."""
    return PublishMode(mode).label


@register.filter
def pace_words(automation: Automation) -> str:
    """How long it waits, and how much it makes at most."""
    minutes = automation.debounce_seconds // 60
    words = [
        f"after {minutes} quiet minute{'' if minutes == 1 else 's'}" if minutes else "at once",
        f"{automation.product_limit} a product" if automation.product_limit else "",
        f"{automation.daily_limit:,} a day" if automation.daily_limit else "",
    ]
    return ", ".join(filter(None, words))
