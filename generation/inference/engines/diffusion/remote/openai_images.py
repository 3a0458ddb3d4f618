"""POST /images/edits as OpenAI defined it and many servers offer it.

Facts from OpenAI's API reference (2026-11): the mask's fully transparent pixels are those to
paint, it applies to the first picture and must have its size, and be a PNG below 4 MB; up to 16
pictures of at most 50 MB; at most 32,000 letters; the GPT image models paint three sizes, always
answer in base64 and refuse ``response_format``. There is no seed and no cancel.
"""

from __future__ import annotations

import base64
import binascii

import numpy as np

from generation.inference.engines.diffusion.ask import Ask, Task
from generation.inference.engines.diffusion.remote.answers import NotPainted, not_painted
from generation.inference.engines.diffusion.remote.calls import (
    ATTEMPTS,
    NOT_DONE,
    Errand,
    Server,
    look,
    wants_long,
)
from generation.inference.engines.diffusion.remote.frames import Frame, best_frame
from generation.inference.engines.diffusion.remote.pictures import most_bytes, pixels_from, png
from generation.types import Pixels
from productviz.lib import http
from productviz.lib.http import OutboundError, Reply

MOST_PICTURES = 16
MOST_LETTERS = 32_000
_GPT_SIZES = ((1024, 1024), (1536, 1024), (1024, 1536))
_GPT = ("gpt-image", "chatgpt-image")
_MORE_BYTES = 1 << 20
# What OpenAI, Azure and the gateways before them answer to words or pictures they will not paint.
_POLICY = frozenset(
    {"moderation_blocked", "content_policy_violation", "content_filter", "contentFilter"}
)

_NO_UPSCALE = "The remote engine edits pictures; it cannot enlarge them."

Parts = list[tuple[str, tuple[str, bytes, str]]]


class OpenAIImages:
    """Paints one ask at a time for each thread that calls it; threads may share it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._is_gpt = server.engine.model.startswith(_GPT)

    def fingerprint(self, task: Task) -> str:
        """Nothing beside the model that we know of."""
        return ""

    def check(self, task: Task, errand: Errand) -> None:
        """Ask whether it answers, and takes our key. Raises `NotPainted`."""
        if task == "upscale":
            raise not_painted("model_unavailable", _NO_UPSCALE)
        # Not every server lists its models; one that says so is there nevertheless.
        try:
            reply = self._server.once("GET", "/models", errand)
        except OutboundError as error:
            raise self._server.unreached(error) from error
        if not reply.ok and reply.status not in (404, 405):
            raise self._server.refused(reply)

    def paint(self, ask: Ask, errand: Errand) -> tuple[Pixels, dict[str, object]]:
        """The picture at the size asked for, and facts. Raises `NotPainted`."""
        if ask.task == "upscale":
            raise not_painted("model_unavailable", _NO_UPSCALE)
        frame = self._frame(ask)
        files = _files(ask, frame)
        fields = {
            "model": self._server.engine.model,
            "prompt": _prompt(ask),
            "n": "1",
            "size": f"{frame.width}x{frame.height}",
            **self._format(),
        }
        data = self._data(self._post(ask, errand, fields, files), errand)
        errand.watch.step(1, 1)
        rgb = frame.within(pixels_from(data), ask.width, ask.height)
        return rgb, {"system": "openai-compatible", "is_seed_used": False}

    def _frame(self, ask: Ask) -> Frame:
        sizes = _GPT_SIZES if self._is_gpt else ((ask.width, ask.height),)
        return best_frame(ask.width, ask.height, sizes)

    def _format(self) -> dict[str, str]:
        return {"output_format": "png"} if self._is_gpt else {"response_format": "b64_json"}

    def _post(self, ask: Ask, errand: Errand, fields: dict[str, str], files: Parts) -> Reply:
        """Repeated only where the server said that it painted nothing: a picture costs money."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                reply = self._server.once(
                    "POST",
                    "/images/edits",
                    errand,
                    data=fields,
                    files=files,
                    max_bytes=most_bytes(ask) * 4 // 3 + _MORE_BYTES,
                )
            except OutboundError as error:
                raise self._server.unreached(error) from error
            if reply.ok:
                return reply
            is_last = attempt == ATTEMPTS or wants_long(reply, errand)
            if is_last or reply.status not in NOT_DONE:
                break
            errand.wait(self._server.back_off(attempt, reply))
        raise self._refused(reply)

    def _refused(self, reply: Reply) -> NotPainted:
        try:
            said = reply.json()
        except OutboundError:
            return self._server.refused(reply)
        if look(said, "error", "code") in _POLICY:
            return not_painted(
                "content_policy",
                "The remote engine will not paint this: its content policy forbids the words or a"
                " picture. Change the preset's words.",
            )
        if look(said, "error", "code") == "insufficient_quota":
            return not_painted(
                "model_unavailable",
                f"The account at {self._server.engine.host} has no credit left. Add credit there.",
                is_down=True,
            )
        return self._server.refused(reply, self._server.words(look(said, "error", "message")))

    def _data(self, reply: Reply, errand: Errand) -> bytes:
        first = look(self._server.json(reply), "data", 0)
        text = look(first, "b64_json")
        if isinstance(text, str):
            try:
                return base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                raise self._no_picture() from None
        url = look(first, "url")
        if not isinstance(url, str):
            raise self._no_picture()
        errand.left()
        # An address from outside: our key does not go there, and the door's rules hold for it.
        try:
            return http.fetch_image(url).body
        except OutboundError as error:
            raise not_painted(
                "model_unavailable",
                f"The remote engine at {self._server.engine.host} answered with an address that is"
                f" not fetched: {error.message}",
                is_retryable=error.retryable,
            ) from error

    def _no_picture(self) -> NotPainted:
        return not_painted(
            "model_unavailable",
            f"The remote engine at {self._server.engine.host} answered without a picture.",
            is_retryable=True,
        )


def _files(ask: Ask, frame: Frame) -> Parts:
    """The pictures in their order, and the mask, which belongs to the first of them."""
    pictures = [frame.around(ask.image)] if ask.image is not None else []
    pictures += ask.references
    if not pictures:
        raise not_painted(
            "model_unavailable", "The remote engine edits pictures, and this image has none."
        )
    if len(pictures) > MOST_PICTURES:
        raise not_painted(
            "model_unavailable", f"The remote engine takes at most {MOST_PICTURES} pictures."
        )
    parts: Parts = [
        ("image[]", (f"{at}.png", png(rgb), "image/png")) for at, rgb in enumerate(pictures)
    ]
    if ask.mask is not None and ask.image is not None:
        parts.append(("mask", ("mask.png", png(_mask(ask.mask, frame)), "image/png")))
    return parts


def _mask(mask: Pixels, frame: Frame) -> Pixels:
    """uint8 H x W x 4, clear where the model paints; what the frame adds is painted too."""
    painted = frame.around(mask, fill=255)
    rgba = np.zeros((*painted.shape, 4), np.uint8)
    rgba[..., 3] = 255 - painted
    return rgba


def _prompt(ask: Ask) -> str:
    """The words; the API has no place for what should not be seen, so it is said in a sentence."""
    avoid = f" Avoid: {ask.negative_prompt}." if ask.negative_prompt else ""
    return (ask.prompt + avoid)[:MOST_LETTERS]
