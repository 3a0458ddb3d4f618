"""A fixed piece of work, nine times; prints the seconds of each."""

from __future__ import annotations

import json
import time

import numpy as np


def main() -> None:
    """Multiply the same matrices."""
    matrix = np.random.default_rng(0).random((700, 700))
    spent = []
    for _ in range(9):
        started = time.perf_counter()
        for _ in range(4):
            matrix @ matrix
        spent.append(time.perf_counter() - started)
    print(json.dumps(spent))  # noqa: T201


if __name__ == "__main__":
    main()
