"""The HTML habits of WordPress text: what it strips on save and adds on display.

A small part of kses, wpautop and sanitize_title; enough for product texts, not a sanitiser
to rely on anywhere else.
"""

from __future__ import annotations

import re
import unicodedata

_BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
_FORBIDDEN = re.compile(r"</?(?:script|style|iframe|form|input|object|embed)\b[^>]*>", re.I)
_HANDLER = re.compile(r"\s+on\w+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.I)
_TAG = re.compile(r"<[^>]*>")
_BLOCK = re.compile(r"^<(?:p|div|ul|ol|li|h[1-6]|table|blockquote|pre|figure|section)\b", re.I)


def kses(text: str) -> str:
    """Keep harmless markup, drop scripts and handlers, escape bare ampersands."""
    return _BARE_AMPERSAND.sub("&amp;", _HANDLER.sub("", _FORBIDDEN.sub("", text)))


def plain(text: str) -> str:
    """Strip tags and fold white space (sanitize_text_field)."""
    return " ".join(_TAG.sub("", text).split())


def term_name(text: str) -> str:
    """Escape a category name the way the API shows it."""
    return _BARE_AMPERSAND.sub("&amp;", plain(text)).replace("<", "&lt;")


def autop(text: str) -> str:
    """Wrap paragraphs for display (wpautop)."""
    if not text.strip():
        return ""
    parts = [part.strip() for part in re.split(r"\n\s*\n", text.strip())]
    return "".join(f"{_paragraph(part)}\n" for part in parts if part)


def _paragraph(part: str) -> str:
    if _BLOCK.match(part):
        return part
    return f"<p>{part.replace(chr(10), '<br />' + chr(10))}</p>"


def slug(text: str) -> str:
    """Turn a title into a slug (sanitize_title)."""
    bare = re.sub(r"&#?\w+;", "", _TAG.sub("", text))
    ascii_text = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_text.lower().replace(".", "-")).strip("-")
