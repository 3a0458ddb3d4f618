"""manage.py render_plates: path-trace the studio's scenes into plates."""

from __future__ import annotations

import inspect
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from generation.inference.engines.studio.plate import FOLDER
from generation.inference.engines.studio.scenes import render
from generation.inference.engines.studio.scenes.bokeh import with_bulbs, without_bulbs
from generation.inference.engines.studio.scenes.develop import develop
from generation.inference.engines.studio.scenes.registry import SCENES
from generation.inference.engines.studio.scenes.scene import VIEWS, Scene, View
from generation.inference.engines.studio.scenes.writer import (
    as_bytes,
    files_of,
    write_plate,
    write_thumbnails,
    write_view,
)
from generation.types import Pixels
from productviz.lib.pathtrace.tracer import ScenesMissingError, passes, start

PREVIEW_SIZE, PREVIEW_SAMPLES = 320, 8


@dataclass(frozen=True, slots=True)
class Job:
    """One scene to render, as the options ask for it."""

    name: str
    views: tuple[View, ...]
    size: int
    samples: int
    folder: Path


class Command(BaseCommand):
    """Render plates; what is stopped goes on where it was when run again."""

    requires_system_checks = ()
    help = (
        "Path-trace the studio's scenes into plates: pictures, masks, plate.json and thumbnails. "
        'Needs the extra "scenes"; a view takes about a minute on two quiet cores.'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which scenes and views, how fine, and where to."""
        add = parser.add_argument
        scenes = ", ".join(SCENES)
        add("--only", action="append", default=[], metavar="NAME", help=f"one of: {scenes}")
        add("--view", action="append", default=[], choices=VIEWS, help="this view only; repeatable")
        add("--size", type=int, default=2048, help="pixels a side (default 2048)")
        add("--samples", type=int, default=16, help="light paths a pixel (default 16)")
        add("--out", type=Path, metavar="DIR", help="instead of the plates of this installation")
        add("--force", action="store_true", help="also what is younger than its scene's file")
        add("--preview", action="store_true", help="small and rough, as one PNG a scene; no plates")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        unknown = sorted(set(options["only"]) - set(SCENES))
        if unknown:
            raise CommandError(
                f"There is no scene {', '.join(unknown)}. There are: {', '.join(SCENES)}."
            )
        if options["size"] < 64 or options["samples"] < 1:
            raise CommandError("--size must be at least 64 and --samples at least 1.")
        try:
            start()
        except ScenesMissingError as error:
            raise CommandError(str(error)) from error
        with _progress(cast("IO[str]", self.stdout)) as progress:
            for name in options["only"] or SCENES:
                job = _job(name, options)
                _preview(job, progress) if options["preview"] else _plate(job, options, progress)


def _progress(stream: IO[str]) -> Progress:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(file=stream))


def _job(name: str, options: dict[str, Any]) -> Job:
    views = tuple(view for view in VIEWS if view in (options["view"] or VIEWS))
    folder = (options["out"] or FOLDER) / name
    if options["preview"]:
        return Job(name, views, PREVIEW_SIZE, PREVIEW_SAMPLES, folder)
    return Job(name, views, options["size"], options["samples"], folder)


def _preview(job: Job, progress: Progress) -> None:
    scene = SCENES[job.name]()
    meter = render.metered(scene)
    shown = [
        _photographed(job, scene, meter, view, _ticker(job, view, progress)) for view in job.views
    ]
    path = job.folder.with_suffix(".preview.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(shown, axis=1)).save(path)


def _plate(job: Job, options: dict[str, Any], progress: Progress) -> None:
    due = [view for view in job.views if options["force"] or _is_due(job, view)]
    if not due:
        return
    scene = SCENES[job.name]()
    meter = render.metered(scene)
    for view in due:
        tick = _ticker(job, view, progress)
        picture = _photographed(job, scene, meter, view, tick)
        shares = render.masks(scene, view, size=job.size)
        shares = without_bulbs(shares, scene.bulbs, scene.framing(view))
        write_view(job.folder, view, picture, as_bytes(shares))
        write_plate(job.folder, job.name, scene, meter)
        tick()
    beside = settings.BASE_DIR / "static" / "plates"
    target = job.folder.parent / "thumbnails" if options["out"] else beside
    write_thumbnails(job.folder, scene, job.name, target)


def _photographed(
    job: Job, scene: Scene, meter: render.Metered, view: View, tick: Callable[[], None]
) -> Pixels:
    light = render.light(scene, view, size=job.size, samples=job.samples, tick=tick)
    white = float(np.mean(meter.whole))
    light = with_bulbs(light, scene.bulbs, scene.framing(view), white=white)
    return develop(light, meter, scene.look, seed=VIEWS.index(view))


def _ticker(job: Job, view: View, progress: Progress) -> Callable[[], None]:
    total = passes(job.samples, (job.size, job.size)) + 1
    return partial(progress.advance, progress.add_task(f"{job.name} {view}", total=total))


def _is_due(job: Job, view: View) -> bool:
    source = Path(inspect.getfile(SCENES[job.name])).stat().st_mtime
    files = [job.folder / name for name in files_of(view)]
    return any(not file.is_file() or file.stat().st_mtime < source for file in files)
