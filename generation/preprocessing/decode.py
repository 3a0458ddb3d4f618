"""Bytes from outside to upright sRGB pixels, or a refusal with the reason.

The decoding itself happens in `_decode_child.py`, in a process with limits on memory and time
that is killed when it takes too long; this module starts it, keeps one ready for each worker
and reads its answers. A subprocess and not multiprocessing: queue workers are daemonic and
may not have children of that kind.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from generation.imaging import signatures
from generation.imaging.pixels import ImageRejected, Upright

__all__ = ["ImageRejected", "Upright", "decode"]

_ROOT = Path(__file__).parents[2]
# Isolated mode hides the current folder and every PYTHON* variable, so the path is handed over.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from generation.preprocessing._decode_child import serve; sys.exit(serve())"
)
_WALL_SECONDS = 30.0
# A fresh process now and then keeps a slow leak in a codec from mattering.
_DECODES_PER_CHILD = 500
_OVERRAN = (128 + signal.SIGXCPU, 128 + signal.SIGKILL, -signal.SIGKILL)


def decode(data: bytes, *, declared_type: str = "") -> Upright:
    """Decode a picture to upright eight-bit sRGB.

    `declared_type` is the content type or file name it came with; it is never believed, a
    difference only adds a warning. Raises `ImageRejected` with a code of the public API.
    """
    kind = signatures.recognise(data)
    _refuse_by_kind(kind)
    image = _decoder().decode(data)
    return _with_mismatch_noted(image, kind, declared_type)


def _refuse_by_kind(kind: signatures.Kind) -> None:
    if kind.is_usable or kind is signatures.UNKNOWN:
        return
    if kind is signatures.EMPTY:
        raise ImageRejected("image_unreadable", "This file is empty. Upload the picture again.")
    advice = "Upload a photo as JPEG, PNG, WebP, AVIF or HEIC instead."
    code = "image_type_unsupported" if kind.is_picture else "image_unreadable"
    raise ImageRejected(code, f"This is {kind.phrase}, which cannot be used here. {advice}")


def _with_mismatch_noted(image: Upright, kind: signatures.Kind, declared: str) -> Upright:
    named = declared.rpartition("/")[2].rpartition(".")[2].lower()
    same = {"jpg": "jpeg", "pjpeg": "jpeg", "jfif": "jpeg", "heic": "heif", "x-png": "png"}
    named = same.get(named, named)
    if named in ("", "octet-stream", kind.name.lower()):
        return image
    note = f"image_type_mismatch: The file is named as {named[:16]!r} but is {kind.phrase}."
    return Upright(image.rgb, image.alpha, image.format, (*image.warnings, note))


@dataclass(slots=True)
class _Decoder:
    """One child process and the lock that lets one thread at a time talk to it."""

    lock: threading.Lock
    process: subprocess.Popen[bytes] | None = None
    answered: int = 0

    def decode(self, data: bytes) -> Upright:
        with self.lock:
            process = self._ready()
            watchdog = threading.Timer(_WALL_SECONDS, _kill, [process])
            watchdog.start()
            try:
                return _exchange(process, data)
            except (BrokenPipeError, EOFError) as error:
                raise _refusal_for_exit(process) from error
            finally:
                watchdog.cancel()
                self._retire_if_done(process)

    def _ready(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            self.answered = 0
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START, str(_ROOT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Nothing of the parent's environment, which holds keys and passwords.
                env={"OMP_NUM_THREADS": "1"},
                start_new_session=True,
            )
        return self.process

    def _retire_if_done(self, process: subprocess.Popen[bytes]) -> None:
        self.answered += 1
        if process.poll() is None and self.answered < _DECODES_PER_CHILD:
            return
        _kill(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            _close(pipe)
        self.process = None


def _exchange(process: subprocess.Popen[bytes], data: bytes) -> Upright:
    out, into = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stdin)
    into.write(struct.pack(">Q", len(data)))
    into.write(data)
    into.flush()
    head: dict[str, Any] = json.loads(_read(out, struct.unpack(">I", _read(out, 4))[0]))
    if "code" in head:
        raise ImageRejected(head["code"], head["message"])
    shape = (head["height"], head["width"])
    pixels = shape[0] * shape[1]
    rgb = np.frombuffer(_read(out, 3 * pixels), np.uint8).reshape(*shape, 3)
    alpha = None
    if head["planes"] == 2:
        alpha = np.frombuffer(_read(out, pixels), np.uint8).reshape(shape)
    return Upright(rgb, alpha, head["format"], tuple(head["warnings"]))


def _read(pipe: IO[bytes], count: int) -> bytes:
    data = pipe.read(count)
    if len(data) != count:
        raise EOFError
    return data


def _refusal_for_exit(process: subprocess.Popen[bytes]) -> ImageRejected:
    """Tell a picture that ran into a limit from one that crashed the decoder."""
    status = process.wait()
    if status in _OVERRAN:
        return ImageRejected(
            "image_bomb_suspected",
            "Decoding this picture took far longer than a photo needs, so it was stopped. Export"
            " it again as a plain JPEG or PNG.",
        )
    return ImageRejected(
        "image_unreadable",
        "This file is damaged in a way that stops its decoder. Open it in an image editor, save"
        " it as JPEG or PNG and upload it again.",
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    # The group, so that the fork at work dies with the process that waits for it.
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is None:
        return
    try:
        pipe.close()
    except BrokenPipeError:
        return


_decoders: dict[int, _Decoder] = {}


def _decoder() -> _Decoder:
    """Give this process's decoder: a forked worker must not talk to its parent's child."""
    return _decoders.setdefault(os.getpid(), _Decoder(threading.Lock()))
