"""The product's settings for a real cluster of workers whose painter has no model."""

from __future__ import annotations

from productviz.settings import *  # noqa: F403

QUEUE_TASK = "tests.diffusion.drain.cluster_task.drain"
