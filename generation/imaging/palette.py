"""The main colours of many samples, the same ones every time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SAMPLES = 4000
_ROUNDS = 15


def main_colours(samples: Floats, count: int) -> tuple[Floats, Floats]:
    """Give up to `count` colours (float32 K x 3) of N x 3 samples, and the share of each.

    Lloyd's k-means from starting points spread evenly over the samples' first channel; a colour
    that loses all its samples is left out.
    """
    every = max(len(samples) // _SAMPLES, 1)
    chosen = samples[::every][np.argsort(samples[::every, 0], kind="stable")]
    spread = (np.arange(count) * 2 + 1) * len(chosen) // (2 * count)
    centres = chosen[spread]
    for _ in range(_ROUNDS):
        member = np.argmin(np.linalg.norm(chosen[:, None] - centres[None], axis=-1), axis=1)
        held = np.unique(member)
        centres = np.stack([chosen[member == number].mean(axis=0) for number in held])
    shares = np.array([np.mean(member == number) for number in held], dtype=np.float32)
    return centres.astype(np.float32), shares
