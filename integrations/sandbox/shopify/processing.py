"""What happens later: pictures are fetched, decoded and published; galleries are reordered.

Work is done when the clock has passed its time and somebody asks (`settle`). A file is UPLOADED,
then PROCESSING, then READY or FAILED with the reason.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests
from PIL import Image, UnidentifiedImageError

from . import changes
from .faults import Faults
from .staging import content_of
from .state import State
from .tables import Media, Shop, Task
from .webhooks import Hooks

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 20_000_000
MAX_ASPECT = 100
FORMATS = {"PNG": "image/png", "GIF": "image/gif", "JPEG": "image/jpeg", "WEBP": "image/webp"}
MESSAGES = {
    "IMAGE_DOWNLOAD_FAILURE": "The image could not be downloaded.",
    "IMAGE_PROCESSING_FAILURE": "The image could not be processed.",
    "INVALID_IMAGE_ASPECT_RATIO": "The image has an invalid aspect ratio.",
    "INVALID_IMAGE_FILE_SIZE": "The image size is too large.",
    "INVALID_IMAGE_RESOLUTION": "The image's resolution exceeds the max limit.",
    "INVALID_SIGNED_URL": "The signed URL was invalid.",
    "UNSUPPORTED_IMAGE_FILE_TYPE": "The image is an unsupported file type.",
}


class PictureError(Exception):
    """A picture that cannot be published; the message is a FileErrorCode."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that passed: its bytes and what they hold."""

    data: bytes
    mime_type: str
    width: int
    height: int


def check(data: bytes) -> Picture:
    """Decode a picture whole and hold it against Shopify's limits; raise PictureError."""
    if len(data) > MAX_BYTES:
        raise PictureError("INVALID_IMAGE_FILE_SIZE")
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind, (width, height) = image.format or "", image.size
            if kind not in FORMATS:
                raise PictureError("UNSUPPORTED_IMAGE_FILE_TYPE")
            if width * height > MAX_PIXELS:
                raise PictureError("INVALID_IMAGE_RESOLUTION")
            if max(width, height) > MAX_ASPECT * min(width, height):
                raise PictureError("INVALID_IMAGE_ASPECT_RATIO")
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        unknown = isinstance(error, UnidentifiedImageError)
        code = "UNSUPPORTED_IMAGE_FILE_TYPE" if unknown else "IMAGE_PROCESSING_FAILURE"
        raise PictureError(code) from error
    return Picture(data, FORMATS[kind], width, height)


def publish(state: State, media: Media, picture: Picture) -> None:
    """Make the picture the content of a file and the file READY."""
    name, old = f"{media.id}-{secrets.token_hex(4)}", media.file
    (state.uploads / name).write_bytes(picture.data)
    with state.lock:
        media.file, media.drawn = name, 0
        media.mime_type, media.size = picture.mime_type, len(picture.data)
        media.width, media.height = picture.width, picture.height
        media.status, media.errors, media.replacing = "READY", [], False
        media.updated = max(state.now(), media.updated)
    if old:
        (state.uploads / old).unlink(missing_ok=True)


def start(state: State, shop: Shop, media: Media) -> None:
    """Queue the processing of a file whose `source` is set."""
    with state.lock:
        media.status = "UPLOADED"
        due = state.now() + state.processing_seconds
        shop.tasks.append(Task("process", due, media_id=media.id))


def settle(state: State, hooks: Hooks, shop: Shop, faults: Faults) -> None:
    """Do the work of this shop whose time has come, oldest first."""
    with state.lock:
        now = state.now()
        due = sorted((t for t in shop.tasks if t.due <= now), key=lambda task: task.due)
        shop.tasks = [task for task in shop.tasks if task not in due]
        _advance(shop, now + state.processing_seconds / 2)
    for task in due:
        if task.kind == "process":
            _process(state, hooks, shop, task, faults)
        else:
            _reorder(state, hooks, shop, task, faults)
    if due:
        state.save()


def _advance(shop: Shop, soon: float) -> None:
    """Show PROCESSING for files whose work is half done."""
    for task in shop.tasks:
        media = shop.media.get(task.media_id)
        if task.kind == "process" and media is not None and task.due <= soon:
            media.status = "PROCESSING"


def _process(state: State, hooks: Hooks, shop: Shop, task: Task, faults: Faults) -> None:
    media = shop.media.get(task.media_id)
    if media is None:
        return
    fault = faults.take("processing_fails", media.filename)
    try:
        if fault is not None:
            raise PictureError(fault.code or "IMAGE_PROCESSING_FAILURE")
        publish(state, media, check(fetch(state, shop, media.source)))
    except PictureError as error:
        with state.lock:
            media.status = "FAILED"
            media.errors = [_error(str(error))]
    with state.lock:
        for product in changes.holders(shop, media):
            changes.touched(state, hooks, shop, product)


def _error(code: str) -> dict[str, str]:
    message = MESSAGES.get(code, "The file could not be processed.")
    return {"code": code, "message": message, "details": message}


def _reorder(state: State, hooks: Hooks, shop: Shop, task: Task, faults: Faults) -> None:
    if faults.take("job_stuck"):
        task.due = state.now() + 3600
        shop.tasks.append(task)
        return
    with state.lock:
        shop.jobs[task.job] = True
        product = shop.products.get(task.product_id)
        if product is None:
            return
        for number, position in task.moves:
            changes.move(product, number, position)
        changes.touched(state, hooks, shop, product)


def fetch(state: State, shop: Shop, source: str) -> bytes:
    """Return the bytes of a staged upload or of a public address; raise PictureError."""
    staged = staged_key(state, shop, source)
    if staged is None:
        return _download(source)
    target = shop.staged.get(staged)
    if target is None or target.expires < state.now():
        raise PictureError("INVALID_SIGNED_URL")
    if not target.received:
        raise PictureError("IMAGE_DOWNLOAD_FAILURE")
    return content_of(state, target).read_bytes()


def staged_key(state: State, shop: Shop, source: str) -> str | None:
    """Return the key of a staged upload's resourceUrl; None for any other address."""
    base = f"{changes.origin(state, shop)}/staged/"
    return unquote(source.removeprefix(base).partition("?")[0]) if source.startswith(base) else None


def _download(source: str) -> bytes:
    try:
        answer = requests.get(source, timeout=(5, 20))
    except (requests.RequestException, UnicodeError) as error:
        raise PictureError("IMAGE_DOWNLOAD_FAILURE") from error
    if answer.status_code != 200:
        raise PictureError("IMAGE_DOWNLOAD_FAILURE")
    return answer.content


def extension(source: str) -> str:
    """Return the lower-case extension of an address or a name, with its dot."""
    return Path(unquote(urlsplit(source).path)).suffix.lower()
