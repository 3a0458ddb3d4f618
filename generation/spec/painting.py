"""What a diffusion model is asked for: words, a reference, a person, a size, and how well.

Words are a merchant's, or a product's title put in their place: data, never instructions to us.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from .parts import Frozen

LineUp = Literal["fast", "balanced", "best"]
Pose = Literal["front", "three_quarter", "side", "back", "seated"]
Light = Literal["left", "right", "above", "behind", "soft"]

MOST_LETTERS = 2000


# Marks that turn the order of the letters after them: words would read otherwise than they are.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and signs to Unicode, and blank to everybody: fillers of Hangul, the empty Braille cell.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_SEEN = frozenset("LNPS")


def printable(text: str) -> str:
    """Words in one line, as they are read; ValueError for control characters and turning marks.

    Empty where nothing would be seen. Invisible joiners inside words stay: Persian, the scripts of
    India and many emoji are written with them.
    """
    plain = " ".join(text.split())
    if _TURNING.intersection(plain) or any(
        unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in plain
    ):
        raise ValueError("Remove the control characters from these words.")
    return plain if any(_is_seen(letter) for letter in plain) else ""


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter)[0] in _SEEN and letter not in _BLANK


Words = Annotated[str, StringConstraints(max_length=MOST_LETTERS), AfterValidator(printable)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PersonId = Annotated[str, StringConstraints(pattern=r"^per_[0-9A-HJKMNP-TV-Z]{26}$")]


class Painting(Frozen):
    """How a picture is painted: ``prompt`` says what, ``line_up`` how fast against how good.

    ``reference`` is the SHA-256 of a picture of the workspace whose look is followed. ``person`` is
    a saved identity that a garment is put on, in a ``pose``. ``light`` is where a relit product is
    lit from. ``factor`` is how many times larger an upscaled photograph becomes.
    """

    prompt: Words = ""
    negative_prompt: Words = ""
    line_up: LineUp = "fast"
    reference: Sha256 | None = None
    person: PersonId | None = None
    pose: Pose | None = None
    light: Light | None = None
    factor: Annotated[int, Field(ge=2, le=4)] | None = None
