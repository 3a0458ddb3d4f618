"""Tiny models on disk, saved once a session, and painters over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.diffusion.asking import Make

NewPainter = Callable[..., Any]


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: tiny SDXL, klein and Z-Image, each 0.6 to 2 MB."""
    from tests.diffusion import models

    folder = tmp_path_factory.mktemp("models")
    models.write(folder, *models.MODELS)
    return folder


@pytest.fixture
def new_painter(tiny_models: Path) -> Iterator[NewPainter]:
    """A function that makes a painter over the tiny models; all are closed afterwards."""
    from generation.inference.engines.diffusion.painting.painter import TorchPainter
    from tests.diffusion.models import MODELS, registry

    made = []

    def new(*own: Any, folder: Path = tiny_models, **options: Any) -> Any:
        painter = TorchPainter(folder, registry=registry(*MODELS, *own), **options)
        made.append(painter)
        return painter

    yield new
    for painter in made:
        painter.close()


@pytest.fixture
def asks() -> Make:
    """Asks that differ in seed, words and pictures."""
    return Make()
