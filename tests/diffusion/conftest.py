"""A simulated serving system, and painters that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from generation.inference.engines.diffusion.remote.painter import RemotePainter
from productviz.remote import RemoteEngine
from tests.diffusion.remote_simulator import Simulator

KEY = "sk-4f1c0ffee-very-secret"
Make = Callable[..., RemotePainter]


@pytest.fixture
def sim(settings: Any) -> Iterator[Simulator]:
    """A server that the operator has listed; it wants our key."""
    simulator = Simulator(KEY)
    settings.OUTBOUND_ALLOW_HOSTS = [simulator.host]
    yield simulator
    simulator.stop()


def engine(url: str, system: Any, **changed: Any) -> RemoteEngine:
    model = "gpt-image-1" if system == "openai" else "FLUX.2-klein-4B"
    values: dict[str, Any] = {
        "system": system, "url": url, "model": model, "licence": "Apache-2.0", "key": KEY,
        "kinds": frozenset({"ai_scene", "edit"}), "timeout": 20.0, "at_once": 2, **changed,
    }  # fmt: skip
    return RemoteEngine(**values)


@pytest.fixture
def comfyui(sim: Simulator) -> Iterator[Make]:
    """Makes painters that ask the simulator's ComfyUI."""
    yield from _painters("comfyui", f"http://{sim.host}")


@pytest.fixture
def openai(sim: Simulator) -> Iterator[Make]:
    """Makes painters that ask the simulator's OpenAI-compatible server."""
    yield from _painters("openai", f"http://{sim.host}/v1")


def _painters(system: str, url: str) -> Iterator[Make]:
    made: list[RemotePainter] = []

    def make(**changed: Any) -> RemotePainter:
        settings = engine(**{"url": url, "system": system, **changed})
        made.append(RemotePainter(settings, poll_seconds=0.02, pause=0.02))
        return made[-1]

    yield make
    for painter in made:
        painter.close()
