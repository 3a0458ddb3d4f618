"""What an entry of ComfyUI's history says of work that has ended."""

from __future__ import annotations

from generation.inference.engines.diffusion.remote import graph
from generation.inference.engines.diffusion.remote.answers import NotPainted, not_painted
from generation.inference.engines.diffusion.remote.calls import Server, look


def has_failed(entry: object) -> bool:
    """Whether it ended badly."""
    return look(entry, "status", "status_str") == "error"


def image_of(entry: object, workflow: graph.Workflow) -> object:
    """Where its picture lies: file name, folder and type; None without one."""
    return look(entry, "outputs", workflow.titled[graph.RESULT][0], "images", 0)


def is_temporary(image: object) -> bool:
    """Whether the picture's file goes with the history, so that its name means no other later.

    One that is saved is named by counting: once such files are cleared away, the same name is
    another picture's, perhaps another shop's.
    """
    return look(image, "type") == "temp"


def why_failed(entry: object, server: Server) -> NotPainted:
    """Why it says "error": its last message is execution_error or execution_interrupted."""
    messages = look(entry, "status", "messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if look(last, 0) == "execution_interrupted":
        return not_painted(
            "model_unavailable", "Somebody stopped the remote engine's work.", is_retryable=True
        )
    kind = str(look(last, 1, "exception_type"))
    if kind.rpartition(".")[2] == "OutOfMemoryError":
        return not_painted(
            "gpu_out_of_memory", "The remote engine ran out of memory.", is_retryable=True
        )
    node = server.words(look(last, 1, "node_type"))
    said = server.words(look(last, 1, "exception_message"))
    return not_painted("model_unavailable", f'The remote engine failed at {node}: "{said}".')
