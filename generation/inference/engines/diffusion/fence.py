"""A store's words made safe to stand in a prompt: a short name, and nothing that could instruct.

Titles come from suppliers, feeds and other apps. What is lost here is lost to a hint; what slips
through would be painted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import takewhile

from generation.types import Told

from .policy import refuse_words, shows_people

MOST_LETTERS = 80
_MOST_WORDS = 12

# Parts of a title, as sellers divide it; a point or a comma inside a number divides nothing. An
# instruction may go on after a comma, so that what follows one there is its.
_COMMAS = re.compile(r",(?!\d)|[，、]")
_DIVIDERS = re.compile(r"[\n\r;|•–—!?…。；！？]+|\.(?!\d)|\s-+\s|:\s|[<>{}\[\]()]+")
# Words and marks of a prompt's own syntax: weights, embeddings, adapters.
_TAGS = re.compile(r"<[^<>]*>|\b(?:lora|embedding|hypernet):\S*", re.IGNORECASE)
_WEIGHTS = re.compile(r":\s*-?\d+(?:\.\d+)?")
_ALLOWED_MARKS = frozenset("'&,./%+-°\"")
_INSTRUCTS = re.compile(
    r"\b(?:ignor\w*|disregard\w*|overrid\w*|bypass\w*|forget|pretend|instead|instructions?|"
    r"instructed|prompts?|system message|jailbreak|do not|don't|must|should|you|your|please|"
    r"assistant|anweisung\w*|instruktion\w*|statt dessen|stattdessen|instrucci\w*|istruzion\w*|"
    r"oublie\w*|olvida\w*|vergiss|игнорир\w*|инструкц\w*)\b"
    r"|忽略|无视|無視|指示|指令|^system$"
    r"|\b(?:background|picture|image|photo|text|sign|logo|watermark)s? (?:that )?(?:says?|reads?|"
    r"saying|reading|with|of|to|is)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"^(?:and |then |now |also |instead )*(?:make(?! up\b)|paint|draw|generate|render|show|write|"
    r"put|add|"
    r"replace|change|remove|delete|turn|create|set|place|use|include|insert|depict|reveal|output|"
    r"print|say|let|give|erase|fill|cover)\b(?= (?:a|an|the|all|it|this|that|every|everything|in|"
    r"on|to|no|any|some|me|my|its|their|him|her|them|with|as|into|out|up|down)\b)",
    re.IGNORECASE,
)


def fenced(text: str, *, shows_people: bool) -> str:
    """Give a title or a category as a bare name of a few words; empty where nothing is left.

    Parts that read like an instruction, or that may not be painted, are left out whole;
    where people are painted (``shows_people``) so are goods of minors.
    """
    plain = _TAGS.sub(" ", unicodedata.normalize("NFKC", text))
    kept = (_bare(part) for clause in _DIVIDERS.split(plain) for part in _harmless(clause))
    name = " ".join(", ".join(part for part in kept if part).split()[:_MOST_WORDS])
    return "" if refuse_words(name, shows_people=shows_people) else _shortened(name)


def named(told: Told | None, kind: str) -> str:
    """What the product is called, as a quotation and nothing more; empty where nothing is left."""
    if told is None:
        return ""
    known = (told.title, told.category.rpartition(">")[2])
    title, category = (fenced(one, shows_people=shows_people(kind)) for one in known)
    if not title:
        return f'The product is a "{category}".' if category else ""
    return f'The product\'s name is "{title}"' + (f', a "{category}".' if category else ".")


def _harmless(clause: str) -> Iterator[str]:
    """Its parts up to the first that instructs."""
    return takewhile(lambda part: not _instructs(part), _COMMAS.split(clause))


def _instructs(part: str) -> bool:
    plain = " ".join("".join(_seen(part)).split())
    return bool(_INSTRUCTS.search(plain) or _ORDERS.search(plain))


def _bare(part: str) -> str:
    without = _WEIGHTS.sub(" ", part)
    letters = (one if one.isalnum() or one in _ALLOWED_MARKS else " " for one in _seen(without))
    return " ".join("".join(letters).replace('"', "'").split()).strip(" ,.-/'")


def _seen(text: str) -> list[str]:
    """The letters that are seen; marks of direction and empty ones hide words from a reader."""
    return [one for one in text if unicodedata.category(one) not in ("Cf", "Mn", "Co", "Cs", "Cn")]


def _shortened(name: str) -> str:
    if len(name) <= MOST_LETTERS:
        return name
    return name[: MOST_LETTERS + 1].rpartition(" ")[0] or name[:MOST_LETTERS]
