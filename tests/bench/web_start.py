"""How long until the web process answers: seconds, processor time, and what it has loaded."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

HEAVY = ("torch", "diffusers", "transformers", "onnxruntime", "scipy", "skimage", "cv2")


def seconds_alive() -> float:
    """Seconds since the kernel started this process (field 22 of /proc/self/stat, clock ticks)."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def main() -> None:
    """Load the application and ask it for a page."""
    from productviz.wsgi import application

    environ: dict[str, Any] = {"PATH_INFO": "/api/v1/ping", "HTTP_HOST": "127.0.0.1"}
    setup_testing_defaults(environ)
    answers: list[str] = []

    def start_response(status: str, *rest: object) -> Callable[[bytes], object]:
        answers.append(status)
        return answers.append  # type: ignore[return-value]

    list(application(environ, start_response))
    if answers != ["204 No Content"]:
        raise RuntimeError(f"the web process answered {answers}")
    heavy = [name for name in HEAVY if name in sys.modules]
    figures = {"seconds": seconds_alive(), "cpu": time.process_time(), "heavy": heavy}
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
