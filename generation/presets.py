"""Make presets and their immutable versions; every workspace starts with a few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from generation import spec as specs
from generation.models import Preset, PresetVersion
from generation.paint_checks import refuse_paint, refuse_unused
from productviz.accounts.models import Workspace


def create(
    workspace: Workspace,
    name: str,
    spec: Mapping[str, Any],
    *,
    metadata: Mapping[str, str] | None = None,
) -> Preset:
    """Make a preset with its first version; ValueError with a sentence for the merchant."""
    parsed = _checked(workspace, spec)
    preset = Preset(workspace=workspace, name=_name(name), metadata=dict(metadata or {}))
    with transaction.atomic():
        _save_named(preset)
        _version(preset, parsed, number=1)
    return preset


def change(preset: Preset, *, name: str | None = None, metadata: Any = None) -> None:
    """Give a preset another name, or other metadata; ValueError as in ``create``."""
    if name is not None:
        preset.name = _name(name)
    if metadata is not None:
        preset.metadata = dict(metadata)
    _save_named(preset, update_fields=["name", "metadata"])


def archive(preset: Preset) -> None:
    """Take a preset off the list: its images stay, its automations stop."""
    with transaction.atomic():
        preset.automations.update(enabled=False)
        preset.archived_at = timezone.now()
        preset.save(update_fields=["archived_at"])


def add_version(preset: Preset, spec: Mapping[str, Any]) -> PresetVersion:
    """Change a preset by a new version; an equal recipe makes none. ValueError as in ``create``."""
    parsed = _checked(preset.workspace, spec)
    with transaction.atomic():
        row = Preset.objects.select_for_update().get(pk=preset.pk)
        if row.latest.parsed() == parsed:
            return row.latest
        version = _version(preset, parsed, number=row.latest.number + 1)
        row.save(update_fields=[])
        preset.version = row.version
    return version


def ensure_built_in(workspace: Workspace) -> None:
    """Give the workspace the ready-made presets it does not have yet."""
    have = set(workspace.presets.values_list("name", flat=True))
    for slug, spec in specs.BUILT_IN.items():
        name = slug.replace("-", " ").capitalize()
        if name not in have:
            create(workspace, name, spec.model_dump(mode="json"))


def _checked(workspace: Workspace, spec: Mapping[str, Any]) -> specs.PresetSpec:
    parsed = specs.parse_spec(spec)
    refuse_unused(parsed)
    refuse_paint(workspace, parsed)
    return parsed


def _name(text: str) -> str:
    name = text.strip()
    if not name:
        raise ValueError("Give the preset a name.")
    return name


def _save_named(preset: Preset, **options: Any) -> None:
    try:
        with transaction.atomic():
            preset.save(**options)
    except IntegrityError:
        raise ValueError(f"There is a preset called “{preset.name}” already.") from None


def _version(preset: Preset, spec: specs.PresetSpec, *, number: int) -> PresetVersion:
    return PresetVersion.objects.create(
        preset=preset, number=number, spec=spec.model_dump(mode="json")
    )
