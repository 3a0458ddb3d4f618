"""The painter that is the operator's serving system, one a worker's process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from generation.inference.engine import EngineUnavailable

from .targets import task_of

if TYPE_CHECKING:
    from .remote.painter import RemotePainter


@cache
def painter() -> RemotePainter:
    """This process's. Raises `EngineUnavailable` with a sentence for the operator."""
    # Here and not above: the web process looks at the queue too, and must not load what paints.
    from .remote.painter import make_painter

    return make_painter()


def obstacles() -> dict[str, str]:
    """By kind: why the serving system does not paint it, as far as is known; asks nobody."""
    engine = settings.REMOTE_ENGINE
    if engine is None:
        return {}
    try:
        wrong = painter().obstacles()
    except EngineUnavailable as error:
        return dict.fromkeys(engine.kinds, error.message)
    return {kind: wrong[task_of(kind)] for kind in engine.kinds if task_of(kind) in wrong}


def look() -> None:
    """Have it asked again where it did not paint; may take seconds, and never raises for that."""
    if settings.REMOTE_ENGINE is not None and obstacles():
        try:
            painter().look()
        except EngineUnavailable:  # said by ``obstacles``
            return
