"""What is never painted: adult content, and people under eighteen.

A checker of words, in the languages of most merchants; what a model makes of harmless words is for
the reviewer. Where people are painted it errs on the side of refusing: another word is quickly
found. A scene has no people, and a seller of baby bottles may say so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from . import policy_words as known
from .policy_ages import young_age

# In these somebody is painted, or may be in the photograph that is changed.
_PEOPLE_KINDS = frozenset({"virtual_model", "edit"})

_OF_HERS = (
    r"(?:her|his|their|the|all|any|every|model'?s?|wom[ae]n'?s?|m[ae]n'?s?|person'?s?|lady'?s?|of|"
    r"s|off|from|my)"
)
_STRIP = r"(?:remov\w*|tak(?:e|es|ing) off|strip(?:s|ped|ping)?)"
_OFF = (
    rf"(?:{_STRIP}|pull(?:s|ed|ing)? (?:off|down|up)|lift(?:s|ed|ing)?|"
    r"rip\w* off|tear\w* off|torn off|eras\w+|delet\w+)"
)
_NO_CLOTHES = rf"{known.CLOTHES}\b(?! (?:tags?|labels?|racks?|hangers?|rails?|hooks?|pegs?|lines?))"
# Nudity that needs no word of its own.
_ADULT_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_OFF} (?:{_OF_HERS} ){{0,3}}?(?:her|his|their|model'?s?|wom[ae]n'?s?|m[ae]n'?s?|"
        rf"person'?s?)(?: s)? (?:\w+ )?{known.WORN}\b",
        rf"\b{_STRIP} (?:{_OF_HERS} ){{0,3}}{_NO_CLOTHES}",
        rf"\btak(?:e|es|ing) (?:her|his|their) {known.WORN} off\b",
        rf"\b(?:without|no|zero|minus|lacking|ohne|sans|sin|senza|sem|zonder|bez|без) (?:any )?"
        rf"{_NO_CLOTHES}",
        rf"\b{known.CLOTHES} (?:off|removed|gone)\b",
        r"\b(?:wear(?:s|ing)?|dressed in|clad in) (?:absolutely |literally )?(?:nothing|no (?:"
        r"shirt|top|trousers|pants|skirt|dress)s?)\b",
        r"\bnothing on(?=$|[.,;])|\bbirthday suit\b",
        r"\b(?:bare|exposed|uncovered)[- ](?:breast|boob|bottom|buttock|bosom|torso)(?:s|ed)?\b",
        r"\bbare[- ]chest(?:s|ed)?\b",
        r"\bbreasts? (?:visible|exposed|out|showing)\b",
    )
)
# Colours, tools and food that are named after what is refused.
_HARMLESS_ADULT = re.compile(
    r"\bnude[- ](?:colou?r(?:ed|s)?|tone[ds]?|shades?|palette|beige|pink|lipsticks?|lips?|heels|"
    r"pumps|tights|make-?up|nails?|polish|leather|hues?|background|backdrop|wall|bag|bags|shoes?|"
    r"sandals|eyeshadow|foundation|blush|gloss)\b"
    r"|\b(?:lipsticks?|lip gloss|polish|nails?|heels|pumps|shoes?|bags?|leather|eyeshadow|palette|"
    r"shades?|colou?rs?|tones?|foundation|blush|background|wall)(?: \w+)? (?:in|of) nude"
    r"(?! (?:\w+ )?(?:wom[ae]n|m[ae]n|girls?|boys?|models?|person|people|body|figure))\b"
    r"|\bnaked (?:cakes?|eye|flame|edges?)\b"
    r"|\bbottomless (?:bags?|brunch|cups?|coffee|pit|planters?|baskets?|portafilters?)\b"
    r"|\b(?:wire|paint|cable|varnish|wallpaper|floor|wax|colou?r|adhesive|rust|insulation)[- ]"
    r"strippers?\b"
    r"|(?:^|\b(?:a|the|of|our|with) )sex on the beach (?:cocktails?|drinks?|mocktails?|glass)\b"
    r"|\b(?:bottle|pipe|grease|feeding|spoke|brass|steel|hose|hex)[- ]nipples?\b"
)
# Colours and flowers; nobody is called so.
_HARMLESS_MINORS = re.compile(r"\bbaby (?:blue|pink|grand)\b|\bbaby(?: s|'?s)?[- ]breath\b")
# Without its tilde it is a name.
_ACCENTED = re.compile(r"\bniñ(?=[ao]\b)")
_MINORS_SAID = re.compile("|".join(rf"(?:\b{one}\b)" for one in known.MINORS_SAID))
_COMPOUNDS = re.compile(rf"\b{known.MINOR_COMPOUNDS}")
_UNDERCLOTHES = re.compile(known.UNDERCLOTHES)
_LEVERS = re.compile(rf"\b(?:{known.WORN}|{known.GROWN})\b")
_BADLY_SPELT = str.maketrans("013457@$", "oieastas")
_SPELT_OUT = re.compile(r"\b(?:\w[.\-_* ]{1,3}){2,}\w\b")
_WORD = re.compile(r"[\w@$]+")


def shows_people(kind: str) -> bool:
    """Whether a picture of this kind may show a person."""
    return kind in _PEOPLE_KINDS


def refuse_words(text: str, *, shows_people: bool) -> str | None:
    """Say why nothing is painted from these words: one sentence; None where they may be used.

    ``shows_people``: a person is painted from them or changed; any word for a minor is refused
    then. Elsewhere it may belong to goods and rooms: baby bottles, a table for children.
    """
    plain = _plain(text)
    kept = _HARMLESS_ADULT.sub(" , ", plain)
    found = _said(kept, _ADULT_SAID) or _first(kept, known.ADULT_WORDS, known.ADULT_ANYWHERE)
    if found:
        return f'Adult content is not painted here; take "{found}" out of the words.'
    found = _minor(_HARMLESS_MINORS.sub(" , ", plain), shows_people=shows_people)
    if found:
        return (
            "People in painted pictures are always adults, and nobody under eighteen is painted; "
            f'take "{found.replace("ninh", "niñ")}" out of the words.'
        )
    return None


def refuse_unwanted(text: str) -> str | None:
    """Say why these may not be kept out of a picture of a person; None where they may.

    Who forbids clothes asks for skin, and who forbids adults for minors.
    """
    found = _LEVERS.search(_plain(text))
    if found is None:
        return None
    return (
        "People in painted pictures are dressed adults; "
        f'take "{found[0]}" out of what is not to be in the picture.'
    )


def _minor(plain: str, *, shows_people: bool) -> str | None:
    return (
        _said(plain, (_MINORS_SAID,))
        or young_age(plain, shows_people=shows_people)
        or next(_people_among(plain, is_strict=shows_people), None)
    )


def _people_among(plain: str, *, is_strict: bool) -> Iterator[str]:
    """The words for minors that mean people: with ``is_strict`` all of them."""
    words = _WORD.findall(plain)
    is_goods = not is_strict and not _means_people(plain, words)
    joined = -1  # the place that "and" may join another one to
    for at, word in enumerate(words):
        if not _is_minor(word):
            continue
        if is_goods and (at == joined or _goes_with_goods(words, at)):
            joined = at + 2 if at + 1 < len(words) and words[at + 1] in _set(known.AND) else -1
        else:
            yield word
    yield from (found[0] for found in _COMPOUNDS.finditer(plain) if not is_goods)
    for sign in known.MINORS_ANYWHERE:
        yield from _signs(plain, _plain(sign), may_be_goods=is_goods)


def _is_minor(word: str) -> bool:
    return any(spelling in _plainly(known.MINOR_WORDS) for spelling in _spellings(word))


def _means_people(plain: str, words: list[str]) -> bool:
    return bool(_UNDERCLOTHES.search(plain)) or not _plainly(known.PEOPLE_MEANT).isdisjoint(words)


def _goes_with_goods(words: list[str], at: int) -> bool:
    """Whether a word for a minor says whose a thing is, or for whom."""
    goods, beside = _plainly(known.GOODS), _set(known.BESIDE_GOODS)
    after = words[at + 1 : at + 5]
    for place, word in enumerate(after):
        if word in goods and (place == 0 or set(after[:place]) <= beside | goods):
            return True
    if _shares_goods(words, at):
        return True
    if not _set(known.PEOPLE_ACT).isdisjoint(after[:2]):
        return False
    if after and after[0] == "icin":
        return True
    articles = _set(known.ARTICLES)
    before = [word for word in words[max(0, at - 5) : at] if word not in articles]
    if before and before[-1] in _plainly(known.FOR):
        return len(before) < 2 or before[-2] not in _set(known.ASKS_FOR)
    return len(before) > 1 and before[-1] in _set(known.OF) and before[-2] in goods


def _shares_goods(words: list[str], at: int) -> bool:
    """Whether several own a thing: "boys' and girls' shoes"."""
    rest = [place for place in range(at + 1, len(words)) if words[place] != "s"][:2]
    is_of_many = words[at].endswith("s") or words[at + 1 : at + 2] == ["s"]
    if len(rest) < 2 or not is_of_many or words[rest[0]] not in _set(known.AND):
        return False
    return _is_minor(words[rest[1]]) and _goes_with_goods(words, rest[1])


def _signs(plain: str, sign: str, *, may_be_goods: bool) -> Iterator[str]:
    for found in re.finditer(re.escape(sign), plain):
        rest = plain[found.end() :].lstrip(" の的")
        if not (may_be_goods and rest.startswith(_goods_signs())):
            yield found[0]


def _said(text: str, patterns: tuple[re.Pattern[str], ...]) -> str | None:
    finds = (pattern.search(text) for pattern in patterns)
    return next((found[0].strip() for found in finds if found), None)


def _first(text: str, words: str, anywhere: tuple[str, ...]) -> str | None:
    refused = _plainly(words)
    for word in _WORD.findall(text):
        if any(spelling in refused for spelling in _spellings(word)):
            return str(word)
    return next((sign for sign in map(_plain, anywhere) if sign in text), None)


def _plain(text: str) -> str:
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


@cache
def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


@cache
def _plainly(words: str) -> frozenset[str]:
    return frozenset(map(_plain, words.split()))


@cache
def _goods_signs() -> tuple[str, ...]:
    return tuple(map(_plain, known.GOODS_SIGNS))


def _spellings(word: str) -> Iterator[str]:
    """A word as it is, and as it is meant where figures stand for letters."""
    yield word
    if any(letter.isalpha() for letter in word):
        yield word.translate(_BADLY_SPELT)
