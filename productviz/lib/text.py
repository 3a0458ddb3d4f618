"""Plain text out of what storefronts hand over as HTML."""

from __future__ import annotations

import html
import re

from django.utils.html import strip_tags

_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|tr)>|<br\s*/?>", re.IGNORECASE)


def plain(markup: object) -> str:
    """Text without tags and entities, white space folded."""
    spaced = _BLOCK_END.sub(" ", str(markup or ""))
    return " ".join(html.unescape(strip_tags(spaced)).split())
