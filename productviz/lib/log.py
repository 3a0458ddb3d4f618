"""Structured logs: one line an event, request id bound, secrets never in it.

Not an audit log: those are rows.
"""

from __future__ import annotations

import logging.config
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("productviz.request")

# A client's own id is logged beside ours, never trusted and never answered.
_THEIRS = re.compile(r"[A-Za-z0-9._-]{1,64}")


def configure(options: dict[str, Any]) -> None:
    """Send the standard library's and structlog's lines through one renderer."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if options.get("format") == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {
                "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
                "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
                "urllib3": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "PIL": {"level": "WARNING"},
            },
        }
    )


class RequestLog:
    """Give each request an id, answer with it, and log path (never the query), status and time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = f"req_{uuid.uuid4().hex}"
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        theirs = request.headers.get("X-Request-Id", "")
        if _THEIRS.fullmatch(theirs):
            structlog.contextvars.bind_contextvars(client_request_id=theirs)
        request.request_id = request_id  # type: ignore[attr-defined]
        started = time.monotonic()
        response = self.get_response(request)
        response["Request-Id"] = request_id
        if not request.path.startswith("/static/"):
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round((time.monotonic() - started) * 1000),
            )
        return response
