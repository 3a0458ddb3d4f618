"""Passes nobody waits for, so that kernels are chosen and compiled before the first picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from generation.inference.engines.diffusion.ask import Ask, Task
from generation.inference.engines.diffusion.model import Bucket, Model

from .batches import SIZES, largest_within


class Nobody:
    """A watch that waits for ever and is told nothing."""

    def step(self, done: int, of: int) -> None:
        """Let it pass."""

    def is_canceled(self) -> bool:
        """Never."""
        return False


def warming(model: Model, task: Task) -> Iterator[list[Ask]]:
    """Grey asks for each size of a model: alone, and as many as fit.

    One picture alone is always a graph of its own, and the others share theirs (torch 2.13).
    """
    buckets = {bucket for rows in model.buckets.values() for bucket in rows}
    for bucket in sorted(buckets, key=lambda one: (one.width, one.height)):
        for count in sorted({1, largest_within(min(bucket.batch, SIZES[-1]))}):
            yield [_grey(model.name, task, bucket)] * count


def _grey(model: str, task: Task, bucket: Bucket) -> Ask:
    grey = np.full((bucket.height, bucket.width, 3), 128, np.uint8)
    mask = np.full((bucket.height, bucket.width), 255, np.uint8)
    return Ask(
        model=model, task=task, prompt="", negative_prompt="", seed=0, factor=2,
        width=bucket.width, height=bucket.height, image=grey,
        mask=mask if task == "inpaint" else None,
    )  # fmt: skip
