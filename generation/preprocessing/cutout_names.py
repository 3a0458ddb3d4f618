"""What cut-outs are called, by what makes them here now; without arrays, for the web process."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.conf import settings

from .weights import PINS, is_present, mark_of

METHODS: Final[dict[str, tuple[str, ...]]] = {
    "birefnet": ("birefnet", "u2netp"),
    "birefnet-lite": ("birefnet-lite", "u2netp"),
    "isnet": ("isnet", "u2netp"),
    "full": ("u2netp", "u2net"),
    "lite": ("u2netp",),
    "plain": (),
}
"""Ways of cutting out and the networks each needs, best first."""

_NETWORKS = ("u2netp", "u2net", "isnet", "birefnet-lite", "birefnet")
# Kept cut-outs are found by it: raise it whenever the same photo may come out otherwise.
VERSION = 5
SOURCE_ALPHA = f"source-alpha@{VERSION}"
"""Of a photo whose own transparency is kept."""


def available_networks() -> tuple[str, ...]:
    """Name the cut-out networks whose weights are present."""
    folder = Path(settings.MODEL_DIR)
    return tuple(name for name in _NETWORKS if is_present(PINS[name], folder))


def best_method() -> tuple[str, ...]:
    """Name the networks of the best method whose weights are all present."""
    present = set(available_networks())
    return next(names for names in METHODS.values() if present.issuperset(names))


def current_model() -> str:
    """Name what `cut_out` would use now, as name@version: the key to look cut-outs up under."""
    return model_name(best_method())


def model_name(names: tuple[str, ...]) -> str:
    """Name what these networks make; an operator's own file is told from the pinned one."""
    folder = Path(settings.MODEL_DIR)
    marked = "+".join(f"{name}{mark_of(PINS[name], folder)}" for name in names)
    return f"{marked or 'ground-colour'}@{VERSION}"
