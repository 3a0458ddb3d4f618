"""The rules of sales channels that a packshot can break, with their dates, and their checks.

Figures as compiled on 2026-11-22. None means that no rule was found. Rules about content that
pixels cannot show (props, models, overlays) are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from generation.imaging.geometry import product_box
from generation.types import Check, EncodedFile, Verdict

from .checks import judged, reject_if
from .evidence import Evidence


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """One channel role's limits; ``fill_verdict`` is how hard the channel is about the fill."""

    channel: str
    source: str
    formats: frozenset[str]
    min_side: int = 1
    min_longest: int = 1
    max_longest: int = 65535
    max_pixels: int | None = None
    max_bytes: int | None = None
    fill: tuple[float, float] | None = None
    fill_verdict: Verdict = Verdict.REVIEW
    valid_from: date = date.min
    valid_until: date = date.max


_GOOGLE_FORMATS = frozenset({"jpeg", "webp", "png"})
_GOOGLE_SOURCE = "support.google.com/merchants/answer/6324350 (official); fill: third party"

RULES: tuple[ChannelRule, ...] = (
    ChannelRule(
        channel="amazon.main",
        source="mercatuslab.com/blog/amazon-product-image-requirements, four more third parties",
        formats=frozenset({"jpeg", "png"}),
        min_longest=500,
        max_longest=10_000,
        max_bytes=10_485_760,
        fill=(0.85, 1.0),
        fill_verdict=Verdict.REJECT,
    ),
    # Before 2027-01-31 apparel needs 250 px and other goods 100; the larger serves both.
    ChannelRule(
        channel="google.image_link",
        source=_GOOGLE_SOURCE,
        formats=_GOOGLE_FORMATS,
        min_side=250,
        max_pixels=64_000_000,
        max_bytes=16_777_216,
        fill=(0.75, 0.90),
        valid_until=date(2027, 1, 30),
    ),
    ChannelRule(
        channel="google.image_link",
        source=_GOOGLE_SOURCE,
        formats=_GOOGLE_FORMATS,
        min_side=500,
        max_pixels=64_000_000,
        max_bytes=16_777_216,
        fill=(0.75, 0.90),
        valid_from=date(2027, 1, 31),
    ),
    ChannelRule(
        channel="shopify.product",
        source="help.shopify.com/api/guides/media (official); 20 MB: third party",
        formats=frozenset({"jpeg", "png", "webp"}),
        max_longest=4472,
        max_pixels=20_000_000,
        max_bytes=20_971_520,
    ),
    # WordPress serves a "-scaled" copy of anything larger, without our metadata.
    ChannelRule(
        channel="woocommerce.product",
        source="WordPress core, filter big_image_size_threshold (recall, unverified)",
        formats=frozenset({"jpeg", "png", "webp"}),
        max_longest=2560,
    ),
)


def rule_for(channel: str, today: date) -> ChannelRule:
    """Give the rule of a channel on a day; raises `KeyError` for a channel not in the table."""
    for rule in RULES:
        if rule.channel == channel and rule.valid_from <= today <= rule.valid_until:
            return rule
    raise KeyError(f"No rules are known for the channel {channel}.")


def check_channel(seen: Evidence, file: EncodedFile, today: date) -> Iterator[Check]:
    """Does the main file obey the sales channels the preset names?"""
    for channel in seen.spec.channels:
        yield from _check_rule(seen, file, rule_for(channel, today))


def _check_rule(seen: Evidence, file: EncodedFile, rule: ChannelRule) -> Iterator[Check]:
    height, width = seen.rendered.product.shape
    fits = (
        min(width, height) >= rule.min_side
        and rule.min_longest <= max(width, height) <= rule.max_longest
        and width * height <= (rule.max_pixels or width * height)
    )
    yield judged(
        "channel_size",
        value=max(width, height),
        threshold=rule.max_longest if max(width, height) > rule.max_longest else rule.min_longest,
        fails=reject_if(not fits),
        good=f"{rule.channel} takes this size.",
        bad=f"{rule.channel} does not take {width} x {height} pixels.",
    )
    too_heavy = rule.max_bytes is not None and len(file.data) > rule.max_bytes
    yield judged(
        "channel_bytes",
        value=len(file.data),
        threshold=rule.max_bytes or 0,
        fails=reject_if(too_heavy),
        good=f"{rule.channel} takes a file this large.",
        bad=f"The file is too large for {rule.channel}. Set max_bytes in the preset.",
    )
    if rule.fill is None:
        return
    low, high = rule.fill
    box = product_box(seen.rendered.product)
    fill = max(box.width / width, box.height / height)
    # A pixel of resampled edge on either side is not the merchant's to answer for.
    slack = 2 / max(width, height)
    fits = low - slack <= fill <= high + slack
    yield judged(
        "channel_fill",
        value=fill,
        threshold=low if fill < low else high,
        fails=None if fits else rule.fill_verdict,
        good=f"The product fills the picture as {rule.channel} asks.",
        bad=f"{rule.channel} asks for a product that fills {low:.0%} to {high:.0%} of the "
        f"picture; it fills {fill:.0%}. Change the margin, or use a larger photo.",
    )
