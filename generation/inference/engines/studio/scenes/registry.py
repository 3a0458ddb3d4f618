"""Every scene this package can render, by the name of its plate."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .dark_luxury import dark_luxury
from .linen import linen
from .marble import marble
from .pastel_cyclorama import pastel_cyclorama
from .podium import podium
from .scene import Scene
from .seamless import seamless
from .stone_plinth import stone_plinth
from .terrazzo import terrazzo
from .water_pebbles import water_pebbles
from .window_blinds import window_blinds
from .winter_holiday import winter_holiday
from .wooden_table import wooden_table

SCENES: Mapping[str, Callable[[], Scene]] = {
    "seamless": seamless,
    "podium": podium,
    "stone-plinth": stone_plinth,
    "wooden-table": wooden_table,
    "marble": marble,
    "linen": linen,
    "window-blinds": window_blinds,
    "terrazzo": terrazzo,
    "water-pebbles": water_pebbles,
    "dark-luxury": dark_luxury,
    "pastel-cyclorama": pastel_cyclorama,
    "winter-holiday": winter_holiday,
}
