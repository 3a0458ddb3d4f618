"""How long painted pictures took lately, by kind and line-up."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from generation.models import Asset, Generation

_LOOKED_AT = 500  # of the newest results of the installation, whoever asked for them


def seconds_lately() -> dict[str, float]:
    """The median seconds of work on a picture by "kind/line_up"; what was not made is left out.

    All stages together: what a picture waited for in the line is not in it.
    """
    newest = list(Asset.objects.order_by("-pk").values_list("pk", flat=True)[:_LOOKED_AT])
    rows = Generation.objects.filter(asset__in=newest, reused=False).exclude(compatibility="")
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for compatibility, times in rows.values_list("compatibility", "stage_times"):
        spent[compatibility.rpartition("/")[0]].append(sum(times.values()))
    return {pair: median(seconds) for pair, seconds in spent.items()}
