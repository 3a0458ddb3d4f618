"""The painter in this process: asks in, pictures out, whatever happens on the device between.

One go at a time, under one lock. A batch that does not fit is halved, and the size that did is
remembered; a picture that breaks its batch is tried alone; a lost device ends the process, which
its parent starts anew.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypeAlias

import torch

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import Answer, Ask, Painted, Unpainted, Watch
from generation.inference.engines.diffusion.files import pinned
from generation.inference.engines.diffusion.model import Model
from generation.inference.engines.diffusion.registry import Registry, forbidden
from generation.types import Pixels

from . import families, keys, speed
from .batches import chunks
from .checker import Checker
from .embeddings import Embeddings
from .facts import broken, cannot, facts, no_memory, no_room
from .faults import DeviceLost, Fault, fault_of
from .going import Clock, Going, Went
from .limits import Limits
from .loading import Loaded, open_model
from .needs import needed
from .pool import Pool, Status
from .warming import Nobody, warming

log = logging.getLogger(__name__)
Job: TypeAlias = tuple[Ask, Watch]

_CANCELED = Unpainted("canceled", "Nobody waits for this picture any more.")
_ADULT = Unpainted(
    "content_policy",
    "The painted picture shows adult content, so it is not kept. Change the words.",
)


class TorchPainter:
    """Paints with the models of ``registry`` whose files are below the weights folder ``folder``.

    ``memory_budget`` in bytes bounds weights and pictures in the making; None leaves it to the
    device. ``limits`` is where batch sizes that fit are remembered. ``switches`` replaces each
    model's own choice of `speed` switches. Models that may not be used for a shop's pictures are
    not loaded unless ``allow_noncommercial``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        registry: Registry,
        device: str = "cpu",
        memory_budget: int | None = None,
        limits: Path | None = None,
        allow_noncommercial: bool = False,
        switches: Collection[str] | None = None,
        clock: Clock = lambda stage: None,
    ) -> None:
        self._folder = folder
        self._registry = registry
        self._device = torch.device(device)
        self._switches = switches
        self._allow_noncommercial = allow_noncommercial
        self.embeddings = Embeddings()
        self._going = Going(self._device, self.embeddings, clock)
        self._pool = Pool(self._open, self._device, memory_budget, self.embeddings.forget)
        held = self._pool.status()
        self._limits = Limits(limits, f"{held.device} {memory_budget or held.total}")
        checker = registry.checker(allow_noncommercial=allow_noncommercial)
        self._checker = Checker(checker, folder, self._device)
        self._lock = threading.Lock()

    def key(self, ask: Ask) -> str:
        """Name the forward passes that ``ask`` fits; raises `EngineUnavailable` without a model."""
        model = self._registry.model(ask.model)
        return keys.key_of(pinned(model, self._folder), ask, self._switches_of(model).names)

    def most_at_once(self, ask: Ask) -> int:
        """How many such asks fit one go, as known now."""
        return keys.most_at_once(self._registry.model(ask.model), ask, self._limits)

    def paint(self, asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        """Paint asks of one key, each answer in its ask's place.

        Raises `DeviceLost` where only a new process can go on.
        """
        answers: list[Answer] = [_CANCELED] * len(asks)
        with self._lock:
            places = [place for place, watch in enumerate(watches) if not watch.is_canceled()]
            jobs = [(asks[place], watches[place]) for place in places]
            try:
                painted = self._answers(jobs)
            except RuntimeError as error:
                if fault_of(error) is Fault.DEVICE:
                    raise DeviceLost(f"The device {self._device} is lost.") from error
                raise
        for place, answer in zip(places, painted, strict=True):
            answers[place] = answer
        return answers

    def preload(self, names: Sequence[str]) -> dict[str, str]:
        """Load models before they are asked for; by name, why one could not be.

        On a GPU they are warmed up too, which may compile for minutes.
        """
        failed = {}
        for name in names:
            try:
                self.loaded(name)
            except (EngineUnavailable, torch.cuda.OutOfMemoryError) as error:
                failed[name] = str(error)
            else:
                if self._device.type == "cuda":
                    self.warm_up(name)
        return failed

    def warm_up(self, name: str) -> int:
        """Paint grey pictures in each size of a model; how many passes that took."""
        task = next(iter(self.loaded(name).pipes))
        batches = list(warming(self._registry.model(name), task))
        for batch in batches:
            self.paint(batch, [Nobody()] * len(batch))
        return len(batches)

    def loaded(self, name: str) -> Loaded:
        """Give a model in memory, loaded if need be; raises as its loading does."""
        with self._lock:
            return self._loaded(self._registry.model(name))

    def status(self) -> Status:
        """Say what is in memory."""
        return self._pool.status()

    def close(self) -> None:
        """Let every model go."""
        with self._lock:
            self._pool.close()

    def _open(self, model: Model) -> Loaded:
        if not (model.is_commercial or self._allow_noncommercial):
            raise EngineUnavailable(forbidden(model))
        return open_model(model, self._folder, self._device, self._names_of(model))

    def _names_of(self, model: Model) -> Collection[str]:
        return model.speed if self._switches is None else self._switches

    def _switches_of(self, model: Model) -> speed.Switches:
        return speed.switches(self._names_of(model), self._device)

    def _answers(self, jobs: Sequence[Job]) -> list[Answer]:
        if not jobs:
            return []
        first = jobs[0][0]
        try:
            loaded = self._loaded(self._registry.model(first.model))
        except EngineUnavailable as error:
            lost = Unpainted("model_unavailable", error.message, is_down=True)
            return [lost] * len(jobs)
        except torch.cuda.OutOfMemoryError:
            return [no_room(first)] * len(jobs)
        if first.task not in loaded.pipes:
            return [cannot(first)] * len(jobs)
        return self._painted(loaded, jobs)

    def _painted(self, loaded: Loaded, jobs: Sequence[Job]) -> list[Answer]:
        """Paint in batches of what a model may see together, each answer in its job's place."""
        size = self.most_at_once(jobs[0][0])
        answers: dict[int, Answer] = {}
        for alike in _alike(loaded, jobs):
            for part in chunks(alike, size):
                batch = [jobs[place] for place in part]
                answers |= zip(part, self._go(loaded, batch), strict=True)
        return [answers[place] for place in range(len(jobs))]

    def _loaded(self, model: Model) -> Loaded:
        """Raises torch.cuda.OutOfMemoryError where it does not fit though no other is left."""
        try:
            return self._pool.get(model)
        except RuntimeError as error:
            if fault_of(error) is not Fault.MEMORY:
                raise
            log.warning("no memory to load %s: %r", model.name, error)
            if not self._pool.evict_others(keep=model.name):
                raise torch.cuda.OutOfMemoryError(str(error)) from error
        return self._loaded(model)

    def _go(self, loaded: Loaded, jobs: Sequence[Job]) -> list[Answer]:
        """Paint one batch, or its parts where it does not fit or one of it is broken."""
        first = jobs[0][0]
        try:
            self._pool.reserve(loaded, needed(loaded, first, len(jobs)))
            went = self._going.go(loaded, *_columns(jobs))
        except Exception as error:
            fault = fault_of(error)
            log.warning("batch of %d failed: %r", len(jobs), error)
            if fault is Fault.DEVICE:
                raise
        else:
            return self._finished(loaded, jobs, went)
        if fault is Fault.MEMORY:
            return self._smaller(loaded, jobs)
        if len(jobs) == 1:
            return [broken(first)]
        return [answer for job in jobs for answer in self._go(loaded, [job])]

    def _smaller(self, loaded: Loaded, jobs: Sequence[Job]) -> list[Answer]:
        """Halve what did not fit, once nothing else can be let go."""
        first = jobs[0][0]
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        if self._pool.evict_others(keep=loaded.model.name):
            return self._go(loaded, jobs)
        if len(jobs) == 1:
            return [no_memory(first)]
        half = (len(jobs) + 1) // 2
        self._limits.lower(first.model, first.width, first.height, half)
        return [answer for part in chunks(jobs, half) for answer in self._go(loaded, part)]

    def _finished(self, loaded: Loaded, jobs: Sequence[Job], went: Went) -> list[Answer]:
        whole = [picture for picture in went.pictures if picture is not None]
        flags = iter(self._flags(loaded, whole))
        answers: list[Answer] = []
        for job, picture, canceled in zip(jobs, went.pictures, went.canceled, strict=True):
            is_adult = next(flags) if picture is not None else False
            if canceled:
                answers.append(_CANCELED)
            elif picture is None:
                alone = len(jobs) > 1
                answers += self._go(loaded, [job]) if alone else [broken(job[0])]
            elif is_adult is None:
                answers.append(no_memory(job[0]))
            elif is_adult:
                answers.append(_ADULT)
            else:
                answers.append(Painted(picture, self._facts(loaded, job[0], went)))
        return answers

    def _flags(self, loaded: Loaded, pictures: Sequence[Pixels]) -> list[bool | None]:
        """Look at what was painted, in parts where it does not fit; None where it never does."""
        try:
            return list(self._checker.flags(pictures))
        except Exception as error:
            if fault_of(error) is not Fault.MEMORY:
                raise
            log.warning("no memory to look at %d pictures", len(pictures))
        if self._pool.evict_others(keep=loaded.model.name):
            return self._flags(loaded, pictures)
        if len(pictures) == 1:
            return [None]
        half = (len(pictures) + 1) // 2
        return [flag for part in chunks(pictures, half) for flag in self._flags(loaded, part)]

    def _facts(self, loaded: Loaded, ask: Ask, went: Went) -> dict[str, object]:
        return facts(loaded, ask, went.batch) | {
            "device": self._device.type,
            "image_check": self._checker.name,
        }


def _alike(loaded: Loaded, jobs: Sequence[Job]) -> list[list[int]]:
    """The places of jobs whose prompts leave each other's padding alone."""
    groups: dict[object, list[int]] = {}
    for place, (ask, _) in enumerate(jobs):
        groups.setdefault(families.company(loaded.model, loaded.pipes, ask), []).append(place)
    return list(groups.values())


def _columns(jobs: Sequence[Job]) -> tuple[list[Ask], list[Watch]]:
    return [ask for ask, _ in jobs], [watch for _, watch in jobs]
