"""Plain text out of what storefronts hand over, and times as text."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

from django.utils.html import strip_tags

_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|tr)>|<br\s*/?>", re.IGNORECASE)


def plain(markup: object) -> str:
    """Text without tags and entities, white space folded."""
    spaced = _BLOCK_END.sub(" ", storable(markup))
    return " ".join(html.unescape(strip_tags(spaced)).split())


def storable(text: object) -> str:
    """Without what JSON may hold and a database may not: NUL, and halves of surrogate pairs."""
    return str(text or "").replace("\x00", "").encode(errors="ignore").decode()


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
