"""Make presets and their immutable versions; every workspace starts with a few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from generation import spec as specs
from generation.models import Preset, PresetVersion
from productviz.accounts.models import Workspace


def create(workspace: Workspace, name: str, spec: Mapping[str, Any]) -> Preset:
    """Make a preset with its first version; ValueError with a sentence for the merchant."""
    parsed = specs.parse_spec(spec)
    name = name.strip()
    if not name:
        raise ValueError("Give the preset a name.")
    try:
        with transaction.atomic():
            preset = Preset.objects.create(workspace=workspace, name=name)
            _version(preset, parsed, number=1)
    except IntegrityError:
        raise ValueError(f"There is a preset called “{name}” already.") from None
    return preset


def add_version(preset: Preset, spec: Mapping[str, Any]) -> PresetVersion:
    """Change a preset by a new version; an equal recipe makes none. ValueError as in ``create``."""
    parsed = specs.parse_spec(spec)
    with transaction.atomic():
        latest = Preset.objects.select_for_update().get(pk=preset.pk).latest
        if latest.parsed() == parsed:
            return latest
        return _version(preset, parsed, number=latest.number + 1)


def ensure_built_in(workspace: Workspace) -> None:
    """Give the workspace the ready-made presets it does not have yet."""
    have = set(workspace.presets.values_list("name", flat=True))
    for slug, spec in specs.BUILT_IN.items():
        name = slug.replace("-", " ").capitalize()
        if name not in have:
            create(workspace, name, spec.model_dump(mode="json"))


def _version(preset: Preset, spec: specs.PresetSpec, *, number: int) -> PresetVersion:
    return PresetVersion.objects.create(
        preset=preset, number=number, spec=spec.model_dump(mode="json")
    )
