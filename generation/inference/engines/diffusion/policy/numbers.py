"""Numbers up to nineteen as they are said, and how a language says that they are an age.

Plain letters: no accents. One word a number, and ``|`` between two forms of one.
"""

from __future__ import annotations

from typing import NamedTuple


class Spoken(NamedTuple):
    """``age`` follows a number that is an age; ``years``, if any, one that may be of something."""

    ones: str
    tens: str
    joint: str
    age: str
    years: str


ENGLISH = Spoken(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
    "twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "and",
    r"(?:years?|yrs?|months?|weeks?)[- ]?(?:olds?|young(?!er))|(?:years?|months?) of age|"
    r"y\.?/?o\.?(?!\w)",
    r"(?:summers|springs|winters)",
)
# Where tens and ones make one word none is mistaken for the ones alone: no tens are listed.
OTHERS = (
    Spoken(
        "ein|eins|einem zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn "
        "vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
        "",
        "und",
        r"jahrig\w*|jahre (?:alt|jung)",
        "jahren?",
    ),
    Spoken(
        "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize dix-sept dix-huit dix-neuf",
        "vingts? trente quarante cinquante soixante",
        "et",
        "ans d'age",
        "ans",
    ),
    Spoken(
        "un|uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciseis diecisiete dieciocho diecinueve",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        "y",
        "anos de edad|anera?",
        "anos",
    ),
    Spoken(
        "um dois tres quatro cinco seis sete oito nove dez onze doze treze catorze|quatorze "
        "quinze dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
        "e",
        "anos de idade",
        "anos",
    ),
    Spoken(
        "un due tre quattro cinque sei sette otto nove dieci undici dodici|dodic tredici|tredic "
        "quattordici|quattordic quindici|quindic sedici|sedic diciassette|diciassett "
        "diciotto|diciott diciannove|diciannov",
        "",
        "e",
        "anni di eta|enn[ei]",
        "anni",
    ),
    Spoken(
        "een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
        "zestien zeventien achttien negentien",
        "",
        "en",
        "jaar oud|jarige?",
        "jaar",
    ),
    Spoken(
        "jeden dwa trzy cztery piec|piecio szesc|szescio siedem|siedmio osiem|osmio "
        "dziewiec|dziewiecio dziesiec|dziesiecio jedenascie|jedenasto dwanascie|dwunasto "
        "trzynascie|trzynasto czternascie|czternasto pietnascie|pietnasto szesnascie|szesnasto "
        "siedemnascie|siedemnasto osiemnascie|osiemnasto dziewietnascie|dziewietnasto",
        "dwadziescia trzydziesci czterdziesci piecdziesiat szescdziesiat siedemdziesiat "
        "osiemdziesiat dziewiecdziesiat",
        "i",
        r"letni\w*|latk\w*|latek",
        "lata?",
    ),
    Spoken(
        "один два три четыре|четырех пят[ьи] шест[ьи] сем[ьи] восемь|восьми девят[ьи] десят[ьи] "
        "одиннадцат[ьи] двенадцат[ьи] тринадцат[ьи] четырнадцат[ьи] пятнадцат[ьи] "
        "шестнадцат[ьи] семнадцат[ьи] восемнадцат[ьи] девятнадцат[ьи]",
        "двадцат[ьи] тридцат[ьи] сорока? пят[ьи]десят[ьи]? шест[ьи]десят[ьи]? сем[ьи]десят[ьи]? "
        "восем[ьи]десят[ьи]? девяносто",
        "и",
        r"летн\w+",
        "лет|года?",
    ),
    Spoken(
        "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두 열세 열네 열다섯 열여섯 열일곱 열여덟 "
        "열아홉",
        "스물 서른 마흔 쉰 예순 일흔 여든 아흔",
        "",
        "살|세",
        "",
    ),
    Spoken("", "", "", r"yasinda|aring|ar gam\w+|歳|岁|歲|才", "yas|ar"),
)
# Below eighteen, and no end of a larger number.
CHINESE = (
    r"(?<![〇零一二三四五六七八九十百])(?:十[一二三四五六七]?|[一二两三四五六七八九])(?:岁|歲|歳|才)|"
    r"(?<![이삼사오육칠팔구])십[일이삼사오육칠]? ?[세살]"
)
