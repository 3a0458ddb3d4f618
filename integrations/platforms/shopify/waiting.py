"""Waiting for Shopify: between looks at something unfinished, and when a shop is out of points."""

from __future__ import annotations

import time

# Seconds between looks, about a minute in all: longer waits are for the row, not for the worker.
LOOKS = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)


def pause(seconds: float) -> None:
    """Do nothing for a while."""
    time.sleep(seconds)
