"""The wiring app: commands that need everything (demo, doctor) and nothing else."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class ProductvizConfig(AppConfig):
    """Registers the wiring's management commands."""

    name = "productviz"
    label = "wiring"

    def ready(self) -> None:
        """Have the GPU's workers say that they are there before anybody wakes them.

        A signal, but django-q2's own: nothing else runs in a worker that has had no task yet.
        """
        from productviz.lib import queue

        if queue.this_cluster() == queue.GPU:
            from django_q.signals import post_spawn

            post_spawn.connect(_say_that_we_paint, dispatch_uid="wiring.painters")


def _say_that_we_paint(**signal: Any) -> None:
    from generation import hosting

    hosting.begin_here()
