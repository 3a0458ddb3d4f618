"""How well verification tells good pictures from damaged ones, measured on real photographs.

Every photograph is rendered by the real engine into good pictures; each kind of fault of
`generation.quality.damage` is put into one at two magnitudes; all go through the real files and
gates. Nothing here runs in production; `manage.py evaluate_quality` and the tests call it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from generation.imaging.foreground import estimate_colors, transfer_foreground
from generation.imaging.pixels import Upright
from generation.imaging.text_lines import Quad, TextReader
from generation.inference.render import render
from generation.postprocessing.finish import finish
from generation.preprocessing.cutout import cut_out
from generation.preprocessing.decode import decode
from generation.quality.damage import CUTOUT_DAMAGES, DAMAGES, CutoutDamage, Damage, Shot
from generation.quality.verify import verify
from generation.sizing import fit_to_source
from generation.spec import Background, Composition, Output, PresetSpec, Shadow
from generation.types import CutoutResult, Finished, Item, Pixels, Prepared, Rendered, Verdict

GOOD = "good"
REALISTIC, SMALL = "realistic", "small"

_WORK_SIDE = 1024
_FACTS = {"sources": ["0" * 64], "cutout_model": "evaluation@1", "cutout_licence": "none"}
_READ_SURE = 0.8
_LEAST_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph of the set; without a true outline (``mask``) the networks cut it out."""

    name: str
    image: Path
    mask: Path | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One judged picture. ``damage`` is `GOOD` or a kind; ``failed`` names the gates that spoke."""

    photo: str
    preset: str
    damage: str
    magnitude: str
    verdict: str
    failed: tuple[str, ...]
    seconds: float

    @property
    def is_caught(self) -> bool:
        """Whether it would have been kept from the store."""
        return self.verdict != Verdict.PASS


def read_set(folder: Path) -> list[Photo]:
    """Read a folder's manifest.json: a list of {"image": path, "mask": path}; mask is optional.

    Raises `ValueError` with a sentence where it cannot be read.
    """
    manifest = folder / "manifest.json"
    try:
        entries = json.loads(manifest.read_text())
        return [
            Photo(
                Path(entry["image"]).stem,
                folder / entry["image"],
                folder / entry["mask"] if entry.get("mask") else None,
            )
            for entry in entries
        ]
    except OSError as error:
        raise ValueError(f"Cannot read {manifest}: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            'manifest.json must be a list of objects with the key "image" and, as a wish, "mask": '
            f"paths relative to {folder}."
        ) from error


def presets(side: int) -> dict[str, PresetSpec]:
    """The good pictures made of every photograph; faults go into the first preset's."""
    output = (Output(name="main", width=side, height=side),)
    wish = Composition(max_upscale=2.0)
    return {
        "white": PresetSpec(outputs=output, composition=wish),
        "colour": PresetSpec(
            background=Background(type="color", color="#c9d3cb"), outputs=output, composition=wish
        ),
        "plain": PresetSpec(shadow=Shadow(type="none"), outputs=output, composition=wish),
    }


def evaluate(
    photos: Sequence[Photo],
    *,
    side: int,
    reader: TextReader | None,
    known: Collection[str] = (),
) -> Iterator[list[Case]]:
    """Judge all pictures of one photograph after another; ``side`` is the canvas in pixels.

    Photographs whose names are ``known`` are left out. Raises `ImageRejected` or OSError for one
    that cannot be used.
    """
    for number, photo in enumerate(photos):
        if photo.name not in known:
            following = _prepare(photos[(number + 1) % len(photos)])
            yield list(_cases(photo.name, _prepare(photo), following, side, reader))


# Each photograph is needed twice: it is the wrong product of the one before.
@lru_cache(maxsize=2)
def _prepare(photo: Photo) -> Prepared:
    image = decode(photo.image.read_bytes())
    cutout = cut_out(image) if photo.mask is None else _cut_by(photo.mask, image)
    return Prepared((Item(photo.name, image, cutout),))


def _cut_by(path: Path, image: Upright) -> CutoutResult:
    """The cut-out that a perfect network would give."""
    mask = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ValueError(f"{path.name} is not a picture.")
    alpha = np.asarray(cv2.resize(mask, (image.width, image.height), interpolation=cv2.INTER_AREA))
    shrink = min(1.0, _WORK_SIDE / max(alpha.shape))
    work, small = (
        cv2.resize(plane, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        for plane in (image.rgb, alpha)
    )
    front, back = estimate_colors(
        np.asarray(work, dtype=np.uint8), small.astype(np.float32) / np.float32(255.0)
    )
    return CutoutResult(
        alpha=np.asarray(alpha, dtype=np.uint8),
        foreground=transfer_foreground(image.rgb, np.asarray(alpha, np.uint8), front, back),
        model="true-mask@1",
        confidence=1.0,
        agreement=1.0,
        coverage=float(np.count_nonzero(alpha > 127) / alpha.size),
        needs_review=False,
        reasons=(),
    )


def _cases(
    name: str, ready: Prepared, following: Prepared, side: int, reader: TextReader | None
) -> Iterator[Case]:
    judge = _Judge(name, reader)
    for preset, wished in presets(side).items():
        spec = fit_to_source(wished, ready)
        yield judge.case(ready, render(ready, spec, 0), spec, preset=preset)
    spec = fit_to_source(presets(side)["white"], ready)
    rendered = render(ready, spec, 0)
    shot = _taken_apart(ready, rendered, render(following, spec, 0), reader)
    for damage in DAMAGES:
        yield from _damaged(judge, ready, rendered, spec, shot, damage)
    for fault in CUTOUT_DAMAGES:
        yield from _wrongly_cut(judge, ready, spec, fault)


def _damaged(
    judge: _Judge,
    ready: Prepared,
    rendered: Rendered,
    spec: PresetSpec,
    shot: Shot,
    damage: Damage,
) -> Iterator[Case]:
    for magnitude, amount in ((REALISTIC, damage.realistic), (SMALL, damage.small)):
        rgb = damage.apply(shot, amount)
        if rgb is not None:
            # The record stays that of the good picture: the file alone must give the fault away.
            finished = finish(altered(rendered, rgb), spec, _FACTS)
            yield judge.case(
                ready, rendered, spec, finished=finished, damage=damage.name, magnitude=magnitude
            )


def _wrongly_cut(
    judge: _Judge, ready: Prepared, spec: PresetSpec, fault: CutoutDamage
) -> Iterator[Case]:
    item = ready.items[0]
    for magnitude, amount in ((REALISTIC, fault.realistic), (SMALL, fault.small)):
        alpha = fault.apply(item.image.rgb, item.cutout.alpha, amount)
        if alpha is not None:
            cutout = replace(item.cutout, alpha=alpha, foreground=item.image.rgb)
            wrong = Prepared((replace(item, cutout=cutout),))
            picture = render(wrong, spec, 0)
            yield judge.case(wrong, picture, spec, damage=fault.name, magnitude=magnitude)


@dataclass(frozen=True, slots=True)
class _Judge:
    photo: str
    reader: TextReader | None

    def case(
        self,
        prepared: Prepared,
        rendered: Rendered,
        spec: PresetSpec,
        *,
        finished: Finished | None = None,
        preset: str = "white",
        damage: str = GOOD,
        magnitude: str = "",
    ) -> Case:
        """Finish, unless that is done, and verify one picture as the pipeline does."""
        files = finished or finish(rendered, spec, _FACTS)
        started = time.perf_counter()
        report = verify(prepared, rendered, files, spec, reader=self.reader)
        return Case(
            photo=self.photo,
            preset=preset,
            damage=damage,
            magnitude=magnitude,
            verdict=str(report.verdict),
            failed=tuple(
                check.name for check in report.checks if check.verdict is not Verdict.PASS
            ),
            seconds=time.perf_counter() - started,
        )


def altered(rendered: Rendered, rgb: Pixels) -> Rendered:
    """The rendering with other colours (uint8 H x W x 3) on its canvas."""
    return replace(rendered, rgba=np.dstack([rgb, rendered.rgba[..., 3]]))


def _taken_apart(
    ready: Prepared, rendered: Rendered, other: Rendered, reader: TextReader | None
) -> Shot:
    if rendered.ground is None:
        raise ValueError("Faults are put into pictures on an opaque ground.")
    rgb = np.ascontiguousarray(rendered.rgba[..., :3])
    return Shot(
        rgb=rgb,
        alpha=rendered.product,
        ground=rendered.ground,
        old_ground=_usual_colour(ready.image.rgb, ready.cutout.alpha),
        lines=() if reader is None else _text_lines(rgb, reader),
        other=(np.ascontiguousarray(other.rgba[..., :3]), other.product),
    )


def _usual_colour(rgb: Pixels, alpha: Pixels) -> tuple[int, int, int]:
    ground = rgb[alpha < 8]
    red, green, blue = np.median(ground if len(ground) else rgb.reshape(-1, 3), axis=0)
    return int(red), int(green), int(blue)


def _text_lines(rgb: Pixels, reader: TextReader) -> tuple[Quad, ...]:
    quads = reader.find(rgb, longest=960)
    readings = reader.read(rgb, quads)
    return tuple(
        quad
        for quad, found in zip(quads, readings, strict=True)
        if found.confidence >= _READ_SURE
        and sum(sign.isalnum() for sign in found.text) >= _LEAST_LETTERS
    )
