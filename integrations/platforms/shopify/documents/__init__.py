"""The GraphQL documents that are sent to Shopify: one operation a file, loaded by its name.

Each is held against the official schema of the API version by a test, with example variables.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def document(name: str) -> str:
    """The text of ``name``.graphql."""
    return (FOLDER / f"{name}.graphql").read_text(encoding="utf-8")
