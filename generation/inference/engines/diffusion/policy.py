"""What is never painted: adult content, and people under eighteen.

A checker of words, in the languages of most merchants; what a model makes of harmless words is for
the reviewer. It errs on the side of refusing: another word is quickly found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

ADULT_AGE = 18

# Whole words, lower case, without accents; none that is a common one in another language.
_ADULT_WORDS = """
    nude nudes nudity naked topless bottomless undressed porn porno pornographic pornography nsfw
    xxx erotic erotica sex sexual sexually genitals genitalia penis vagina fetish bdsm hentai
    striptease stripper orgasm masturbating masturbation intercourse blowjob
    nackt nackte nackter nackten nackig pornografie pornografisch erotisch erotik sexuell
    entkleidet unbekleidet nue nues nudite denude denudee erotique sexuelle pornographique
    desnudo desnuda desnudos desnudas desnudez erotico erotica sexo sexuales nuda nudi nudita
    erotici sessuale sesso pornografico pornografica nua nuas
    naakt naakte seks naken nakna nogne alaston nagi erotyczny ciplak
    голый голая голые обнаженный обнаженная обнаженные порно эротика эротический секс
    عاري عارية إباحي नग्न अश्लील
"""
_MINOR_WORDS = """
    child children childlike kid kids kiddo baby babies toddler toddlers infant infants newborn
    minors underage teen teens teenage teenager teenagers preteen preteens tween tweens juvenile
    adolescent adolescents schoolgirl schoolboy schoolchild schoolchildren boy boys girl girls
    youngster loli lolita shota
    kinder kleinkind saugling jugendliche jugendlicher teenagerin madchen schuljunge
    minderjahrig minderjahrige minderjahriger schulerin schulmadchen
    enfant enfants bebe bebes mineur mineure mineurs adolescente adolescents fillette garconnet
    ecoliere ecolier ninos ninas adolescentes bambino bambina bambini bambine
    minorenne minorenni ragazzina ragazzino crianca criancas menina menino meisje jongen kinderen
    tiener dziecko dzieci nastolatka nastolatek dziewczynka chlopiec flicka pojke lapsi
    cocuk bebek ребенок дети девочка мальчик подросток несовершеннолетний несовершеннолетняя
    طفل طفلة أطفال बच्चा बच्ची बच्चे
"""
_ADULT, _MINORS = frozenset(_ADULT_WORDS.split()), frozenset(_MINOR_WORDS.split())
# These write without spaces.
_ADULT_ANYWHERE = (
    "裸体",
    "裸體",
    "全裸",
    "裸",
    "色情",
    "ヌード",
    "ポルノ",
    "エロ",
    "포르노",
    "누드",
)
_MINORS_ANYWHERE = (
    *("未成年", "儿童", "兒童", "小孩", "女童", "男童", "婴儿", "少女", "少年"),
    *("子供", "子ども", "幼児", "赤ちゃん", "어린이", "미성년", "소녀", "소년"),
)
# Without their accents these are names.
_MINORS_ACCENTED = re.compile(r"\bniñ[ao]\b")
# Colours, places and goods that are named after what is refused.
_HARMLESS = re.compile(
    r"\bnude[- ](?:colou?r(?:ed|s)?|tone[ds]?|shades?|palette|beige|pink|lipsticks?|lips?|heels|"
    r"pumps|tights|make-?up|nails?|polish|leather|hues?)\b"
    r"|\b(?:baby|kid|child|children|boy|girl|teen|infant|toddler)(?:'?s)?'?[- ](?:blue|pink|rooms?|"
    r"bedrooms?|playrooms?|furniture|toys?|books?|cots?|cribs?|grand|breath)\b"
    r"|\bkinder(?:zimmer|mobel|garten)\b"
)
_BADLY_SPELT = str.maketrans("013457@$", "oieastas")
_SPELT_OUT = re.compile(r"\b(?:\w[.\-_* ]){3,}\w\b")

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_NUMBERS = _NUMBER_WORDS.split()
_AGE = r"(\d{1,2}|" + "|".join(_NUMBERS) + r")"
# Whisky, wine and cheese are sold by their age.
_OF_GOODS = (
    r"(?!.{0,12}\b(?:whisk(?:e)?y|malt|scotch|bourbon|rum|wine|port|sherry|cheese|cheddar)\b)"
)
_AGES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_AGE}[- ]?(?:years?|yrs?|months?|weeks?)[- ]?old\b{_OF_GOODS}",
        rf"\b{_AGE} ?(?:y/?o|yo)\b",
        rf"\b{_AGE} (?:years?|months?) of age\b",
        rf"\b(?:age|aged|ages) {_AGE}\b(?! (?:years|months|in)\b){_OF_GOODS}",
        r"\b(\d{1,2})[- ]?(?:jahre alt|jahrige?[rsnm]?)\b",
        r"\bagee?s? (?:de )?(\d{1,2})\b|\bde (\d{1,2}) ans\b",
        r"\b(\d{1,2}) (?:anos de edad|anos de idade|anni di eta|jaar oud|lat\b|yas)",
        r"\bde (\d{1,2}) anos\b|\bdi (\d{1,2}) anni\b",
        r"(\d{1,2}) ?(?:лет|года)\b",
        r"(\d{1,2}) ?(?:歳|岁|歲|살)",
    )
)
_UNDER = re.compile(
    r"\b(?:under|below|younger than|less than|unter|moins de|menos de|menor de|meno di) "
    rf"{_AGE}\b(?! ?(?:%|percent|euro|dollar|cm|mm|kg|g|minutes?|hours?))"
    r"|\bmenor(?:es)? de edad\b|\bminore di eta\b"
)


def refuse_words(text: str) -> str | None:
    """Say why nothing is painted from these words: one sentence; None where they may be used."""
    plain = _plain(text)
    kept = _HARMLESS.sub(" ", plain)
    found = _first(kept, _ADULT, _ADULT_ANYWHERE)
    if found:
        return f'Adult content is not painted here; take "{found}" out of the words.'
    found = _first(kept, _MINORS, _MINORS_ANYWHERE) or _young_age(kept) or _accented(text)
    if found:
        return (
            "People in painted pictures are always adults, and nobody under eighteen is painted; "
            f'take "{found}" out of the words.'
        )
    return None


def _accented(text: str) -> str | None:
    found = _MINORS_ACCENTED.search(unicodedata.normalize("NFKC", text).casefold())
    return str(found[0]) if found else None


def _plain(text: str) -> str:
    """Lower case, without accents and invisible letters, and with spelt-out words put together."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    folded = folded.replace("ı", "i")
    seen = "".join(
        letter
        for letter in folded
        if not unicodedata.combining(letter) or unicodedata.category(letter) == "Mc"
        if unicodedata.category(letter) != "Cf"
    )
    composed = unicodedata.normalize("NFKC", seen)
    return _SPELT_OUT.sub(lambda found: re.sub(r"[.\-_* ]", "", found[0]), composed)


def _first(text: str, words: frozenset[str], anywhere: tuple[str, ...]) -> str | None:
    refused = _plainly(words)
    found: list[str] = re.findall(r"[\w@$]+", text)
    for word in found:
        if any(spelling in refused for spelling in _spellings(word)):
            return word
    return next((sign for sign in map(_plain, anywhere) if sign in text), None)


@cache
def _plainly(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_plain, words))


def _spellings(word: str) -> Iterator[str]:
    """A word as it is, and as it is meant where figures stand for letters."""
    yield word
    if any(letter.isalpha() for letter in word):
        yield word.translate(_BADLY_SPELT)


def _young_age(text: str) -> str | None:
    for pattern in _AGES:
        for found in pattern.finditer(text):
            if _number(next(filter(None, found.groups()))) < ADULT_AGE:
                return str(found[0]).strip()
    for found in _UNDER.finditer(text):
        age = next(filter(None, found.groups()), None)
        if age is None or _number(age) <= ADULT_AGE + 3:
            return str(found[0]).strip()
    return None


def _number(word: str) -> int:
    return _NUMBERS.index(word) if word in _NUMBERS else int(word)
