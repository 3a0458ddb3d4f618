"""The queue's task of a GPU cluster in tests: all real but the stages' pixels and the model."""

from __future__ import annotations

import os
import sys
from functools import cache, partial

from generation import line
from generation.inference.engines.diffusion.gathering import Gathering
from generation.inference.engines.diffusion.local import LocalPainter
from generation.painting_work import run_paintings
from generation.stages import Stages
from productviz import work
from tests.diffusion.drain.stages import PAIR, painted_stages

# The remote engine of `cluster_run` is there in name alone.
line._is_painted_elsewhere = lambda row: False


@cache
def stages() -> Stages:
    """The painter is a process of this worker's own, as in production."""
    options = os.environ.get("SLOW_PAINTER", "").split()
    painter = LocalPainter([sys.executable, "-m", "tests.diffusion.slow_painter", *options])
    return painted_stages(Gathering(painter))


def drain() -> int:
    """A slice of the GPU's cluster."""
    return work.drain([partial(run_paintings, stages=stages(), serves=frozenset({PAIR}))])
