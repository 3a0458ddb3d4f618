"""A preset's recipe as a frozen value: what may be asked for, and what is refused."""

from __future__ import annotations

from .built_in import BRAND_COLOUR, BUILT_IN, TRANSPARENT, WHITE_BACKGROUND
from .painting import MOST_LETTERS, Light, LineUp, Painting, Pose, printable
from .parts import (
    FULL_QUALITY,
    MAIN,
    MAX_GROUP,
    MAX_SIDE,
    Arrangement,
    Background,
    Channel,
    Composition,
    ImageFormat,
    Kind,
    Output,
    Scene,
    Shadow,
    View,
)
from .preset import Fault, PresetSpec, SpecError, parse_spec
from .rules import PAINTED_KINDS, painting_parts

__all__ = [
    "BRAND_COLOUR",
    "BUILT_IN",
    "FULL_QUALITY",
    "MAIN",
    "MAX_GROUP",
    "MAX_SIDE",
    "MOST_LETTERS",
    "PAINTED_KINDS",
    "TRANSPARENT",
    "WHITE_BACKGROUND",
    "Arrangement",
    "Background",
    "Channel",
    "Composition",
    "Fault",
    "ImageFormat",
    "Kind",
    "Light",
    "LineUp",
    "Output",
    "Painting",
    "Pose",
    "PresetSpec",
    "Scene",
    "Shadow",
    "SpecError",
    "View",
    "painting_parts",
    "parse_spec",
    "printable",
]
