"""What an exception of the device means: a smaller batch, a dead process, or one bad picture."""

from __future__ import annotations

from enum import Enum, auto

import torch


class DeviceLost(Exception):
    """The GPU can no longer be used by this process; only a new process can."""


class Fault(Enum):
    """How far a failure reaches."""

    MEMORY = auto()
    DEVICE = auto()
    PICTURE = auto()


_FULL = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
# After any of these the CUDA context answers every call with the same error.
_LOST = (
    "CUDA error",
    "CUDA driver error",
    "CUDNN_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR",
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUBLAS_STATUS_NOT_INITIALIZED",
)


def fault_of(error: BaseException) -> Fault:
    """Tell which fault an exception is."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return Fault.MEMORY
    if isinstance(error, RuntimeError):
        said = str(error)
        if any(word in said for word in _FULL):
            return Fault.MEMORY
        if isinstance(error, torch.AcceleratorError) or any(word in said for word in _LOST):
            return Fault.DEVICE
    return Fault.PICTURE
