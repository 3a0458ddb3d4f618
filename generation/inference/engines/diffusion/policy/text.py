"""How `policy` reads: words without their disguises, in the letters its lists are written in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

WORD = re.compile(r"[\w@$]+")
# Without its tilde it is a name.
_ACCENTED = re.compile(r"\bniñ(?=[ao]\b)")
_BADLY_SPELT = str.maketrans("013457@$", "oieastas")
_SPELT_OUT = re.compile(r"\b(?:\w[.\-_* ]{1,3}){2,}\w\b")


def plainly(text: str) -> str:
    """Lower case, without accents and invisible letters, and with spelt-out words put together."""
    lower = _ACCENTED.sub("ninh", unicodedata.normalize("NFKC", text).casefold())
    folded = unicodedata.normalize("NFKD", lower)
    folded = folded.replace("ı", "i").replace("’", "'")
    seen = "".join(
        letter
        for letter in folded
        if not unicodedata.combining(letter) or unicodedata.category(letter) == "Mc"
        if unicodedata.category(letter) != "Cf"
    )
    composed = unicodedata.normalize("NFKC", seen)
    return _SPELT_OUT.sub(lambda found: re.sub(r"[.\-_* ]", "", found[0]), composed)


def as_written(found: str) -> str:
    """What was found in plain text, as its writer would know it again."""
    return found.replace("ninh", "niñ")


def spellings(word: str) -> Iterator[str]:
    """A word as it is, and as it is meant where figures stand for letters."""
    yield word
    if any(letter.isalpha() for letter in word):
        yield word.translate(_BADLY_SPELT)


@cache
def words_of(listed: str) -> frozenset[str]:
    """The words of a list, plainly."""
    return frozenset(map(plainly, listed.split()))


def one_of(listed: str) -> str:
    """A pattern for any word of a list, the longest first."""
    return f"(?:{'|'.join(sorted(words_of(listed), key=len, reverse=True))})"


def first_said(text: str, patterns: tuple[re.Pattern[str], ...]) -> str | None:
    """What the first pattern that fits finds in a text."""
    finds = (pattern.search(text) for pattern in patterns)
    return next((found[0].strip() for found in finds if found), None)
