"""Files in requests: written to disk as they come, never whole in memory, and not beyond 25 MiB."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from productviz.api.problems import Problem
from productviz.api.views import ApiView
from productviz.lib.http import MAX_BYTES

# What a form has around its one file.
_AROUND = 64 * 1024


class _Capped(TemporaryFileUploadHandler):
    """A file on disk, read no further than it may be."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece. Raises Problem where it is one too many."""
        if start + len(raw_data) > MAX_BYTES:
            raise Problem("payload_too_large", max_bytes=MAX_BYTES)
        super().receive_data_chunk(raw_data, start)


class FormParser(MultiPartParser):
    """A form with one file. Raises Problem."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The form's texts and its file."""
        refuse_large(parser_context["request"])
        form = super().parse(stream, media_type=media_type, parser_context=parser_context)
        repeated = [name for name, values in form.data.lists() if len(values) > 1]
        if repeated or sum(len(files) for _, files in form.files.lists()) > 1:
            raise Problem("validation_failed", "A form has every field once, and one file.")
        return form


def refuse_large(request: Request) -> None:
    """Raise Problem for a form that says itself that it is too large."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not length.isdigit() or int(length) > MAX_BYTES + _AROUND:
        raise Problem("payload_too_large", max_bytes=MAX_BYTES)


class FileView(ApiView):
    """An address that takes files."""

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """As REST framework's, with files on disk from the first byte on."""
        request.upload_handlers = [_Capped(request)]
        return super().initialize_request(request, *args, **kwargs)

    def charge_bytes(self, request: Request) -> None:
        """Count the day's bytes. Raises Problem."""
        refuse_large(request)
        self.charge("upload_bytes", int(request.META.get("CONTENT_LENGTH") or 0))


def is_form(request: Request) -> bool:
    """Whether the body is a form. Raises UnsupportedMediaType for what is neither form nor JSON."""
    kind = str(request.content_type).partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/json"):
        raise UnsupportedMediaType(kind)
    return kind == "multipart/form-data"
