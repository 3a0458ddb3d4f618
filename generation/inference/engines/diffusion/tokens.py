"""How much of a text a model reads, told from its letters: no tokenizer.

The web process asks too, to say which of a merchant's words would be left out: see `prompts`.
"""

from __future__ import annotations

import math
from bisect import bisect_right

# What text encoders read, with a margin: CLIP 77 tokens with its own two, the others 512.
_MOST = {"sdxl": 72}
_USUALLY_MOST = 480
# English has 4.7 letters a token, with its marks (CLIP's vocabulary, on descriptions of scenes).
LETTERS_A_TOKEN = 4.0
_TOKENS_A_WORD = 1.3
# Tokens of a letter with an accent, of another alphabet, and of any other script: CLIP spells them
# in bytes (measured likewise), later vocabularies know their words.
_SPELT = {"sdxl": (2.5, 1.1, 2.7)}
_USUALLY_SPELT = (0.8, 0.5, 1.0)
_LATIN_TO, _ALPHABETS_TO = 0x250, 0x900
# Of a product's name, where little is read: some forty letters.
SHORT_NAME = 12


def most_tokens(family: str) -> int:
    """How many tokens a model of the family reads."""
    return _MOST.get(family, _USUALLY_MOST)


def reads_little(family: str) -> bool:
    """Whether a model of the family reads a sentence or two, and no more."""
    return family in _MOST


def tokens_in(text: str, family: str = "") -> int:
    """About how many tokens a text encoder makes of a text; rather too many than too few."""
    accented, alphabetic, other = _SPELT.get(family, _USUALLY_SPELT)
    spelt = 0.0
    for one in text:
        if one.isascii():
            spelt += 1.0 if one.isdigit() else 1 / LETTERS_A_TOKEN
        else:
            code = ord(one)
            spelt += accented if code < _LATIN_TO else alphabetic if code < _ALPHABETS_TO else other
    return math.ceil(max(_TOKENS_A_WORD * len(text.split()), spelt))


def cut(text: str, most: int, family: str = "") -> str:
    """As much of a text as fits so many tokens; whole words where they have spaces between them."""
    plain = text.strip(" .")
    if tokens_in(plain, family) > most:
        lengths = range(len(plain))
        fits = bisect_right(lengths, most, key=lambda end: tokens_in(plain[:end], family)) - 1
        words = plain[: fits + 1].rpartition(" ")[0]
        plain = words if 2 * len(words) >= fits else plain[:fits]
    return whole(plain)


def whole(text: str) -> str:
    """A text as it is read where all of it is: without the marks at its ends."""
    return text.strip(" .").rstrip(" .,;")
