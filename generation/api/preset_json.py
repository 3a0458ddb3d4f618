"""Presets as the API reads and shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from generation import availability, preset_words
from generation.availability import Outlook
from generation.models import Preset, PresetVersion
from generation.spec import PresetSpec
from productviz.api.fields import Metadata, Moment, PublicId, Strict, Text, Whole
from productviz.lib.text import rfc3339

Recipe = serializers.DictField
STATUSES = ("active", "archived")


class PresetWanted(Strict):
    """A new preset: its name and its first recipe."""

    name = Text(max_length=100)
    spec = Recipe()
    metadata = Metadata(required=False)


class PresetChanged(Strict):
    """What of a preset may change; its recipe changes by a new version."""

    name = Text(max_length=100, required=False)
    metadata = Metadata(required=False)


class VersionWanted(Strict):
    """The next recipe of a preset, whole."""

    spec = Recipe()


class PreviewWanted(Strict):
    """A recipe to look at, the preset's newest by default; nothing is stored."""

    spec = Recipe(required=False)
    preset_version = Whole(min_value=1, required=False)


class PresetVersionShown(serializers.Serializer[Any]):
    """One immutable recipe of a preset."""

    id = PublicId("prv")
    object = serializers.CharField()
    preset = PublicId("pre")
    number = serializers.IntegerField()
    kind = serializers.CharField()
    spec = Recipe()
    warnings = serializers.ListField(child=serializers.CharField())
    created_at = Moment()


class PresetShown(serializers.Serializer[Any]):
    """A preset and its newest recipe. ``preset_version`` is the number that a generation pins.

    ``unavailable`` says why this installation cannot make its pictures now, null where it can. With
    ``waits`` requests are taken on all the same: a GPU host is away and expected back. ``warnings``
    says what its model leaves out.
    """

    id = PublicId("pre")
    object = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    preset_version = serializers.IntegerField()
    spec = Recipe()
    unavailable = serializers.DictField(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment()
    metadata = Metadata()


class OutputShown(serializers.Serializer[Any]):
    """One file that the recipe makes; sizes are the largest it will have."""

    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    format = serializers.CharField()
    max_bytes = serializers.IntegerField(allow_null=True)


class PreviewShown(serializers.Serializer[Any]):
    """What a recipe would make: checked and resolved, with a drawing of it (SVG).

    A scene is shown by the picture of its plate, at ``plate_url``, instead of a drawing.
    """

    object = serializers.CharField()
    preset = PublicId("pre")
    spec = Recipe()
    outputs = OutputShown(many=True)
    drawing = serializers.CharField()
    plate_url = serializers.CharField(allow_null=True)
    unavailable = serializers.DictField(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())


def preset_json(row: Preset, latest: PresetVersion) -> dict[str, Any]:
    """The preset as the API shows it."""
    return presets_json([(row, latest)])[0]


def _preset_json(
    row: Preset, latest: PresetVersion, spec: PresetSpec, outlook: Outlook
) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "object": "preset",
        "name": row.name,
        "kind": spec.kind,
        "status": status_of(row),
        "preset_version": latest.number,
        "spec": spec.model_dump(mode="json"),
        "unavailable": unavailable(spec, outlook),
        "warnings": list(preset_words.warnings(spec)),
        "version": row.version,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "metadata": row.metadata,
    }


def version_json(row: PresetVersion) -> dict[str, Any]:
    """One recipe as the API shows it."""
    spec = row.parsed()
    return {
        "id": row.public_id,
        "object": "preset_version",
        "preset": row.preset.public_id,
        "number": row.number,
        "kind": spec.kind,
        "spec": row.spec,
        "warnings": list(preset_words.warnings(spec)),
        "created_at": rfc3339(row.created_at),
    }


def outputs_json(spec: PresetSpec) -> list[dict[str, Any]]:
    """The files that a recipe makes."""
    kept = {"name", "width", "height", "format", "max_bytes"}
    return [one.model_dump(mode="json", include=kept) for one in spec.outputs]


def status_of(row: Preset) -> str:
    """Whether the preset may still be used."""
    return STATUSES[row.archived_at is not None]


def presets_json(rows: Iterable[tuple[Preset, PresetVersion]]) -> list[dict[str, Any]]:
    """Presets, each with its newest version, as the API shows them."""
    known = [(row, latest, latest.parsed()) for row, latest in rows]
    outlook = availability.outlook(spec for _, _, spec in known)
    return [_preset_json(row, latest, spec, outlook) for row, latest, spec in known]


def unavailable(spec: PresetSpec, outlook: Outlook | None = None) -> dict[str, Any] | None:
    """Why no engine here can run the recipe, and what to do about it; None where one can."""
    outlook = outlook or availability.outlook([spec])
    obstacle, delay = preset_words.obstacle(spec, outlook), preset_words.delay(spec, outlook)
    if not obstacle and not delay:
        return None
    return {
        "code": "model_unavailable",
        "message": obstacle or delay,
        "waits": not obstacle,
    }
