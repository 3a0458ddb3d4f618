"""The cut-out networks: how each is fed, which go together, and opening them once a process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort
from django.conf import settings

from generation.imaging.pixels import Plane
from generation.imaging.saliency import Network, Recipe, Tensor

from .weights import PINS, WeightsError, is_present, mark_of, path_of

METHODS: Final[dict[str, tuple[str, ...]]] = {
    "birefnet": ("birefnet", "u2netp"),
    "birefnet-lite": ("birefnet-lite", "u2netp"),
    "isnet": ("isnet", "u2netp"),
    "full": ("u2netp", "u2net"),
    "lite": ("u2netp",),
    "plain": (),
}
"""Ways of cutting out and the networks each needs, best first."""

_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# U-2-Net's authors scale by the brightest value of the picture, not by 255.
_U2NET = Recipe(320, *_IMAGENET, by_brightest=True)
_ISNET = Recipe(1024, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0))
_BIREFNET = Recipe(1024, *_IMAGENET, logits=True)
RECIPES: Final[dict[str, Recipe]] = {
    "u2netp": _U2NET,
    "u2net": _U2NET,
    "isnet": _ISNET,
    "birefnet-lite": _BIREFNET,
    "birefnet": _BIREFNET,
}
"""How each network wants its picture; a file that declares another side is fed that."""

_MOST_THREADS = 2
_FLOATS: Final = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


def available_networks() -> tuple[str, ...]:
    """Name the cut-out networks whose weights are present."""
    folder = Path(settings.MODEL_DIR)
    return tuple(name for name in RECIPES if is_present(PINS[name], folder))


def best_method() -> tuple[str, ...]:
    """Name the networks of the best method whose weights are all present."""
    present = set(available_networks())
    return next(names for names in METHODS.values() if present.issuperset(names))


def names_with_marks(names: tuple[str, ...]) -> str:
    """Give the networks' names joined by +; an operator's own file is told from the pinned one."""
    folder = Path(settings.MODEL_DIR)
    return "+".join(f"{name}{mark_of(PINS[name], folder)}" for name in names)


def network(name: str) -> Network:
    """Give a network, opened on the first call of a process."""
    path = path_of(PINS[name], Path(settings.MODEL_DIR))
    return _load(str(path), path.stat().st_mtime_ns, RECIPES[name], os.getpid())


def check(path: Path, recipe: Recipe) -> None:
    """Run the network in a file once on an empty picture; raises `WeightsError` with the reason."""
    try:
        ready = _open(str(path), recipe)
        ready.run(np.zeros((1, 3, ready.recipe.side, ready.recipe.side), np.float32))
    except Exception as error:
        # onnxruntime raises classes of its own for files that it cannot read or run.
        reason = str(error).strip().splitlines()[0][:200]
        raise WeightsError(
            f"{path.name} cannot be run as this network ({reason}). Give an ONNX file with one"
            " picture as input (1 x 3 x H x W) and its mask as the first output."
        ) from error


@lru_cache(maxsize=len(RECIPES))
def _load(path: str, changed_at: int, recipe: Recipe, process: int) -> Network:
    """Open a network; a session does not survive a fork, hence the process id."""
    return _open(path, recipe)


def _open(path: str, recipe: Recipe) -> Network:
    options = ort.SessionOptions()
    # A second thread on one core only gets into the first one's way (5 % of the time).
    options.intra_op_num_threads = min(_MOST_THREADS, len(os.sched_getaffinity(0)))
    options.inter_op_num_threads = 1
    # Spinning threads would take the cores from the web workers while they wait.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    side = session.get_inputs()[0].shape[-1]
    return Network(_runner(session), replace(recipe, side=side) if _is_size(side) else recipe)


def _is_size(side: object) -> bool:
    """Tell a fixed side from the name of one that is free."""
    return isinstance(side, int) and side > 0


def _runner(session: ort.InferenceSession) -> Callable[[Tensor], Plane]:
    entry, first = session.get_inputs()[0], session.get_outputs()[0].name
    kind = _FLOATS[entry.type]

    def run(tensor: Tensor) -> Plane:
        found = session.run([first], {entry.name: tensor.astype(kind, copy=False)})[0]
        return np.asarray(found, dtype=np.float32).reshape(found.shape[-2:])

    return run
