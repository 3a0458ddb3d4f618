"""Writes the table of sales channels in docs/channels.md from the rules."""

from __future__ import annotations

from generation.channels import ChannelRule, rules
from productviz.env import ROOT

PAGE = ROOT / "docs" / "channels.md"
START, END = "<!-- channels:", "<!-- end of channels -->"
_GROUNDS = {
    "any": "any",
    "white": "pure white",
    "white_or_transparent": "white or none",
    "plain_light": "plain, light",
    "unknown": "ask Zalando",
}


def table() -> str:
    """The rules as a Markdown table."""
    head = "| channel | least | file made | at most | fill | ground | AI images | sure |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *map(_row, rules())])


def _row(rule: ChannelRule) -> str:
    ground = _GROUNDS[rule.ground]
    cells = (
        f"`{rule.id}`",
        "" if rule.smallest.has(1, 1) else str(rule.smallest).removesuffix(" pixels"),
        f"{rule.recommended[0]} x {rule.recommended[1]}" if rule.aspect else _within(rule),
        f"{rule.max_bytes // 1024 // 1024} MB" if rule.max_bytes else "",
        f"{rule.fill[0]:.0%} to {rule.fill[1]:.0%}" if rule.fill else "",
        f"**{ground}**" if rule.severity_of("ground") == "reject" else ground,
        "taken" if rule.ai.allowed else "**refused**",
        rule.confidence,
    )
    return f"| {' | '.join(cells)} |"


def _within(rule: ChannelRule) -> str:
    return f"preset's shape within {rule.recommended[0]} x {rule.recommended[1]}"


def page_with_table() -> str:
    """The page as it should be."""
    text = PAGE.read_text()
    head, _, rest = text.partition(START)
    marker, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(END)
    return f"{head}{START}{marker}\n{table()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page_with_table())
