"""A store's words made safe to stand in a prompt: a short name, and nothing that could instruct.

Titles come from suppliers, feeds and other apps. What is lost here is lost to a hint; what slips
through would be painted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from generation.spec import PresetSpec
from generation.types import Told

from .policy import names_people, paints_people, refuse_words

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
# Orders that begin no ordinary name of goods; after the first part not with a bare noun either.
_VERBS = (
    r"(?:paint|draw|generate|render|write|add|replace|remove|delete|erase|depict|make|put|"
    r"zeichne|schreibe?|fuge|füge|entferne|ersetze|ändere|mache?|zeige|erzeuge|lösche|ergänze|"
    r"verwandle|"
    r"ajoute[rz]?|dessine[rz]?|peins|peignez|écri(?:s|vez|re)|ecris|remplace[rz]?|supprime[rz]?|"
    r"enlève|enlevez|mets|mettez|efface[rz]?|transforme[rz]?|"
    r"dibuj[ae]|dibujar|pint[ae]|pintar|escrib[ae]|escribir|añad[ae]|añadir|agreg[ae]|quit[ae]|"
    r"elimin[ae]|reemplaz[ae]|cambi[ae]|haz|borra|conviert[ae]|gener[ae])"
)
# Wherever they stand: about instructions, or to somebody who is to follow some.
_INSTRUCTS = re.compile(
    r"\b(?:ignor\w*|disregard\w*|overrid\w*|instead|instructions?|instructed|system message|"
    r"jailbreak|assistant|anweisung\w*|instruktion\w*|statt dessen|stattdessen|instrucci\w*|"
    r"istruzion\w*|oublie\w*|olvida\w*|vergiss|игнорир\w*|инструкц\w*)\b"
    r"|忽略|无视|無視|指示|指令|^system$"
    r"|\b(?:the|this|that|your|my|previous|above|system|following) prompts?\b"
    r"|\b(?:bypass|forget|pretend) (?:all|any|every\w*|the|this|that|your|previous|what|about|to)\b"
    r"|\byou (?:must|should|shall|need to|have to|are (?:now|to)\b)"
    rf"|\byou (?:will|can|may) (?:\w+ )?(?:{_VERBS}|show)\b"
    r"|\byou are (?:an?|the) (?:\w+ )?(?:painter|artist|model|generator|ai|bot|machine)\b"
    r"|\b(?:must|should) (?:not|be|have|show|say|contain|include|paint|draw|look|appear)\b"
    r"|\b(?:background|picture|image|photo|text|sign|logo|watermark)s? (?:that )?"
    r"(?:says?|reads?|saying|reading|is)\b|\bbackground (?:of|with|to|full)\b",
    re.IGNORECASE,
)
_POLITELY = r"^(?:(?:and|then|now|also|instead|please|do not|don't|never|und|bitte|et|y) )*"
# What makes a thing of the verb: "paint set", "draw string", "make-up", "paint night kit".
_KITS = (
    r"(?:sets?|kits?|brush\w*|rollers?|trays?|markers?|pens?|box\w*|books?|pads?|boards?|games?|"
    r"cards?|part(?:y|ies)|bundles?|packs?|class|night|sip)\b"
)
_THINGS = rf"(?:{_KITS}|(?:cans?|tubes?|string\w*|bridge|up|ons?|to|and|or|by)\b)"
# With an article it is no name of goods: "paint a kit".
_ARTICLE = r"(?:an?|the|some|eine?[nmrs]?|der|die|das|den|une?|des|las?|les?|los|una?|el)\b"
# English too: an order before an article, or in small letters before a German noun.
_MALE = r"malen? (?:ein\w*|der|die|das|den|sie|mir) |(?-i:malen? [A-ZÄÖÜ][a-zäöüß])"
_ORDERED = rf"(?:{_VERBS} (?:{_ARTICLE}|(?!{_THINGS}|\w+ {_KITS}))|{_MALE})"
_ORDERS = re.compile(
    rf"{_POLITELY}(?:{_VERBS}|generate|show|change|turn|create|set|place|use|include|insert|reveal|"
    r"output|print|say|let|give|fill|cover)\b(?= (?:a|an|the|all|it|this|that|every|everything|in|"
    r"on|to|no|any|some|me|my|its|their|him|her|them|with|as|into|out|down)\b)",
    re.IGNORECASE,
)
# A wardrobe's depth is a "fondo" too, and a backdrop's colour its background.
_BACKGROUND = (
    r"^(?:(?:the|der|el) |l')?(?:background|hintergrund|arrière-plan|fondo) (?:with|in|on|must|"
    r"should|all|made|shows?|becomes?|mit|aus|voll\w*|soll|wird|avec|en|plein|con|lleno|debe)\b"
)
_LATER_ORDERS = re.compile(rf"{_POLITELY}{_ORDERED}|{_BACKGROUND}", re.IGNORECASE)
# "Mug and paint skulls": what follows the "and" is another part.
_AND_ORDERS = re.compile(rf" (?:and|und|et|y) (?={_ORDERED})", re.IGNORECASE)
# A slogan's quotes; those of inches stand alone.
_QUOTED = re.compile(r'"([^"]*)"')


def fenced(text: str, *, shows_people: bool) -> str:
    """Give a title or a category as a bare name of a few words; empty where nothing is left.

    Parts that read like an instruction, or that may not be painted, are left out whole;
    where people are painted (``shows_people``) so are goods of minors.
    """
    plain = _AND_ORDERS.sub("\n", _TAGS.sub(" ", unicodedata.normalize("NFKC", text)))
    name = " ".join(", ".join(_kept(plain)).split()[:_MOST_WORDS])
    return "" if refuse_words(name, shows_people=shows_people) else _shortened(name)


def named(told: Told | None, spec: PresetSpec) -> str:
    """What the product is called, as a quotation and nothing more; empty where nothing is left."""
    title, category = called(told, spec)
    if not title:
        return f'The product is a "{category}".' if category else ""
    return f'The product\'s name is "{title}"' + (f', a "{category}".' if category else ".")


def called(told: Told | None, spec: PresetSpec) -> tuple[str, str]:
    """The product's title and category as bare names; each empty where nothing of it is left."""
    if told is None:
        return "", ""
    # Whom the words name may be painted in what the title says: no goods of minors then.
    prompt = spec.painting.prompt if spec.painting else ""
    people = paints_people(spec.kind) or names_people(prompt)
    category = fenced(told.category.rpartition(">")[2], shows_people=people)
    return fenced(told.title, shows_people=people), category


def _kept(plain: str) -> Iterator[str]:
    """The parts of a title that name something: of each clause those before an instruction."""
    is_first = True
    for clause in _DIVIDERS.split(plain):
        for part in filter(str.strip, _COMMAS.split(clause)):
            if _instructs(part, is_first=is_first):
                is_first = False
                break
            is_first = False
            if bare := _bare(part):
                yield bare


def _instructs(part: str, *, is_first: bool) -> bool:
    """Whether a part orders something. A name may begin like an order: "Paint roller"."""
    plain = " ".join("".join(_seen(part)).split())
    return bool(
        _INSTRUCTS.search(plain)
        or _ORDERS.search(plain)
        or (not is_first and _LATER_ORDERS.search(plain))
    )


def _bare(part: str) -> str:
    without = _QUOTED.sub(r"\1", _WEIGHTS.sub(" ", part))
    letters = (one if one.isalnum() or one in _ALLOWED_MARKS else " " for one in _seen(without))
    return " ".join("".join(letters).replace('"', "'").split()).strip(" ,.-/'")


def _seen(text: str) -> list[str]:
    """The letters that are seen; marks of direction and empty ones hide words from a reader."""
    return [one for one in text if unicodedata.category(one) not in ("Cf", "Mn", "Co", "Cs", "Cn")]


def _shortened(name: str) -> str:
    if len(name) <= MOST_LETTERS:
        return name
    return name[: MOST_LETTERS + 1].rpartition(" ")[0] or name[:MOST_LETTERS]
