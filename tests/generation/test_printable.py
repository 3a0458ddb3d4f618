"""What a merchant's words are kept as."""

from __future__ import annotations

import pytest

from generation.spec import printable


@pytest.mark.parametrize(
    "text", ["", " \n ", "\u200b", "\u00ad\u00ad", "\u2800", "\u3164 \u115f", "\ufeff", "\u034f"]
)
def test_words_that_nobody_sees_are_none(text: str) -> None:
    assert printable(text) == ""


@pytest.mark.parametrize("text", ["می\u200cخواهم", "क्\u200dष", "👩\u200d🦰", "❤\ufe0f", "mug"])
def test_words_that_are_written_with_invisible_letters_stay_as_they_are(text: str) -> None:
    assert printable(f" {text}\n") == text
