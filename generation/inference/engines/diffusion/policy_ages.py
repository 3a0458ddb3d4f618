"""Ages in words: whether somebody under eighteen is meant, and not a whisky or a warranty."""

from __future__ import annotations

import re

ADULT_AGE = 18
_NEARLY = ADULT_AGE + 3  # "under 21" may be seventeen

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
_NUMBERS = _NUMBER_WORDS.split()
_AGE = r"(\d{1,2}|" + "|".join(_NUMBERS) + r")"
# Sold, grown or promised by their age.
_AGED = (
    r"(?:whisk(?:e)?y|malt|scotch|bourbon|rum|wines?|port|sherry|cheese|cheddar|parmesan|"
    r"parmigiano|vinegar|balsamic\w*|trees?|olive|oaks?|bonsai|vines?|teak|house|barn|building|"
    r"brand|company|design|warranty|guarantee|garant\w*|gwaranc\w*|гаранти\w*|vin|vino|wein|"
    r"fromage|queso|formaggio|arbre|arbol|albero|experience|experiencia|erfahrung)\b"
)
_GOODS_BEFORE = re.compile(rf"\b{_AGED} ?(?:de|di|da|del|of|:|is)? ?$")
# Within the same words: "10 year old olive tree", and no "15 year old by a tree".
_GOODS_AFTER = re.compile(
    r"\W*(?:(?!(?:in|on|by|at|with|under|near|beside|and|holding|drinking|wearing|selling)\b)"
    rf"\w+ ){{0,3}}{_AGED}"
)
# As wine is, and nobody else.
_NOT_STORED = (
    r"(?! (?:(?:years|months) )?in (?:\w+ )?(?:oak|wood|casks?|barrels?|cellars?|bottles?|caves?))"
)
_NOUNS = (
    r"m[ae]n|wom[ae]n|person|people|models?|lady|ladies|guys?|child\w*|kids?|boys?|girls?|"
    r"teens?|male|female|students?|frau|mann|femmes?|filles?|fillettes?|hommes?|garcons?|enfants?|"
    r"chic[ao]s?|mujer|hombre|nin[ao]s?|donna|uomo|ragazz[aoie]|mulher|homem|menin[ao]|kobieta|"
    r"dziewczyn\w*|chlopak|kadin|kiz|erkek|девушк\w*|женщин\w*|мужчин\w*|парень|девоч\w*|мальчик\w*"
)
_PEOPLE = re.compile(rf"\b(?:{_NOUNS})\b")
# Nothing but an age is said like this.
_PLAIN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_AGE}[- ]?(?:years?|yrs?|months?|weeks?)[- ]?olds?\b",
        rf"\b{_AGE} ?(?:y/?o|yo)\b",
        rf"\b{_AGE} (?:years?|months?) of age\b",
        rf"\b(?:aged?|ages) ?[:=]? ?{_AGE}\b{_NOT_STORED}",
        rf"\b(?:{_NOUNS}),? (?:of )?{_AGE} years?\b",
        r"\b(\d{1,2})[- ]?(?:jahre alt|jahrige?[rsnm]?)\b",
        r"\bagee?s? (?:de )?(\d{1,2})\b",
        r"\b(\d{1,2}) (?:anos de edad|anos de idade|anni di eta|jaar oud|yasinda)",
        r"(\d{1,2}) ?(?:歳|岁|歲|살)",
    )
)
# A time of years, which is an age beside a person.
_YEARS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:de )?(\d{1,2}) ans\b",
        r"\bde (\d{1,2}) anos\b|\bdi (\d{1,2}) anni\b",
        r"\b(\d{1,2}) lat\b|\b(\d{1,2}) yas\b",
        r"(\d{1,2}) ?(?:лет|года)\b",
    )
)
# On a toy's box.
_FOR_AGES = re.compile(r"\b(?:ages? )?\d{1,2} ?(?:\+|years and up\b|- ?\d{1,2}\b(?! ?year))")
_ENDS = r"(?= ?(?:$|[.,;:!?)]|(?:years?|yrs?|y/?o|yo|jahren?|ans|anos|anni|lat|jaar)\b))"
_WITH_PEOPLE = r"(?= ?(?:$|[.,;:!?)]|(?:years?|yrs?|yo|in|on|at|with|and|wearing)\b))"
_BELOW = r"\b(?:under|below|less than|unter|moins de|menos de|meno di) "
_UNDER = re.compile(rf"{_BELOW}{_AGE}\b{_ENDS}")
_UNDER_PERSON = re.compile(rf"{_BELOW}{_AGE}\b{_WITH_PEOPLE}")
_YOUNGER = re.compile(
    rf"\b(?:younger than|menor de|junger als) {_AGE}\b|\bmenor(?:es)? de edad\b|\bminore di eta\b"
)
_NEAR = 30  # letters


def young_age(text: str, *, shows_people: bool) -> str | None:
    """The words of plain text that make somebody younger than eighteen; None without any.

    Where people are painted any time of years is an age, unless goods are beside it.
    """
    said = text if shows_people else _FOR_AGES.sub(" ", text)
    patterns = [(one, True) for one in _PLAIN] + [(one, shows_people) for one in _YEARS]
    for pattern, is_age in patterns:
        for found in pattern.finditer(said):
            near = said[max(0, found.start() - _NEAR) : found.end() + _NEAR]
            is_person = bool(_PEOPLE.search(near))
            if not is_person and (not is_age or _is_of_goods(said, found)):
                continue
            if _number(found) < ADULT_AGE:
                return found[0].strip()
    return _under(said, shows_people=shows_people)


def _under(text: str, *, shows_people: bool) -> str | None:
    for pattern in (_UNDER_PERSON if shows_people else _UNDER, _YOUNGER):
        for found in pattern.finditer(text):
            if not any(found.groups()) or _number(found) <= _NEARLY:
                return found[0].strip()
    return None


def _is_of_goods(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    return bool(_GOODS_BEFORE.search(before) or _GOODS_AFTER.match(after))


def _number(found: re.Match[str]) -> int:
    word = next(filter(None, found.groups()))
    return _NUMBERS.index(word) if word in _NUMBERS else int(word)
