"""What the dashboard shows of a row: its pictures, its steps and its words, as small values.

Knows rows and addresses of files; no requests and no HTML. Pages and template tags meet here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpResponseBase
from django.utils import timezone

from generation.assets.cdn import file_url
from generation.keys import preview_key
from generation.models import Asset, Candidate, Generation, GenerationSource
from generation.types import Stage
from integrations.models import SourceImage
from productviz.accounts.models import Workspace

_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:]+\]")


@dataclass(frozen=True, slots=True)
class StageWords:
    """How a stage is called on screen, and its icon in the sprite."""

    stage: Stage
    label: str
    short: str
    icon: str


STAGES: tuple[StageWords, ...] = (
    StageWords(Stage.INTAKE, "Intake", "Intake", "intake"),
    StageWords(Stage.PREPROCESS, "Preprocessing", "Preprocessing", "preprocess"),
    StageWords(Stage.INFERENCE, "Inference", "Inference", "inference"),
    StageWords(Stage.POSTPROCESS, "Post-processing & verification", "Verification", "postprocess"),
    StageWords(Stage.STORE, "Storage & CDN", "Storage", "storage"),
    StageWords(Stage.DELIVER, "Delivery", "Delivery", "deliver"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to show; sizes are in pixels, None where nobody has looked yet."""

    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class SourcePhoto:
    """One of the photos that a result is made from, and its part in it."""

    role: str
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file of a result, finished or still under review."""

    name: str
    format: str
    width: int
    height: int
    bytes: int
    url: str

    @property
    def picture(self) -> Picture:
        """The file as a picture."""
        return Picture(self.url, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage in one generation's life; ``state`` is done, now, ask, next or stopped."""

    words: StageWords
    state: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many generations of a workspace stand at a stage now."""

    words: StageWords
    count: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The six stages of a workspace now, and what was finished today."""

    stages: tuple[StageCount, ...]
    done_today: int

    @property
    def is_busy(self) -> bool:
        """Whether any stage has work."""
        return any(stage.count for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Where the source photo lies on the result's canvas, so that the product stays in place.

    Numbers are canvas pixels, written as text because templates localise floats.
    """

    canvas_width: int
    canvas_height: int
    x: str
    y: str
    width: str
    height: str


def with_pictures(rows: QuerySet[Generation]) -> QuerySet[Generation]:
    """Fetch with the rows all that their cards show, in a fixed number of queries."""
    candidates = Candidate.objects.select_related("report").order_by("-number")
    return rows.select_related(
        "product__store", "preset_version__preset", "asset", "publication", "waits_for__first"
    ).prefetch_related(
        "asset__renditions",
        Prefetch("candidates", queryset=candidates),
        Prefetch(
            "sources",
            queryset=GenerationSource.objects.select_related("image").order_by("position"),
        ),
    )


def latest_candidate(generation: Generation) -> Candidate | None:
    """The newest candidate, from the prefetched ones where there are any."""
    return max(generation.candidates.all(), key=lambda one: one.number, default=None)


def result_files(generation: Generation) -> tuple[ResultFile, ...]:
    """The asset's files, or those of the candidate that a person has to look at; main first."""
    if generation.asset is not None:
        return asset_files(generation.asset)
    candidate = latest_candidate(generation)
    return tuple(_file("work", facts) for facts in candidate.files) if candidate else ()


def asset_files(asset: Asset) -> tuple[ResultFile, ...]:
    """An asset's files, the main one first."""
    rows = sorted(asset.renditions.all(), key=lambda one: (one.name != "main", one.name))
    return tuple(_file("assets", vars(row)) for row in rows)


def _file(place: Any, facts: dict[str, Any]) -> ResultFile:
    shown = {name: facts[name] for name in ("name", "format", "width", "height", "bytes")}
    return ResultFile(**shown, url=file_url(place, facts["key"]))


def thumbnail(generation: Generation) -> Picture | None:
    """The smallest file of the result; None while there is no result."""
    files = result_files(generation)
    return min(files, key=lambda one: one.bytes).picture if files else None


def preview(generation: Generation) -> Picture | None:
    """The source photo from our own files, to stand in while there is no result."""
    image = source_image(generation)
    if image is None or not image.sha256 or not image.width:
        return None
    return Picture(file_url("work", preview_key(generation.workspace_id, image.sha256)))


def photo(image: SourceImage, workspace: Workspace) -> Picture | None:
    """A store's photo: our own preview once we have one, else the store's address."""
    if image.sha256 and image.width:
        return Picture(
            file_url("work", preview_key(workspace.pk, image.sha256)), image.width, image.height
        )
    return Picture(image.url, image.width, image.height) if origin(image.url) else None


def source_photos(generation: Generation) -> tuple[SourcePhoto, ...]:
    """Every source image as a picture, in order, with its part; needs the rows prefetched."""
    rows = sorted(generation.sources.all(), key=lambda one: one.position)
    return tuple(SourcePhoto(row.role, photo(row.image, generation.workspace)) for row in rows)


def source_image(generation: Generation) -> SourceImage | None:
    """The first source image, from the prefetched ones where there are any."""
    sources = sorted(generation.sources.all(), key=lambda one: one.position)
    return sources[0].image if sources else None


def overlay(generation: Generation) -> Overlay | None:
    """Where the photo lies on the canvas, from the candidate's transform; None if not known."""
    candidate, image, files = (
        latest_candidate(generation),
        source_image(generation),
        result_files(generation),
    )
    if candidate is None or image is None or not image.width or not image.height or not files:
        return None
    if not candidate.transform:  # painted anew: the photo lies nowhere in it
        return None
    scale = float(candidate.transform["scale"])
    return Overlay(
        canvas_width=files[0].width,
        canvas_height=files[0].height,
        x=f"{candidate.transform['dx']:.2f}",
        y=f"{candidate.transform['dy']:.2f}",
        width=f"{image.width * scale:.2f}",
        height=f"{image.height * scale:.2f}",
    )


def steps(generation: Generation) -> tuple[Step, ...]:
    """The six stages of one generation, with the seconds spent in each."""
    order = list(Stage)
    here = order.index(Stage(generation.stage))
    return tuple(
        Step(
            words,
            _state(generation, order.index(words.stage), here),
            generation.stage_times.get(words.stage),
        )
        for words in STAGES
    )


def _state(generation: Generation, index: int, here: int) -> str:
    status = Generation.Status
    if generation.status == status.SUCCEEDED or index < here:
        return "done"
    if index > here:
        return "next"
    if generation.status in (status.FAILED, status.REJECTED, status.CANCELED):
        return "stopped"
    waiting = {status.QUEUED: "next", status.AWAITING_REVIEW: "ask"}
    return waiting.get(status(generation.status), "now")


def strip(workspace: Workspace) -> Strip:
    """Count the workspace's generations by stage: intake holds those that wait for their turn."""
    rows = (
        workspace.generations.filter(status__in=Generation.WAITING)
        .values_list("status", "stage")
        .annotate(n=Count("pk"))
        .order_by()
    )
    counts: dict[str, int] = {}
    for status, stage, n in rows:
        at = Stage.INTAKE if status == Generation.Status.QUEUED else stage
        counts[at] = counts.get(at, 0) + n
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    done = workspace.generations.filter(
        status=Generation.Status.SUCCEEDED, finished_at__gte=today
    ).count()
    return Strip(tuple(StageCount(words, counts.get(words.stage, 0)) for words in STAGES), done)


def origin(url: str) -> str | None:
    """The scheme and host of a web address as a CSP source; None for anything else."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return None
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def allow_images(response: HttpResponseBase, pictures: Iterable[Picture | None]) -> None:
    """Let this one page load the given pictures from their stores' hosts, and nothing else."""
    origins = {found for one in pictures if one and (found := origin(one.url))}
    if origins:
        response._csp_update = {"img-src": sorted(origins)}  # type: ignore[attr-defined]
