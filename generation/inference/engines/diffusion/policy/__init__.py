"""What is never painted: adult content, and people under eighteen.

A checker of words, in the languages of most merchants. It is a help and no proof: whoever wants to
finds words that it does not know, and what a model makes of harmless ones is for the checker of
pictures and for the reviewer. Where the words are of people it errs on the side of refusing, as
another word is quickly found; where they are of goods and rooms on that of allowing: a seller of
baby bottles may say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from django.utils import timezone

from . import goods as sold, words as known
from .adult import adult_words, lever_in
from .ages import young_age
from .text import WORD, as_written, first_said, one_of, plainly, spellings, words_of

# Somebody is painted here.
_PEOPLE_KINDS = frozenset({"virtual_model"})
# And here somebody may be in the photograph that is changed.
_MAYBE_PEOPLE_KINDS = _PEOPLE_KINDS | {"edit"}

_HARMLESS_MINORS = re.compile(rf"\b(?:{sold.HARMLESS_MINORS})\b")
_MINORS_SAID = re.compile("|".join(rf"(?:\b{one}\b)" for one in known.MINORS_SAID))
_MINORS_SAID_OF_PEOPLE = re.compile(
    "|".join(rf"(?:\b{one}\b)" for one in known.MINORS_SAID_OF_PEOPLE)
)
_COMPOUNDS = re.compile(rf"\b{known.MINOR_COMPOUNDS}")
_UNDERCLOTHES = re.compile(known.UNDERCLOTHES)
# No buyers ("for women"), owners ("women's") or kinds of goods ("man bag", "model train").
_PERSON = re.compile(
    rf"\b(?<!for )(?<!fur )(?<!pour )(?<!para )(?<!per )(?<!voor ){one_of(known.PERSONS)}\b"
    rf"(?!'?s\b)(?! (?:{one_of(sold.GOODS)}|trains?|planes?|ships?|numbers?|railways?)\b)"
)


def paints_people(kind: str) -> bool:
    """Whether somebody is painted in a picture of this kind, whatever the words are."""
    return kind in _PEOPLE_KINDS


def may_show_people(kind: str) -> bool:
    """Whether a picture of this kind may show a person."""
    return kind in _MAYBE_PEOPLE_KINDS


def names_people(text: str) -> bool:
    """Whether words name a person who is seen, and not only one who buys or owns."""
    plain = plainly(text)
    return (
        bool(_PERSON.search(plain))
        or not words_of(known.PEOPLE_MEANT).isdisjoint(WORD.findall(plain))
        or any(plainly(sign) in plain for sign in known.PERSONS_ANYWHERE)
    )


def refuse_words(text: str, *, shows_people: bool) -> str | None:
    """Say why nothing is painted from these words: one sentence; None where they may be used.

    ``shows_people``: a person is painted, whoever is named; any word for a minor is refused then.
    Elsewhere it may belong to goods and rooms, unless the words name a person: baby bottles, a
    table for children.
    """
    plain, is_of_people = plainly(text), shows_people or names_people(text)
    found = adult_words(plain, is_of_people=is_of_people)
    if found:
        return f'Adult content is not painted here; take "{found}" out of the words.'
    found = _minor(_HARMLESS_MINORS.sub(" , ", plain), is_of_people=is_of_people)
    if found:
        return (
            "People in painted pictures are always adults, and nobody under eighteen is painted; "
            f'take "{as_written(found)}" out of the words.'
        )
    return None


def refuse_unwanted(text: str) -> str | None:
    """Say why these may not be kept out of a picture of a person; None where they may.

    Who forbids clothes asks for skin, and who forbids adults for minors. "Table top" and "old
    paper" forbid neither: only a part between commas that is nothing else is refused.
    """
    found = lever_in(plainly(text))
    if found is None:
        return None
    return (
        "People in painted pictures are dressed adults; "
        f'take "{found}" out of what is not to be in the picture.'
    )


def _minor(plain: str, *, is_of_people: bool) -> str | None:
    is_strict = is_of_people or bool(_UNDERCLOTHES.search(plain))
    return (
        first_said(plain, (_MINORS_SAID, *((_MINORS_SAID_OF_PEOPLE,) if is_strict else ())))
        or young_age(plain, shows_people=is_of_people, this_year=timezone.now().year)
        or next(_people_among(plain, is_strict=is_strict), None)
    )


def _people_among(plain: str, *, is_strict: bool) -> Iterator[str]:
    """The words for minors that mean people: with ``is_strict`` all of them."""
    words = WORD.findall(plain)
    joined = -1  # the place that "and" may join another one to
    for at, word in enumerate(words):
        if not _is_minor(word, is_strict=is_strict):
            continue
        if not is_strict and (at == joined or _goes_with_goods(words, at)):
            joined = (
                at + 2 if words[at + 1 : at + 2] and words[at + 1] in words_of(sold.AND) else -1
            )
        else:
            yield word
    if is_strict:
        yield from (found[0] for found in _COMPOUNDS.finditer(plain))
    for sign in known.MINORS_ANYWHERE:
        yield from _signs(plain, plainly(sign), may_be_goods=not is_strict)


def _is_minor(word: str, *, is_strict: bool) -> bool:
    minors = words_of(known.MINOR_WORDS)
    if is_strict:
        minors |= words_of(known.MINOR_WORDS_OF_PEOPLE)
    return any(spelling in minors for spelling in spellings(word))


def _goes_with_goods(words: list[str], at: int) -> bool:
    """Whether a word for a minor says whose a thing is, or for whom."""
    goods, beside = words_of(sold.GOODS), words_of(sold.BESIDE_GOODS)
    after = words[at + 1 : at + 5]
    for place, word in enumerate(after):
        if word in goods and (place == 0 or set(after[:place]) <= beside | goods):
            return True
    if _shares_goods(words, at):
        return True
    if not words_of(known.PEOPLE_ACT).isdisjoint(after[:2]):
        return False
    if after and after[0] == "icin":
        return True
    articles = words_of(sold.ARTICLES)
    before = [word for word in words[max(0, at - 5) : at] if word not in articles]
    if before and before[-1] in words_of(sold.FOR):
        return len(before) < 2 or before[-2] not in words_of(sold.ASKS_FOR)
    if at and words[at - 1] in words_of(sold.NAMED_BEFORE):
        return True
    return len(before) > 1 and before[-1] in words_of(sold.OF) and before[-2] in goods


def _shares_goods(words: list[str], at: int) -> bool:
    """Whether several own a thing: "boys' and girls' shoes"."""
    rest = [place for place in range(at + 1, len(words)) if words[place] != "s"][:2]
    is_of_many = words[at].endswith("s") or words[at + 1 : at + 2] == ["s"]
    if len(rest) < 2 or not is_of_many or words[rest[0]] not in words_of(sold.AND):
        return False
    return _is_minor(words[rest[1]], is_strict=False) and _goes_with_goods(words, rest[1])


def _signs(plain: str, sign: str, *, may_be_goods: bool) -> Iterator[str]:
    for found in re.finditer(re.escape(sign), plain):
        rest = plain[found.end() :].lstrip(" の的")
        if not (may_be_goods and rest.startswith(_goods_signs())):
            yield found[0]


@cache
def _goods_signs() -> tuple[str, ...]:
    return tuple(map(plainly, sold.GOODS_SIGNS))
