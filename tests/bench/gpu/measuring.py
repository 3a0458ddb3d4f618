"""Loops that are timed: a painter in batches, and diffusers' own pipeline one picture at a time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image

from generation.inference.engines.diffusion.ask import Ask
from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.painting import families, vae
from generation.inference.engines.diffusion.painting.going import Going, Went
from generation.inference.engines.diffusion.painting.loading import Loaded, assembled
from generation.inference.engines.diffusion.painting.painter import TorchPainter
from tests.bench.gpu.models import Subject
from tests.diffusion import models
from tests.diffusion.asking import Make, Watching, pixels

WARM_UPS, MOST_ROUNDS = 2, 7


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage, counted once the device has done them."""

    device: torch.device
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _stage: str = ""
    _since: float = 0.0

    def __call__(self, stage: str) -> None:
        """End the stage that runs and begin another."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] += now - self._since
        self._stage, self._since = stage, now


class BenchPainter(TorchPainter):
    """A painter of one pipeline that was never on disk."""

    def __init__(self, subject: Subject, base: Any, device: torch.device, clock: Stopwatch) -> None:
        super().__init__(
            Path("nowhere"),
            registry=models.registry(subject.entry),
            device=str(device),
            clock=clock,
        )
        self._base = base

    def _open(self, model: Model) -> Loaded:
        return assembled(self._base, model, self._device, self._switches_of(model))


def asks(subject: Subject, size: int, count: int) -> list[Ask]:
    """Different asks of one key, as a catalog's would be: own pictures and seeds, few prompts."""
    make, random = Make(), np.random.default_rng(0)
    mask = np.full((size, size), 255, np.uint8)
    mask[size // 4 : -size // 4, size // 4 : -size // 4] = 0
    noise = random.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    is_edit = subject.task == "edit"
    return [
        make(
            subject.entry.name, seed, subject.task,
            prompt="the product on a stone table in soft morning light", width=size, height=size,
            image=None if is_edit else noise[seed], mask=None if is_edit else mask,
            references=(noise[seed],) * subject.references,
        )
        for seed in range(count)
    ]  # fmt: skip


def one_at_a_time(subject: Subject, base: Any, size: int, seconds: float) -> float:
    """Images a second of diffusers' own class as its documentation calls it, weights as loaded."""
    kind = families.CLASSES[subject.entry.family, subject.task].__mro__[1]
    pipe = kind(**base.components, **families.module(subject.entry.family).options(base))
    pipe.set_progress_bar_config(disable=True)
    (ask,) = asks(subject, size, 1)
    given: dict[str, Any] = {
        "prompt": ask.prompt, "width": size, "height": size,
        "num_inference_steps": subject.entry.steps, "guidance_scale": 0.0,
    }  # fmt: skip
    if ask.image is not None and ask.mask is not None:
        given |= {"image": Image.fromarray(ask.image), "mask_image": Image.fromarray(ask.mask)}
        given["strength"] = 1.0
    else:
        given["image"] = [Image.fromarray(one) for one in ask.references]
    if subject.entry.family != "sdxl":
        given["max_sequence_length"] = subject.entry.text_pad

    def call() -> None:
        with torch.no_grad():
            np.asarray(pipe(**given, generator=torch.Generator("cpu").manual_seed(0)).images[0])

    return 1 / timed(call, seconds)


def in_batches(painter: TorchPainter, batch: Sequence[Ask], seconds: float) -> float:
    """Images a second through the painter."""

    def call() -> None:
        pixels(painter.paint(batch, [Watching() for _ in batch]))

    return len(batch) / timed(call, seconds)


def timed(call: Callable[[], None], seconds: float) -> float:
    """Median seconds of a call after warm-ups, within about ``seconds``."""
    for _ in range(WARM_UPS):
        call()
    taken: list[float] = []
    ends = time.perf_counter() + seconds
    while not taken or (len(taken) < MOST_ROUNDS and time.perf_counter() < ends):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return median(taken)


def stages(painter: BenchPainter, clock: Stopwatch, batch: Sequence[Ask]) -> dict[str, float]:
    """Seconds an image in each stage. Encoding, inside the denoising call, is timed apart."""
    clock.seconds.clear()
    painter.paint(batch, [Watching() for _ in batch])
    clock("")
    found = {stage: spent / len(batch) for stage, spent in clock.seconds.items()}
    if batch[0].image is not None:
        found["encode"] = _encoding(painter, batch) / len(batch)
        found["denoise"] -= found["encode"]
    return found


def _encoding(painter: BenchPainter, batch: Sequence[Ask]) -> float:
    coder = next(iter(painter.loaded(batch[0].model).pipes.values())).vae
    given = torch.zeros(len(batch), 3, batch[0].height, batch[0].width)
    given = given.to(coder.device, coder.dtype)

    def call() -> None:
        with torch.no_grad():
            vae.encode(coder, given).cpu()

    return timed(call, 1.0)


@dataclass(frozen=True, slots=True)
class Idle(Going):
    """Paints nothing: what is left is the painter's own work."""

    def go(self, loaded: Loaded, asks: Sequence[Ask], watches: Sequence[Any]) -> Went:
        """Give every ask the picture that it came with."""
        return Went([ask.image for ask in asks], [False] * len(asks), len(asks))


def bookkeeping(painter: BenchPainter, batch: Sequence[Ask], seconds: float) -> float:
    """Milliseconds an image of keys, batching, watching and facts, without model or copies."""
    going, painter._going = painter._going, Idle(painter._device, painter.embeddings)

    def call() -> None:
        for ask in batch:
            painter.key(ask)
            painter.most_at_once(ask)
        painter.paint(batch, [Watching() for _ in batch])

    try:
        return 1000 * timed(call, seconds) / len(batch)
    finally:
        painter._going = going
