"""What the demo says reads well on a terminal of 80 columns."""

from __future__ import annotations

import io

from rich.console import Console

from productviz.demo.telling import addresses, tell

SENTENCE = (
    "The product's edge is not sure in 12 % of its length, most of it where the white handle meets "
    "the white table. Look at the outline [and paint over it] where it is wrong."
)


def _shown(width: int) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, highlight=False), out


def test_a_long_sentence_wraps_below_its_headline_with_an_indent() -> None:
    console, out = _shown(80)

    tell(console, "Needs review: “Kyūsu Teapot 急須, 400 ml”", SENTENCE)

    head, *rest = out.getvalue().splitlines()
    assert head.rstrip() == "Needs review: “Kyūsu Teapot 急須, 400 ml”"
    assert " ".join(line.strip() for line in rest) == SENTENCE
    assert all(line.startswith("  ") and len(line) <= 80 for line in rest)


def test_an_address_stays_whole_and_within_80_columns() -> None:
    console, out = _shown(80)
    rows = (
        ("Dashboard", "http://127.0.0.1:48000", "merchant@example.com, password Ab3_dEf6hIj9"),
        ("Storefront", "http://127.0.0.1:48080", "admin, password admin-pass-1"),
    )

    addresses(console, *rows)

    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[-1] for line in lines if "http" in line] == [row[1] for row in rows]
