"""The generation side's tables."""

from __future__ import annotations

from generation.models.assets import Asset, Rendition
from generation.models.attempts import Candidate, Cutout, CutoutEdit, QualityReport
from generation.models.events import Event
from generation.models.generations import Batch, Generation, GenerationSource, Lane, PublishMode
from generation.models.presets import Automation, HeldChange, Preset, PresetVersion
from generation.models.signing import SigningIdentity

__all__ = [
    "Asset",
    "Automation",
    "Batch",
    "Candidate",
    "Cutout",
    "CutoutEdit",
    "Event",
    "Generation",
    "GenerationSource",
    "HeldChange",
    "Lane",
    "Preset",
    "PresetVersion",
    "PublishMode",
    "QualityReport",
    "Rendition",
    "SigningIdentity",
]
