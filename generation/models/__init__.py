"""The generation side's tables."""

from __future__ import annotations

from generation.models.assets import Asset, Rendition
from generation.models.attempts import Candidate, Cutout, CutoutEdit, QualityReport
from generation.models.budgets import Budget, UsageDay
from generation.models.generations import Batch, Generation, GenerationSource, Lane, PublishMode
from generation.models.painting import EngineHost, Person
from generation.models.presets import Automation, HeldChange, Preset, PresetVersion, Schedule
from generation.models.signing import SigningIdentity
from generation.models.sweeps import FileSweep

__all__ = [
    "Asset",
    "Automation",
    "Batch",
    "Budget",
    "Candidate",
    "Cutout",
    "CutoutEdit",
    "EngineHost",
    "FileSweep",
    "Generation",
    "GenerationSource",
    "HeldChange",
    "Lane",
    "Person",
    "Preset",
    "PresetVersion",
    "PublishMode",
    "QualityReport",
    "Rendition",
    "Schedule",
    "SigningIdentity",
    "UsageDay",
]
