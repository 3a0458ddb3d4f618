"""Adult content in words: what is never painted, what undresses somebody, and what only looks so.

All of it reads plain text (see `text`).
"""

from __future__ import annotations

import re

from . import adult_words as known
from .text import WORD, first_said, one_of, plainly, spellings, words_of
from .words import PERSONS

_CLOTHES = one_of(known.CLOTHES)
_CLEARLY_WORN = one_of(f"{known.CLOTHES} {known.WORN}")
_GARMENTS = f"{known.CLOTHES} {known.WORN} {known.DOUBTFULLY_WORN}"
_WORN = one_of(_GARMENTS)
_HERS = (
    r"(?:her|his|their|model'?s?|wom[ae]n'?s?|m[ae]n'?s?|person'?s?|lady'?s?|ihre?[nmrs]?|"
    r"seine?[nmrs]?|haar|jej|jego)"
)
_ARTICLE = (
    rf"(?:{_HERS}|the|a|an|all|any|every|of|s|off|from|my|this|that|der|die|das|den|dem|"
    r"le|la|les|l|el|los|las|lo|il|gli|i|sa|son|ses|su|sus|o|as|os|de|het|een|"
    r"tous|toutes?|tod[ao]s?|tutt[aeio]|alle|al|cale)"
)
_WITHOUT = r"(?:without|with no|no|zero|minus|lacking|ohne|sans|sin|senza|sem|zonder|bez|без)"
# These languages say the colour of a garment after it.
_TAKE_ROMANCE = (
    r"(?:enlev[\w-]+|retire[rz]?(?:-lui)?|retira(?:r|les?)?|ote[rz]?(?:-lui)?|supprim\w+|quita\w*|elimina(?:le|r)?|"
    r"togli\w*|rimuov\w+)"
)
_TAKE = (
    r"(?:remov\w*|tak(?:e|es|ing) off|strip(?:s|ped|ping)?|pull(?:s|ed|ing)? (?:off|down|up)|"
    r"peel(?:s|ed|ing)? off|lift(?:s|ed|ing)?|rip\w* off|tear\w* off|torn off|eras\w+|delet\w+|"
    rf"get rid of|unbutton\w*|unzip\w*|undo|entfern\w*|zieh\w*|{_TAKE_ROMANCE}|elimin\w+|"
    r"verwijder\w*|(?:trek|doe)(?= (?:haar|zijn|de|het)\b)|zdejm\w*|zdjac|sciag\w*|usun\w*|"
    r"сними\w*|снять|убери\w*|убрать)"
)
# Here a garment ends: "remove the shirt", and no "shirt tag" and no "coat of dust".
_END = (
    r"(?=$|[.,;:!?)]| on(?:$|[.,;:!?)])| (?:and|or|but|so|to|off|she|he|completely|entirely|"
    rf"please|now|then|aus|uit|bitte|und|et|y|e|и|en (?:de|het|haar)|"
    rf"{known.FROM} (?:{_ARTICLE}[ '])*(?:\w+ )?(?:{_HERS}|"
    rf"{one_of(f'{PERSONS} {known.SOMEBODY_TOO}')}))\b)"
)
_GONE = r"(?:transparent|invisible|see-? ?through|translucent|sheer|vanish\w*|disappear\w*)"
_NO_GARMENT = (
    rf"{_CLOTHES}\b(?! (?:tags?|labels?|racks?|hangers?|rails?|hooks?|pegs?|lines?|"
    r"from the back\w+)\b)"
)
# Beside it: colours and other garments, and no "dust from the shirt" or "second shirt".
_WORD = rf"(?!(?:{_ARTICLE}|{one_of(known.PLACES)})\b)\w+"
_ADJECTIVE = rf"(?!{one_of(known.OF_SEVERAL)}\b){_WORD}"
_BEFORE = (
    rf"(?:{_ARTICLE}[ ']|(?:\w+ly|please|just|now|also|bitte|jetzt|nur|maintenant|ahora|ora) )*"
)
_HARDLY = r"(?:smile|towel|sheet|hat|socks|jewell?e?ry|perfume|necklace)"
_SPREAD = r"legs (?:(?:wide|widely) )?(?:spread|open)|spread(?:ing)? (?:her |his )?legs"
_INTIMATE = r"(?:lingerie|underwear|negligee|panties|dessous)"
_BED = r"\b(?:in|on) (?:\w+ ){0,2}bed\b"
# Nudity that needs no word of its own.
_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:{_TAKE}|open\w*) (?:{_ARTICLE} ){{0,3}}?{_HERS} (?:s )?"
        rf"(?:(?:das|die|den) )?(?:{_WORD} )?{_WORN}\b",
        rf"\b{_TAKE} {_BEFORE}{_NO_GARMENT}",
        rf"\b{_TAKE} {_BEFORE}(?:(?:{_ADJECTIVE} ){{0,3}}"
        rf"{_CLEARLY_WORN}(?: top| bottoms?)?|{_WORN})\b{_END}",
        rf"\b{_TAKE_ROMANCE} {_BEFORE}{_CLEARLY_WORN} {_ADJECTIVE}\b{_END}",
        rf"\b(?:{known.UNDRESS})\b",
        rf"\btak(?:e|es|ing) (?:{_ARTICLE} )*(?:\w+ )?{_WORN} off\b"
        rf"(?! (?:the|an?|this|its) (?!(?:\w+ ){{0,2}}{one_of(PERSONS)}\b))",
        rf"\b{_CLEARLY_WORN} (?:(?:to|be|becomes?|is|are|looks?|more|fully|completely|slightly)"
        rf" )*{_GONE}\b(?! (?:back\w+|ground|png|bag|packaging|film|heels|buttons?|fabrics?|"
        r"sleeves?|panels?|mesh|lace|overlay)\b)",
        rf"\b(?:{_CLEARLY_WORN}|swimwear)(?: \w+)? (?:with|by|into|to) (?:\w+ )?(?:nothing|"
        r"skin(?!-| ?(?:tone|colou?r|care|friendly|protection|products?|creams?|lotions?))|"
        r"flesh)\b",
        rf"\b(?:skin|nothing) instead of (?:{_ARTICLE} )*{_CLEARLY_WORN}\b",
        r"\bstrip(?:s|ped)? (?:the |this )?(?:her|him|model|wom[ae]n|m[ae]n|person)"
        r"(?=$|[.,;:!?)]| of)",
        r"(?:衣|裙|裤|褲|泳装|服).{0,3}透明",
        rf"\b{_WITHOUT} (?:any )?{_NO_GARMENT}",
        rf"(?:^|[.,;:] ?){_WITHOUT} (?:a |any )?{_WORN}(?=$|[.,;:])",
        rf"\b{_WITHOUT} (?:a |any )?{_CLEARLY_WORN} on(?=$|[.,;:!?)])",
        r"\bbez (?:sukienki|koszul\w*|bluzki|spodni|spodnicy|stanika|majtek)\b",
        rf"\b{_CLOTHES} (?:off|removed|gone)\b",
        r"\b(?:wear(?:s|ing)?|(?:dress(?:e[sd]|ing)?|clothed?|clad)(?: \w+){0,2} in) "
        r"(?:absolutely |literally )?(?:nothing|no (?:shirt|top|trousers|pants|skirt|dress)s?)\b",
        r"\bnothing on(?=$|[.,;])|\bbirthday suit\b|\bin the buff\b|\bau naturel\b",
        r"\boben ohne\b|\bseins? nus?\b|\btorse nu\b|\bpetto nudo\b",
        r"\bnus? (?:artistiques?|feminins?|masculins?|integra(?:l|ux))\b|\bnudo artistico\b",
        r"\b(?:hommes?|modeles?|corps|uomo|uomini|corpo|homem|homens) (?:nus?|nud[oi])\b",
        r"\b(?:bare|exposed|uncovered)[- ](?:breast|boob|bottom|buttock|bosom|torso)(?:s|ed)?\b",
        r"\bbare[- ]chest(?:s|ed)?\b|\bbare bod(?:y|ies)\b",
        r"\buncovered chest\b|\bchest (?:is )?bare\b",
        r"\bbreasts? (?:visible|exposed|out|showing)\b",
        rf"\b{_INTIMATE}\b.*\b(?:{_SPREAD})\b|\b(?:{_SPREAD})\b.*\b{_INTIMATE}\b",
        r"\b(?:her|his) (?:\w+ )?(?:bare|exposed) (?:body|skin)\b",
    )
)
# And more of it where there is somebody.
_SAID_OF_PEOPLE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_WITHOUT} (?:a |an |any |her |his )?(?:{_WORN})\b{_END}",
        rf"\b{_WORN} (?:off|removed|gone|undone)\b",
        r"\bbared? (?:skin|back ?side)\b|\bshirtless\b|\bbra-?less\b|\bwet t-?shirt\b",
        r"\b(?:wear(?:s|ing)?|dressed in) (?:only|just|nothing but) (?:an? )?"
        rf"{_HARDLY}\b|\b(?:dressed|clad|covered|wrapped) only (?:in|by|with) (?:an? )?{_HARDLY}\b",
        rf"\b(?:see-? ?through|transparent) (?:\w+ )?{_CLEARLY_WORN}\b",
        rf"\b(?:{_SPREAD})\b",
        rf"\b{_INTIMATE}\b.*{_BED}|{_BED}.*\b{_INTIMATE}\b",
    )
)
_COLOUR = one_of(known.COLOURS)
_COLOUR_NOUN = one_of(known.COLOUR_NOUNS)
_COLOURED = one_of(known.COLOURED)
_MATERIAL = rf"(?:{one_of(known.MATERIALS)}|\w+(?:wand|wande|mauer|boden|ziegel))"
_NOBODY = rf"(?! (?:\w+ )?{known.SOMEBODY}\b)"
_BARE = r"(?:naked|bare,? naked|nackte[rnms]?|nue?s?|nud[aoei]|nuas?|desnud[oa]s?|nagi(?:m|ego)?)"
# Colours, tools, food, titles that are named after what is refused.
_HARMLESS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bnude[- ](?:{_COLOUR} )?(?:{_COLOUR_NOUN}|{_COLOUR}|{_COLOURED})\b{_NOBODY}",
        rf"\bnude[- ](?:{_COLOUR} )?(?:dress|dresses|gown|blouse|bodysuit|sweater|coat){_NOBODY}",
        rf"\b(?:{_COLOURED}|{_COLOUR_NOUN})(?: {_COLOUR_NOUN})? (?:in|of|to|into) (?:an? )?nude"
        rf"(?=$|[.,;:!?)/]| (?:and|or|with) |(?: {_COLOUR_NOUN})){_NOBODY}",
        rf"\b(?:make|colou?r|paint|turn) (?:{_ARTICLE} ){{1,2}}(?:s )?{_COLOURED} nude"
        r"(?=$|[.,;:!?)])",
        rf"\bnaked {_MATERIAL}\b{_NOBODY}",
        r"\bbottomless (?:bags?|brunch|cups?|coffee|pit|planters?|baskets?|popcorn|"
        r"portafilters?)\b",
        r"\b(?:wire|paint|cable|varnish|wallpaper|floor|wax|colou?r|adhesive|rust|insulation)[- ]"
        r"strippers?\b",
        r"(?:^|\b(?:a|the|of|our|with) )sex on the beach (?:cocktails?|drinks?|mocktails?|glass)\b",
        r"\bsex and the city\b|\bsex pistols\b|\bsex wax\b|\bxxx[- ]?(?:large|size)\b",
        r"\b(?:bottle|pipe|grease|feeding|spoke|brass|steel|hose|hex)[- ]nipples?\b",
        r"裸(?:色|足|眼|粉|妆|妝|石)|ヌード(?:カラー|ベージュ|ピンク)"
        r"|누드 ?(?:톤|색|컬러|베이지|핑크)",
    )
)
# And more of them where there is nobody.
_HARMLESS_OF_GOODS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:{_COLOURED}|{_COLOUR_NOUN}) nude(?=$|[.,;:!?)/]| (?:and|or) )",
        rf"\bnude (?:and|or|&|/) {_COLOUR}\b",
        rf"\bnude, {_COLOUR}(?: {_COLOUR_NOUN}|,? (?:and|or) {_COLOUR})\b",
        rf"\b{_COLOUR},? (?:and|or|&) nude(?=$|[.,;:!?)])",
        rf"\b{_BARE} {_MATERIAL}\b|\b{_MATERIAL}(?:{_NOBODY} \w+)? {_BARE}"
        rf"(?=$|[.,;:!?)]| ){_NOBODY}",
        rf"\b{_BARE} (?:\w+ ){{0,2}}{one_of(known.STATUES)}\b",
        r"\bnipples?[- ](?:shields?|creams?|balms?|keys?|fittings?|wrench|protectors?)\b",
    )
)
_PART = re.compile(r"[,;.:()\n]|\b(?:and|or)\b")


def adult_words(plain: str, *, is_of_people: bool) -> str | None:
    """The words of plain text that ask for adult content; None without any.

    ``is_of_people``: somebody is painted, or the words name somebody. What is a colour or a bare
    wall elsewhere is refused then.
    """
    kept = plain
    for pattern in (*_HARMLESS, *(() if is_of_people else _HARMLESS_OF_GOODS)):
        kept = pattern.sub(" , ", kept)
    found = first_said(kept, _SAID)
    if not found and is_of_people:
        found = first_said(kept, _SAID_OF_PEOPLE)
    return found or _first_word(kept)


def lever_in(plain: str) -> str | None:
    """The part of a list that is nothing but a garment or an age of adults; None without one."""
    levers = words_of(f"{_GARMENTS} {known.OVER} {known.GROWN}")
    allowed = levers | words_of(known.FILLING)
    for part in _PART.split(plain):
        words = {word for word in WORD.findall(part) if not word.isdecimal()}
        if words & levers and words <= allowed:
            return part.strip()
    return None


def _first_word(text: str) -> str | None:
    refused = words_of(known.ADULT_WORDS)
    for word in WORD.findall(text):
        if any(spelling in refused for spelling in spellings(word)):
            return str(word)
    return next((sign for sign in map(plainly, known.ADULT_ANYWHERE) if sign in text), None)
