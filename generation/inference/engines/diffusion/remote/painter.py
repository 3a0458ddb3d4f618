"""The painter that is a serving system elsewhere: several asks at a time, an answer for each."""

from __future__ import annotations

import hashlib
import json
import math
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol, get_args
from weakref import WeakSet

import structlog
from django.conf import settings

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import (
    Answer,
    Ask,
    Painted,
    Task,
    Unpainted,
    Watch,
)
from generation.inference.engines.diffusion.remote import graph
from generation.inference.engines.diffusion.remote.answers import NotPainted, canceled, stopping
from generation.inference.engines.diffusion.remote.build import BUILD
from generation.inference.engines.diffusion.remote.calls import Errand, Server, Unwatched
from generation.inference.engines.diffusion.remote.comfyui import ComfyUI
from generation.inference.engines.diffusion.remote.openai_images import OpenAIImages
from generation.inference.engines.diffusion.remote.trouble import Troubles
from generation.types import Pixels
from productviz.remote import RemoteEngine

log = structlog.get_logger(__name__)

_POLL_SECONDS = 0.5
_CHECK_SECONDS = 15.0
_CLOSE_SECONDS = 5.0
_SLICE_SECONDS = 0.25


class System(Protocol):
    """One kind of serving system."""

    def fingerprint(self, task: Task) -> str:
        """What, beside the model, decides a task's pixels."""

    def check(self, task: Task, errand: Errand) -> None:
        """Ask whether it can paint such a task. Raises `NotPainted`, which says what is missing."""

    def paint(self, ask: Ask, errand: Errand) -> tuple[Pixels, dict[str, object]]:
        """The picture at the size asked for, and facts. Raises `NotPainted`."""


def make_painter() -> RemotePainter:
    """The painter of the settings. Raises `EngineUnavailable` with a sentence for the operator."""
    engine: RemoteEngine | None = settings.REMOTE_ENGINE
    if engine is None:
        raise EngineUnavailable("No remote engine is set up. Set PRODUCTVIZ_REMOTE_ENGINE.")
    try:
        return RemotePainter(engine)
    except graph.WorkflowFault as fault:
        raise EngineUnavailable(str(fault)) from fault


class RemotePainter:
    """A `Painter` over HTTP. Asks run side by side, ``engine.at_once`` at a time in all."""

    def __init__(
        self, engine: RemoteEngine, *, poll_seconds: float = _POLL_SECONDS, pause: float = 1.0
    ) -> None:
        self._engine = engine
        self._system = _system(engine, Server(engine, pause), poll_seconds)
        self._closing = threading.Event()
        self._places = threading.BoundedSemaphore(engine.at_once)
        self._threads: WeakSet[threading.Thread] = WeakSet()
        self._troubles = Troubles()

    def key(self, ask: Ask) -> str:
        """Equal for asks that go the same way; names the model and the workflow, not the host."""
        parts = [
            BUILD,
            self._engine.system,
            self._engine.model,
            ask.task,
            self._system.fingerprint(ask.task),
            [ask.width, ask.height, ask.factor],
        ]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return f"remote-{digest[:16]}"

    def most_at_once(self, ask: Ask) -> int:
        """As many as the operator allows."""
        return self._engine.at_once

    def paint(self, asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        """One answer for each ask, in their order; the time-out runs for each from its start."""
        waiting = [self._begin(ask, watch) for ask, watch in zip(asks, watches, strict=True)]
        return [self._answer(future) for future in waiting]

    def obstacles(self) -> dict[Task, str]:
        """Why it paints nothing of some tasks, as its last answers said; asks nobody."""
        return self._troubles.reasons()

    def look(self) -> None:
        """Ask whether what was wrong still is, where that is worth asking by now."""
        self._troubles.look(self.reason_against)

    def reason_against(self, task: Task) -> str | None:
        """Why the serving system cannot paint such a task now; None if it can. Asks it."""
        errand = Errand(Unwatched(), time.monotonic() + _CHECK_SECONDS, self._closing)
        try:
            self._system.check(task, errand)
        except NotPainted as error:
            return error.unpainted.message
        return None

    def close(self) -> None:
        """Give up what is under way; within five seconds every ask has an answer."""
        self._closing.set()
        until = time.monotonic() + _CLOSE_SECONDS
        for thread in list(self._threads):
            thread.join(max(0.0, until - time.monotonic()))

    def _answer(self, future: Future[Answer]) -> Answer:
        """The answer, or that we are stopping: a request under way cannot be broken off."""
        while not self._closing.is_set():
            with suppress(TimeoutError):
                return future.result(_SLICE_SECONDS)
        try:
            return future.result(_CLOSE_SECONDS)
        except TimeoutError:
            return stopping().unpainted

    def _begin(self, ask: Ask, watch: Watch) -> Future[Answer]:
        future: Future[Answer] = Future()
        # Daemons: a server that takes its time must not hold up the end of the process.
        thread = threading.Thread(
            target=lambda: future.set_result(self._in_turn(ask, watch)),
            name="remote-engine",
            daemon=True,
        )
        self._threads.add(thread)
        thread.start()
        return future

    def _in_turn(self, ask: Ask, watch: Watch) -> Answer:
        try:
            while not self._places.acquire(timeout=_SLICE_SECONDS):
                Errand(watch, math.inf, self._closing).left()
        except NotPainted as error:
            return error.unpainted
        try:
            answer = self._one(ask, watch)
            return answer if self._closing.is_set() else self._troubles.noted(ask.task, answer)
        finally:
            self._places.release()

    def _one(self, ask: Ask, watch: Watch) -> Answer:
        errand = Errand(watch, time.monotonic() + self._engine.timeout, self._closing)
        try:
            errand.left()
            watch.step(0, 1)  # begun: what it waited for its place does not count
            rgb, facts = self._system.paint(ask, errand)
            if watch.is_canceled():
                raise canceled()
        except NotPainted as error:
            return error.unpainted
        except Exception:
            # Neighbours must not fail with it; the trace holds no key (tests look for it).
            log.exception("remote engine errored", host=self._engine.host, task=ask.task)
            return Unpainted("model_unavailable", "The remote engine's answer made no sense.")
        return Painted(rgb, {**self._facts(), **facts})

    def _facts(self) -> dict[str, object]:
        return {
            "engine": "remote",
            "host": self._engine.host,
            "model": self._engine.model,
            "licence": self._engine.licence,
            "image_check": "none",  # whoever serves may look; we are not told
        }


def _system(engine: RemoteEngine, server: Server, poll_seconds: float) -> System:
    if engine.system == "openai":
        return OpenAIImages(server)
    workflows = {task: graph.load(task, engine.workflows) for task in get_args(Task)}
    return ComfyUI(server, workflows, poll_seconds=poll_seconds)
