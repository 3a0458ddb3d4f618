"""Generations as the API shows them: the row, its six stages with their times, its quality."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from generation import events
from generation.first_pictures import words_for
from generation.models import Candidate, Generation, GenerationSource, Lane, PublishMode
from generation.models.generations import CANCELING
from generation.types import Stage, Verdict
from productviz.api.fields import Metadata, Moment, PublicId
from productviz.lib.ids import public_id
from productviz.lib.text import rfc3339
from productviz.outbox.models import Event

PATH = "/api/v1/generations"
MODES = {"none": PublishMode.NONE, "draft": PublishMode.APPROVAL, "auto": PublishMode.AUTO}
MODE_NAMES = {mode: name for name, mode in MODES.items()}
TEST = "Made with a test key: the image is marked all over, and it is never published."
_ORDER = list(Stage)
# What an answer from an earlier result passes over.
_MADE = (Stage.INFERENCE, Stage.POSTPROCESS, Stage.STORE)


class StageShown(serializers.Serializer[Any]):
    """One of the six stages; times are of the current attempt, null where it did not get there."""

    name = serializers.ChoiceField([str(stage) for stage in Stage])
    status = serializers.CharField()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    attempt = serializers.IntegerField()


class CheckShown(serializers.Serializer[Any]):
    """One measured figure against its threshold. ``counts`` is false for a channel's file alone."""

    name = serializers.CharField()
    value = serializers.FloatField()
    threshold = serializers.FloatField()
    verdict = serializers.ChoiceField([verdict.value for verdict in Verdict])
    passed = serializers.BooleanField()
    message = serializers.CharField()
    counts = serializers.BooleanField()


class QualityShown(serializers.Serializer[Any]):
    """What verification found of the newest candidate; ``score`` is 0 to 100."""

    score = serializers.FloatField()
    verdict = serializers.ChoiceField([verdict.value for verdict in Verdict])
    checks = CheckShown(many=True)


class ErrorShown(serializers.Serializer[Any]):
    """Why it ended without an image."""

    code = serializers.CharField()
    stage = serializers.CharField()
    message = serializers.CharField()
    retryable = serializers.BooleanField()
    attempts = serializers.IntegerField()


class GenerationShown(serializers.Serializer[Any]):
    """A generation. Lists leave ``queue_position`` and ``eta_seconds`` out (null).

    ``steps`` are a model's own, 0 where none paints (yet); it is "canceling" until the next one.
    """

    id = PublicId("gen")
    object = serializers.CharField()
    status = serializers.ChoiceField([*Generation.Status.values, CANCELING])
    stage = serializers.ChoiceField([str(stage) for stage in Stage])
    progress = serializers.IntegerField()
    steps = serializers.IntegerField()
    steps_done = serializers.IntegerField()
    queue_position = serializers.IntegerField(allow_null=True)
    eta_seconds = serializers.IntegerField(allow_null=True)
    product = PublicId("prd")
    preset = PublicId("pre")
    preset_version = serializers.IntegerField()
    source_images = serializers.ListField(child=PublicId("img"))
    input_hash = serializers.CharField(allow_null=True)
    batch = PublicId("bat", allow_null=True)
    attempt = serializers.IntegerField()
    seed = serializers.IntegerField()
    priority = serializers.ChoiceField([lane.name.lower() for lane in Lane])
    deadline = Moment(allow_null=True)
    outputs = serializers.ListField(child=serializers.DictField())
    publish = serializers.DictField()
    publication = PublicId("pub", allow_null=True)
    test = serializers.BooleanField()
    reused = serializers.BooleanField()
    assets = serializers.ListField(child=PublicId("ast"))
    error = ErrorShown(allow_null=True)
    stages = StageShown(many=True)
    quality = QualityShown(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    links = serializers.DictField()
    version = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment()
    finished_at = Moment(allow_null=True)
    metadata = Metadata()


@dataclass(slots=True)
class History:
    """What its events tell: when each stage of the current attempt began, and how many retries."""

    attempt: int = 1
    began: dict[str, datetime] = field(default_factory=dict)

    def take(self, kind: str, stage: str | None, at: datetime) -> None:
        """Go on by one event."""
        if kind == "generation.retried":
            self.attempt, self.began = self.attempt + 1, {}
        elif kind == "generation.stage_changed" and stage is not None:
            self.began[stage] = at


def with_all(rows: QuerySet[Generation]) -> QuerySet[Generation]:
    """Fetch with the rows all that is shown of them, in a fixed number of queries."""
    newest = Candidate.objects.select_related("report").order_by("-number")
    return with_request(rows).prefetch_related(Prefetch("candidates", queryset=newest))


def with_request(rows: QuerySet[Generation]) -> QuerySet[Generation]:
    """Fetch with the rows what was asked for; of one just accepted there is nothing else."""
    sources = GenerationSource.objects.order_by("position")
    return rows.select_related("product", "preset_version", "waits_for__first").prefetch_related(
        Prefetch("sources", queryset=sources)
    )


def histories(rows: Iterable[Generation]) -> Mapping[uuid.UUID, History]:
    """The history of each row, in one query."""
    found: dict[uuid.UUID, History] = defaultdict(History)
    told = Event.objects.filter(object_id__in=[row.pk for row in rows])
    facts = told.order_by("sequence", "pk").values_list(
        "object_id", "type", "data__stage", "created_at"
    )
    for pk, kind, stage, at in facts:
        found[pk].take(kind, stage, at)
    return found


def generation_json(
    row: Generation,
    history: History,
    *,
    candidate: Candidate | None,
    position: int | None = None,
    eta: int | None = None,
) -> dict[str, Any]:
    """The generation as the API shows it; ``candidate`` is its newest."""
    this = f"{PATH}/{row.public_id}"
    return {
        **_state(row, history),
        "queue_position": position,
        "eta_seconds": eta,
        **_wanted(row),
        "publication": _id("pub", row.publication_id),
        "assets": [public_id("ast", row.asset_id)] if row.asset_id else [],
        "stages": [_stage_json(row, stage, history) for stage in _ORDER],
        "quality": quality_json(candidate),
        "warnings": [one for one in (TEST if row.is_test else "", words_for(row)) if one],
        "links": {
            "self": this,
            "cancel": f"{this}/cancel",
            "events": f"{this}/events",
            "assets": f"/api/v1/assets?generation={row.public_id}",
        },
        "version": row.version,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "finished_at": _moment(row.finished_at),
        "metadata": row.metadata,
    }


def newest_candidate(row: Generation) -> Candidate | None:
    """The newest candidate of a row that comes from ``with_all``."""
    return next(iter(row.candidates.all()), None)


def quality_json(candidate: Candidate | None) -> dict[str, Any] | None:
    """A candidate's report; None before there is one."""
    report = getattr(candidate, "report", None)
    if report is None:
        return None
    return {
        "score": report.score,
        "verdict": report.verdict,
        "checks": [
            {
                "name": check["name"],
                "value": check["value"],
                "threshold": check["threshold"],
                "verdict": check["verdict"],
                "passed": check["verdict"] == Verdict.PASS,
                "message": check["message"],
                "counts": check.get("counts", True),
            }
            for check in report.checks
        ],
    }


def _state(row: Generation, history: History) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "object": "generation",
        "status": row.shown_status,
        "stage": events.stage(row),
        "progress": events.progress(row),
        "steps": row.steps,
        "steps_done": row.steps_done,
        "attempt": history.attempt,
        "error": events.error(row),
        "reused": row.reused,
    }


def _wanted(row: Generation) -> dict[str, Any]:
    """What was asked for."""
    hashed = row.inputs_hash
    return {
        "product": public_id("prd", row.product_id),
        "preset": public_id("pre", row.preset_version.preset_id),
        "preset_version": row.preset_version.number,
        "source_images": [public_id("img", source.image_id) for source in row.sources.all()],
        "input_hash": f"sha256:{hashed}" if hashed else None,
        "batch": _id("bat", row.batch_id),
        "seed": row.seed,
        "priority": Lane(row.lane).name.lower(),
        "deadline": _moment(row.deadline),
        "outputs": row.overrides.get("outputs") or row.preset_version.spec["outputs"],
        "publish": {"mode": MODE_NAMES[PublishMode(row.publish)]},
        "test": row.is_test,
    }


def _stage_json(row: Generation, stage: Stage, history: History) -> dict[str, Any]:
    began = row.created_at if stage == Stage.INTAKE else history.began.get(stage)
    return {
        "name": str(stage),
        "status": _stage_status(row, stage),
        "started_at": _moment(began),
        "finished_at": None if began is None else _moment(_ended(row, stage, history)),
        "attempt": history.attempt,
    }


def _stage_status(row: Generation, stage: Stage) -> str:
    status, here = Generation.Status, _ORDER.index(Stage(row.stage))
    if stage == Stage.INTAKE:
        return "succeeded"
    if row.reused and stage in _MADE:
        return "skipped"
    if row.status == status.SUCCEEDED or _ORDER.index(stage) < here:
        return "succeeded"
    if _ORDER.index(stage) > here or row.status == status.QUEUED:
        return "pending"
    return "running" if row.status == status.PROCESSING else row.status


def _ended(row: Generation, stage: Stage, history: History) -> datetime | None:
    """When the next stage began, or the whole ended."""
    if stage == Stage.INTAKE:
        return row.created_at
    later = [
        history.began[one] for one in _ORDER[_ORDER.index(stage) + 1 :] if one in history.began
    ]
    return min(later) if later else row.finished_at


def _id(prefix: str, pk: uuid.UUID | None) -> str | None:
    return None if pk is None else public_id(prefix, pk)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
