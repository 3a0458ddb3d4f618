"""A painter's process without a model: `python -m tests.diffusion.slow_painter --seconds 0.1`.

What it is asked for by words, it does: "die", "hang" or "raise" in the middle of a go, and
"unloadable" is what it says of the model.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion import wire
from generation.inference.engines.diffusion.ask import Answer, Ask, Unpainted, Watch
from generation.inference.engines.diffusion.painting.serve import serve
from tests.diffusion.painters import NumpyPainter

UNLOADABLE = Unpainted("model_unavailable", "The model cannot be loaded.", is_down=True)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.0, help="a step")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--most", type=int, default=8)
    parser.add_argument("--unusable", default="")
    parser.add_argument("--looks", type=int, default=10**9, help="then its device is lost")
    parser.add_argument("--starts", type=Path, help="counts its starts here, one byte each")
    options = parser.parse_args()
    if options.starts:
        with options.starts.open("ab") as file:
            file.write(b".")
    serve(lambda: _make(options), wire.inherited())


def _make(options: argparse.Namespace) -> NumpyPainter:
    if options.unusable:
        raise EngineUnavailable(options.unusable)
    return _Faulty(
        options.looks,
        most=options.most,
        steps=options.steps,
        seconds=options.seconds,
        on_paint=_do_as_asked,
    )


class _Faulty(NumpyPainter):
    """Loses its device after so many looks at it, and cannot load some models."""

    def __init__(self, looks: int, **options: Any) -> None:
        super().__init__(**options)
        self._looks = looks

    def status(self) -> wire.Standing:
        """As torch does it."""
        self._looks -= 1
        if self._looks < 0:
            raise RuntimeError("CUDA error: uncorrectable ECC error encountered")
        return super().status()

    def paint(self, asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        """As a painter answers for a model whose files are broken."""
        if any("unloadable" in one.prompt for one in asks):
            return [UNLOADABLE] * len(asks)
        return super().paint(asks, watches)


def _do_as_asked(asks: Sequence[Ask]) -> None:
    words = " ".join(one.prompt for one in asks).split()
    if "die" in words:
        os.kill(os.getpid(), signal.SIGKILL)
    if "hang" in words:
        time.sleep(3600)
    if "raise" in words:
        raise RuntimeError("CUDA error: the device is lost")


if __name__ == "__main__":
    main()
