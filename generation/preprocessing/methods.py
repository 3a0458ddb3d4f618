"""How photographs are cut out here, by name: the networks of each method and what is installed.

Loads no array library, so that the web process can tell which cut-outs are up to date.
"""

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

NETWORKS: Final = tuple(dict.fromkeys(name for names in METHODS.values() for name in names))

# Kept cut-outs are found by it: raise it whenever the same photo may come out otherwise.
_VERSION = 5


def available_networks() -> tuple[str, ...]:
    """Name the cut-out networks whose weights are present."""
    folder = Path(settings.MODEL_DIR)
    return tuple(name for name in NETWORKS if is_present(PINS[name], folder))


def best_method() -> tuple[str, ...]:
    """Name the networks of the best method whose weights are all present."""
    present = set(available_networks())
    return next(names for names in METHODS.values() if present.issuperset(names))


def names_with_marks(names: tuple[str, ...]) -> str:
    """Give the networks' names joined by +; an operator's own file is told from the pinned one."""
    folder = Path(settings.MODEL_DIR)
    return "+".join(f"{name}{mark_of(PINS[name], folder)}" for name in names)


def current_model() -> str:
    """Name what a photo would be cut out by now, as name@version: the key of kept cut-outs."""
    return model_name(best_method())


def own_alpha_model() -> str:
    """Name a cut-out that a file brings with it: its own transparency."""
    return f"source-alpha@{_VERSION}"


def model_name(names: tuple[str, ...]) -> str:
    """Name a cut-out by these networks, as name@version."""
    return f"{names_with_marks(names) or 'ground-colour'}@{_VERSION}"
