"""A preset's recipe as a frozen value: what may be asked for, and what is refused."""

from __future__ import annotations

from .built_in import BRAND_COLOUR, BUILT_IN, TRANSPARENT, WHITE_BACKGROUND
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

__all__ = [
    "BRAND_COLOUR",
    "BUILT_IN",
    "FULL_QUALITY",
    "MAIN",
    "MAX_GROUP",
    "MAX_SIDE",
    "TRANSPARENT",
    "WHITE_BACKGROUND",
    "Arrangement",
    "Background",
    "Channel",
    "Composition",
    "Fault",
    "ImageFormat",
    "Kind",
    "Output",
    "PresetSpec",
    "Scene",
    "Shadow",
    "SpecError",
    "View",
    "parse_spec",
]
