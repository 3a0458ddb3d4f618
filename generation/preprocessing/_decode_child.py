"""The process that decodes untrusted pictures and can be killed without loss.

Started by `decode.py`. Reads one file after another from standard input, each a length and
the bytes, and forks for every one: the fork takes the limits, decodes, writes the answer and
ends. A fork that dies takes this process with it, and `decode.py` reads the cause from the
exit status.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import struct
import sys
from typing import NoReturn

from generation.preprocessing._normalise import RefusalError, configure, decode, explain

MEMORY_BYTES = 1536 << 20
CPU_SECONDS = 20

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def _leave_network() -> None:
    """Give up the network where the kernel lets an ordinary process do so."""
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None:
        unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(data: bytes) -> tuple[dict[str, object], list[bytes]]:
    try:
        found = decode(data)
        planes = [found.rgb.tobytes()]
        if found.alpha is not None:
            planes.append(found.alpha.tobytes())
    except RefusalError as refused:
        return {"code": refused.code, "message": refused.message}, []
    except MemoryError as error:
        explained = explain(error, data)
        return {"code": explained.code, "message": explained.message}, []
    head: dict[str, object] = {
        "width": found.rgb.width,
        "height": found.rgb.height,
        "planes": len(planes),
        "format": found.format,
        "warnings": found.warnings,
    }
    return head, planes


def _decode_and_exit(data: bytes) -> NoReturn:
    _limit()
    head, planes = _answer(data)
    text = json.dumps(head).encode()
    out = os.fdopen(1, "wb", closefd=False)
    out.write(struct.pack(">I", len(text)) + text)
    for plane in planes:
        out.write(plane)
    out.flush()
    os._exit(0)


def serve() -> int:
    """Answer files until standard input ends; gives the exit status."""
    configure()
    _leave_network()
    source = sys.stdin.buffer
    while len(length := source.read(8)) == 8:
        data = source.read(struct.unpack(">Q", length)[0])
        child = os.fork()
        if child == 0:
            _decode_and_exit(data)
        del data
        _, status = os.waitpid(child, 0)
        if status:
            return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else 1
    return 0
