"""`manage.py send_webhooks`: tell webhook endpoints what happened, until stopped."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from productviz import work
from productviz.outbox.sender import Sender, rescue


class Command(BaseCommand):
    """Run one sender; several, on one machine or many, share the endpoints between them."""

    help = (
        "Send webhooks until stopped. `manage.py worker` runs one of these by itself; more are"
        " harmless. SIGTERM or Ctrl-C waits for the tries under way (20 s at most) and hands"
        " everything else back."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Send until a signal comes."""
        rescue()
        sender = Sender(beat=lambda: work.beat(work.WEBHOOKS))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sender.stop())
        sender.run()
