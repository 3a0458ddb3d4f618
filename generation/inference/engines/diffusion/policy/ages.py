"""Ages in words: whether somebody under eighteen is meant, and not a whisky or a warranty."""

from __future__ import annotations

import re
from typing import NamedTuple

from .numbers import CHINESE, ENGLISH, OTHERS, Spoken

ADULT_AGE = 18
_NEARLY = ADULT_AGE + 3  # "under 21" may be seventeen


_TENS = "|".join(one.tens.replace(" ", "|") for one in (ENGLISH, *OTHERS) if one.tens)
_JOINT = f"(?:{'|'.join(one.joint for one in (ENGLISH, *OTHERS) if one.joint)})"


def _number(spoken: Spoken) -> str:
    """A pattern for a number in figures and in words: ``tens`` and ``ones`` of one number."""
    ones = "|".join(sorted(re.split(r"[ |]", spoken.ones), key=len, reverse=True))
    # Of any language: "cinco" is five in two, and follows the tens of both.
    before = rf"(?:(?P<tens>{_TENS})[- ](?:{_JOINT}[- ])?)?"
    return rf"{before}(?P<ones>\d{{1,2}}|{ones})" if ones else r"(?P<ones>\d{1,2})"


_AGE = rf"(?:{_number(ENGLISH)}|(?P<whole>{ENGLISH.tens.replace(' ', '|')}))"
# Sold, grown or promised by their age.
_AGED = (
    r"(?:whisk(?:e)?y|malt|scotch|bourbon|rum|wines?|port|sherry|cheese|cheddar|parmesan|"
    r"parmigiano|vinegar|balsamic\w*|trees?|olive|oaks?|bonsai|vines?|teak|house|barn|building|"
    r"brand|company|design|warranty|guarantee|garant\w*|gwaranc\w*|гаранти\w*|vin|vino|wein|"
    r"fromage|queso|formaggio|arbre|arbol|albero|experience|experiencia|erfahrung)\b"
)
_GOODS_BEFORE = re.compile(rf"\b{_AGED},? ?(?:de|di|da|del|of|:|is)? ?$")
# Within the same words: "10 year old olive tree", and no "15 year old by a tree".
_GOODS_AFTER = re.compile(
    r"\W*(?:(?!(?:in|on|by|at|with|under|near|beside|and|holding|drinking|wearing|selling)\b)"
    rf"\w+ ){{0,3}}{_AGED}"
)
# As wine is, and nobody else.
_NOT_STORED = (
    r"(?! (?:(?:years|months) )?in (?:\w+ )?(?:oak|wood|casks?|barrels?|cellars?|bottles?|caves?))"
)
# Years that somebody has spent, and not lived.
_NOT_SPENT = (
    r"(?!,? (?:(?:de|di|of|d) ?'? ?)?(?:\w+ )?(?:experi\w+|esperi\w+|erfahrung|garan\w+|gwaran\w+|"
    r"doswiadcz\w+|опыт\w*|гарант\w*|sober|ago)\b)"
)
_NOUNS = (
    r"m[ae]n|wom[ae]n|person|people|models?|lady|ladies|guys?|child\w*|kids?|boys?|girls?|"
    r"teens?|male|female|students?|daughters?|sons?|she|he|frau|mann|junge|femmes?|filles?|"
    r"fillettes?|hommes?|garcons?|enfants?|chic[ao]s?|mujer|hombre|nin[ao]s?|ninh[ao]s?|donna|"
    r"uomo|ragazz[aoie]|mulher|homem|menin[ao]|garot[ao]|meisje|jongen|vrouw|kobieta|"
    r"dziewczyn\w*|chlopak|kadin|kiz|erkek|девушк\w*|женщин\w*|мужчин\w*|парень|девоч\w*|"
    r"мальчик\w*"
)
_PEOPLE = re.compile(rf"\b(?:{_NOUNS})\b")
# Somebody, and no "women 8", which is a size, "model 3" or "Iron Man 3".
_ONE = (
    rf"(?:(?:^|[.,;:] ?)(?!\w+s\b|women\b|m[ae]n\b|model\b)|(?<!for )\b(?:an?|eine?|une?|una|een|"
    rf"uma?) (?:\w+ )?(?!model \d\b))(?:{_NOUNS}|wife|husband)"
)
_STOPS = r"(?= ?(?:$|[.,](?!\d)|[;:!?)]))"
_NEARLY_SAID = (
    r"(?:(?:just|barely|only|nearly|almost|about|around|like|to be|looks?|looking|appears?|"
    r"seems?) )"
)
_BORN = (
    r"(?:born|geboren|jahrgang|nee?s?|nacid[ao]s?|nat[ao]|nascid[ao]|urodzon\w+|родил\w+|рожд\w+)"
    r"(?: (?:in|im|on|around|jahr|en|el|nel|em|w|roku|в|du|ano))*"
)


class _Said(NamedTuple):
    pattern: re.Pattern[str]
    spoken: Spoken = ENGLISH


# Nothing but an age is said like this.
_PLAIN = (
    _Said(re.compile(rf"\b{_AGE}[- ]?(?:{ENGLISH.age})")),
    _Said(
        re.compile(
            rf"\b(?:aged?|ages)(?: between| range| about| around| only)? ?[:=]? ?{_AGE}\b"
            rf"{_NOT_STORED}"
        )
    ),
    _Said(re.compile(rf"\b(?:{_NOUNS}),? (?:of )?{_AGE} years?\b(?! of (?!age)){_NOT_SPENT}")),
    _Said(re.compile(rf"\bof {_AGE} {ENGLISH.years}\b")),
    _Said(re.compile(CHINESE)),
    *(
        _Said(re.compile(rf"(?:\bagee?s? )?\b{_number(one)}[- ]?(?:{one.age}){_NOT_SPENT}"), one)
        for one in OTHERS
    ),
    _Said(re.compile(r"\bagee?s? (?:de )?(?P<ones>\d{1,2})\b")),
)
# A time, a number or a year, which is an age beside a person.
_YEARS = (
    *(
        _Said(re.compile(rf"\b(?:d[ei] )?{_number(one)} (?:{one.years})\b{_NOT_SPENT}"), one)
        for one in OTHERS
        if one.years
    ),
    _Said(re.compile(rf"\b(?:{_NOUNS})(?:,| of) {_AGE}{_STOPS}")),
    _Said(re.compile(rf"{_ONE} {_AGE}(?:{_STOPS}|(?= (?:in|on|at|with|wearing)\b))")),
    _Said(re.compile(rf"\b{_NEARLY_SAID}+{_AGE}{_STOPS}")),
    _Said(re.compile(rf"\b{_AGE}-?ish\b")),
    _Said(re.compile(rf"\bturn(?:s|ed|ing) {_AGE}\b(?! ?(?:deg|times|°|%|percent))")),
    _Said(re.compile(rf"\b{_BORN} (?:\w{{1,9}}\.? ){{0,2}}(?P<born>(?:19|20)\d\d)\b")),
    _Said(re.compile(r"(?P<born>20\d\d) ?(?:年 ?(?:生|出生)|년생)")),
)
# On a toy's box.
_FOR_AGES = re.compile(
    r"\b(?:ages? )?\d{1,2} ?(?:\+|years and up\b|- ?\d{1,2}\b(?! ?year))"
    r"|\bfor \d{1,2}(?: ?(?:-|to) ?\d{1,2})?[- ]year[- ]olds\b"
)
_ENDS = r"(?= ?(?:$|[.,;:!?)]|(?:years?|yrs?|y/?o|yo|jahren?|ans|anos|anni|lat|jaar)\b))"
_WITH_PEOPLE = r"(?= ?(?:$|[.,;:!?)]|(?:years?|yrs?|yo|in|on|at|with|and|wearing)\b))"
_BELOW = r"\b(?:under|below|less than|unter|moins de|menos de|meno di) "
_UNDER = re.compile(rf"{_BELOW}{_AGE}\b{_ENDS}")
_UNDER_PERSON = re.compile(rf"{_BELOW}{_AGE}\b{_WITH_PEOPLE}")
_YOUNGER = re.compile(
    rf"\b(?:younger than|menor de|junger als) {_AGE}\b|\bmenor(?:es)? de edad\b|\bminore di eta\b"
)
_NEAR = 30  # letters


def young_age(text: str, *, shows_people: bool, this_year: int) -> str | None:
    """The words of plain text that make somebody younger than eighteen; None without any.

    Where people are painted any time of years is an age, unless goods are beside it. Whoever was
    born eighteen years before ``this_year`` may not have had that birthday.
    """
    said = text if shows_people else _FOR_AGES.sub(" ", text)
    patterns = [(one, True) for one in _PLAIN] + [(one, shows_people) for one in _YEARS]
    for (pattern, spoken), is_age in patterns:
        for found in pattern.finditer(said):
            near = said[max(0, found.start() - _NEAR) : found.end() + _NEAR]
            is_person = bool(_PEOPLE.search(near))
            if not is_person and (not is_age or _is_of_goods(said, found)):
                continue
            if _age(found, spoken, this_year) < ADULT_AGE:
                return found[0].strip()
    return _under(said, shows_people=shows_people)


def _under(text: str, *, shows_people: bool) -> str | None:
    for pattern in (_UNDER_PERSON if shows_people else _UNDER, _YOUNGER):
        for found in pattern.finditer(text):
            if not any(found.groups()) or _age(found, ENGLISH, 0) <= _NEARLY:
                return found[0].strip()
    return None


def _is_of_goods(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    return bool(_GOODS_BEFORE.search(before) or _GOODS_AFTER.match(after))


def _age(found: re.Match[str], spoken: Spoken, this_year: int) -> int:
    """The years that were said; 0 where the words are only ever said of the young."""
    said = found.groupdict()
    if born := said.get("born"):
        return this_year - int(born) - 1
    tens = said.get("tens") or said.get("whole")
    ones = said.get("ones")
    return 10 * _place(tens, spoken.tens, first=2) + _place(ones, spoken.ones, first=1)


def _place(word: str | None, listed: str, *, first: int) -> int:
    if word is None or word.isdecimal():
        return int(word or 0)
    places = enumerate(listed.split(), first)
    return next((place for place, one in places if re.fullmatch(one, word)), first)
