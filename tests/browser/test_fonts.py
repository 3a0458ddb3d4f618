"""The machine that takes the screenshots can draw every letter of the demo's store."""

from __future__ import annotations

import json
import subprocess

import pytest

from productviz.env import ROOT

CATALOG = ROOT / "integrations" / "sandbox" / "catalog" / "catalog.json"


@pytest.mark.browser
def test_there_is_a_font_for_every_letter_of_the_catalog() -> None:
    products = json.loads(CATALOG.read_text())["products"]
    letters = {letter for product in products for letter in product["name"] if not letter.isspace()}

    boxes = [letter for letter in sorted(letters) if not _fonts_with(letter)]

    assert boxes == [], "run tests/setup-chromium.sh"


def _fonts_with(letter: str) -> str:
    command = ["fc-list", f":charset={ord(letter):x}", "family"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
