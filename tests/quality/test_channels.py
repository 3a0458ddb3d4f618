from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from generation.quality.channels import RULES, ChannelRule, rule_for
from generation.spec import Channel

_SHARED = Path(__file__).parents[3] / "shared" / "channel_specs.json"


@pytest.mark.parametrize("channel", get_args(Channel))
@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2027, 1, 31), date(2030, 1, 1)])
def test_every_channel_of_a_preset_has_one_rule_on_any_day(channel: str, day: date) -> None:
    fitting = [
        rule
        for rule in RULES
        if rule.channel == channel and rule.valid_from <= day <= rule.valid_until
    ]

    assert len(fitting) == 1
    assert rule_for(channel, day) is fitting[0]
    assert fitting[0].source


def test_an_unknown_channel_is_named() -> None:
    with pytest.raises(KeyError, match="market"):
        rule_for("market", date(2026, 11, 22))


def _compiled(identifier: str) -> dict[str, Any]:
    table = json.loads(_SHARED.read_text())
    return next(row for row in table["channels"] if row["id"] == identifier)


@pytest.mark.skipif(not _SHARED.exists(), reason="the contract table is not beside the checkout")
@pytest.mark.parametrize(
    ("identifier", "rule"),
    [
        ("amazon.main", rule_for("amazon.main", date(2026, 11, 22))),
        (
            "google.image_link.apparel.until_2027_01_30",
            rule_for("google.image_link", date(2026, 11, 22)),
        ),
        ("google.image_link.from_2027_01_31", rule_for("google.image_link", date(2027, 2, 1))),
        ("shopify.product", rule_for("shopify.product", date(2026, 11, 22))),
        ("woocommerce.product", rule_for("woocommerce.product", date(2026, 11, 22))),
    ],
)
def test_the_rules_agree_with_the_compiled_table(identifier: str, rule: ChannelRule) -> None:
    row = _compiled(identifier)
    fill = row["fill_ratio"]
    ceilings = row["max_px"]

    assert rule.formats <= set(row["formats"])
    assert rule.max_bytes == row["max_bytes"]
    assert rule.fill == (None if fill["min"] is None else (fill["min"], fill["max"]))
    assert rule.min_side == (row["min_px"]["width"] or 1)
    assert rule.min_longest == (row["min_px"]["longest_side"] or 1)
    assert rule.max_longest == (ceilings.get("longest_side") or ceilings.get("width") or 65535)
    assert rule.max_pixels == (
        int(ceilings["megapixels"] * 1_000_000) if ceilings.get("megapixels") else None
    )
