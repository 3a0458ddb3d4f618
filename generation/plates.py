"""Which studio plates this installation has, as a merchant chooses them: names and words.

For pages, which load no array library. Cameras, light and pixels are the studio engine's
business; it reads the same files with its full model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

FOLDER = Path(__file__).parent / "inference" / "engines" / "studio" / "plates"


class _Variation(BaseModel):
    name: str
    title: str


class _Plate(BaseModel):
    name: str
    title: str
    summary: str
    variations: tuple[_Variation, ...]
    views: dict[str, object] = {}


@dataclass(frozen=True, slots=True)
class Variation:
    """A plate in one set of colours; ``thumbnail`` is its picture's path among the static files."""

    name: str
    title: str
    thumbnail: str


@dataclass(frozen=True, slots=True)
class PlateCard:
    """A plate on offer: its words and its variations, the default first."""

    name: str
    title: str
    summary: str
    views: tuple[str, ...]
    variations: tuple[Variation, ...]

    @property
    def thumbnail(self) -> str:
        """The default variation's picture."""
        return self.variations[0].thumbnail

    def variation(self, name: str) -> Variation | None:
        """The variation of that name, the default for none; None if the plate has no such."""
        if not name:
            return self.variations[0]
        return next((one for one in self.variations if one.name == name), None)


def installed(folder: Path | None = None) -> tuple[PlateCard, ...]:
    """Every plate that can be read, by title; a broken one is the doctor's to name."""
    paths = sorted((folder or FOLDER).glob("*/plate.json"))
    found = (_read(path, path.stat().st_mtime_ns) for path in paths)
    return tuple(sorted((card for card in found if card), key=lambda card: card.title))


def find(name: str, folder: Path | None = None) -> PlateCard | None:
    """The plate of that name, if this installation has it."""
    return next((card for card in installed(folder) if card.name == name), None)


@lru_cache(maxsize=64)
def _read(path: Path, changed_at: int) -> PlateCard | None:
    try:
        plate = _Plate.model_validate(json.loads(path.read_text()))
    except (ValidationError, ValueError):
        return None
    if not plate.variations:
        return None
    return PlateCard(
        name=plate.name,
        title=plate.title,
        summary=plate.summary,
        views=tuple(plate.views),
        variations=tuple(
            Variation(one.name, one.title, f"plates/{plate.name}-{one.name}.webp")
            for one in plate.variations
        ),
    )
