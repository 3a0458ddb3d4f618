"""Models in memory: loaded in one thread, kept within a budget, the least recently used go first.

Design.md calls it the model pool.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch

from generation.inference.engines.diffusion.model import Model

from .loading import Loaded

Open = Callable[[Model], Loaded]


@dataclass(frozen=True, slots=True)
class Status:
    """What a device has in memory; bytes. ``loaded`` names models, the last used first."""

    device: str
    used: int
    total: int
    loaded: tuple[str, ...]


class Pool:
    """Keeps models on one device. ``budget`` is in bytes of weights and pictures in the making."""

    def __init__(
        self,
        open_model: Open,
        device: torch.device,
        budget: int | None,
        forget: Callable[[str], None],
    ) -> None:
        self._open = open_model
        self._device = device
        self._budget = budget
        self._limit = _limit(device, budget)
        self._forget = forget
        self._models: dict[str, Loaded] = {}
        self._lock = threading.RLock()
        # from_pretrained patches torch for the whole process while it runs (diffusers#4296).
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="model-loader")

    def get(self, model: Model) -> Loaded:
        """Give a model, loaded if need be after making room for it.

        Raises `EngineUnavailable` for broken files, torch.cuda.OutOfMemoryError where it does not
        fit the device even alone.
        """
        with self._lock:
            if model.name not in self._models:
                self._load(model)
            found = self._models[model.name]
            found.last_used = time.monotonic()
            return found

    def reserve(self, loaded: Loaded, needed: int) -> None:
        """Make room for ``needed`` bytes of pictures beside a model, at the cost of the others.

        Raises torch.cuda.OutOfMemoryError where the budget has no such room.
        """
        with self._lock:
            self._make_room(needed, keep=loaded.model.name)
            if self._budget is not None and self._used() + needed > self._budget:
                raise torch.cuda.OutOfMemoryError(
                    f"{needed:,} bytes for pictures do not fit the budget of {self._budget:,}."
                )

    def evict_others(self, keep: str) -> bool:
        """Let every other model go; whether there was one."""
        with self._lock:
            others = [name for name in self._models if name != keep]
            for name in others:
                self._evict(name)
            return bool(others)

    def status(self) -> Status:
        """Say what is in memory now; of a GPU, all that the driver counts as used."""
        # Without the lock: a load holds it for minutes, and whoever asks is a heartbeat.
        models = list(self._models.values())
        models.sort(key=lambda one: -one.last_used)
        names = tuple(one.model.name for one in models)
        if self._device.type == "cuda":
            free, total = torch.cuda.mem_get_info(self._device)
            name = torch.cuda.get_device_name(self._device)
            return Status(name, total - free, total, names)
        return Status("cpu", sum(one.bytes for one in models), self._budget or 0, names)

    def close(self) -> None:
        """Let every model go."""
        self.evict_others(keep="")
        self._loader.shutdown()

    def _load(self, model: Model) -> None:
        # What the registry says makes room beforehand; what the weights really take, afterwards.
        self._make_room(model.memory.get(model.dtype, 0), keep="")
        self._models[model.name] = self._loader.submit(self._open, model).result()
        self._make_room(0, keep=model.name)
        if self._budget is not None and self._is_short(0):
            self._evict(model.name)
            raise torch.cuda.OutOfMemoryError(f"{model.name} alone is above the memory budget.")

    def _used(self) -> int:
        return sum(one.bytes for one in self._models.values())

    def _make_room(self, needed: int, keep: str) -> None:
        """Evict, the least recently used first, until ``needed`` more bytes fit."""
        while self._is_short(needed):
            others = [one for name, one in self._models.items() if name != keep]
            if not others:
                return
            self._evict(min(others, key=lambda one: one.last_used).model.name)

    def _is_short(self, needed: int) -> bool:
        return self._limit is not None and self._used() + needed > self._limit

    def _evict(self, name: str) -> None:
        gone = self._models.pop(name)
        self._forget(gone.encoder)
        gone.pipes.clear()
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


def _limit(device: torch.device, budget: int | None) -> int | None:
    """Where eviction begins. Without a budget a GPU's size only guides it: what does not fit then
    is the device's own to say, since our reckoning of pictures is an estimate.
    """
    if device.type != "cuda":
        return budget
    total = torch.cuda.mem_get_info(device)[1]
    if budget is not None:
        torch.cuda.set_per_process_memory_fraction(min(1.0, budget / total), device)
    return min(total, budget or total)
