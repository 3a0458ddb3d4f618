"""The networks that read text, opened once a process; verification is given them by its caller.

Where their files are missing there is no reader, and the report says that text was not checked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime as ort
from django.conf import settings

from generation.imaging.text_lines import Floats, TextReader
from generation.preprocessing.weights import PINS, is_present, path_of

_FINDER, _READER = PINS["text-finder"], PINS["text-reader"]
_THREADS = 2


def text_reader() -> TextReader | None:
    """Give the reader, or None where its networks were not fetched."""
    folder = Path(settings.MODEL_DIR)
    if not (is_present(_FINDER, folder) and is_present(_READER, folder)):
        return None
    return _open(str(path_of(_FINDER, folder)), str(path_of(_READER, folder)), os.getpid())


@lru_cache(maxsize=1)
def _open(finder: str, reader: str, process: int) -> TextReader:
    """Open both; a session does not survive a fork, hence the process id."""
    reading = _session(reader)
    # The network's first answer is "no letter", its last a space; its file lists those between.
    listed = reading.get_modelmeta().custom_metadata_map["character"].splitlines()
    return TextReader(_runner(_session(finder)), _runner(reading), ("", *listed, " "))


def _session(path: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    # Spinning threads would take the cores from the web workers while they wait.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Every picture has a size of its own; kept memory patterns would pile up.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _runner(session: ort.InferenceSession) -> Callable[[Floats], Floats]:
    entry, first = session.get_inputs()[0].name, session.get_outputs()[0].name

    def run(tensor: Floats) -> Floats:
        return np.asarray(session.run([first], {entry: tensor})[0], dtype=np.float32)

    return run
