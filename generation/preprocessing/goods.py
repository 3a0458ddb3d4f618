"""What a product's name tells about how it is photographed: garments and papers lie, goods stand.

An outline alone cannot tell a T-shirt from a vase with two handles.
"""

from __future__ import annotations

import re
import unicodedata

# English, German, French, Spanish and Italian; words with a second meaning are left out.
_LYING = re.compile(
    r"\b(apron|beanie|blanket|blouse|book|cardigan|coat|dress|glove|hoodie|jacket|jean|jersey"
    r"|jumper|kimono|legging|magazine|notebook|pajama|pants?|placemat|poncho|poster|pullover"
    r"|pyjama|scar(f|ve)|shirt|shorts|skirt|sock|sweater|sweatshirt|tee|tote|towel|trouser|tshirt"
    r"|bluse|decke|handschuh|handtuch|hemd|jacke|kleid|notizbuch|schal|socke|weste"
    r"|cahier|carnet|chaussette|chemise|echarpe|jupe|manteau|pantalon|serviette|veste"
    r"|bufanda|camisa|camiseta|chaqueta|falda|toalla|vestido"
    r"|asciugamano|camicia|giacca|gonna|maglietta|pantaloni|sciarpa)(e?s|e?n)?\b"
)
# What holds or keeps a lying thing stands: a sock drawer, a book stand, a towel rack.
_STANDING = re.compile(
    r"\b(box|case|cup|drawer|frame|hanger|holder|lamp|light|mug|rack|shelf|stand|warmer)(e?s)?\b"
)


def lies_flat(title: str) -> bool:
    """Say whether a product's name speaks of something that is photographed lying flat."""
    plain = unicodedata.normalize("NFKD", title.lower().replace("t-shirt", "tshirt"))
    words = "".join(one for one in plain if not unicodedata.combining(one))
    return bool(_LYING.search(words)) and not _STANDING.search(words)
