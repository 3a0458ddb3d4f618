"""How long until the web process answers, counted from its birth, and what it has loaded."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

HEAVY = ("torch", "diffusers", "transformers", "onnxruntime", "scipy", "skimage", "cv2")


def seconds_alive() -> float:
    """Seconds since the kernel started this process (field 22 of /proc/self/stat, clock ticks)."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def main() -> None:
    """Load the application and ask it for a page."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import Client

    from productviz.wsgi import application

    if not isinstance(application, WSGIHandler):
        raise TypeError("productviz.wsgi.application is not Django's handler")
    Client().get("/accounts/login/", headers={"host": "127.0.0.1"})
    heavy = [name for name in HEAVY if name in sys.modules]
    print(json.dumps({"seconds": seconds_alive(), "heavy": heavy}))  # noqa: T201


if __name__ == "__main__":
    main()
