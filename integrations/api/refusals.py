"""From what the storefront side refuses to a problem of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from integrations.contract import PlatformError, Retryable
from productviz.api.problems import PROBLEMS, Problem


@contextmanager
def refusals(
    *, pointer: str = "", current_status: Callable[[], str] | None = None
) -> Iterator[None]:
    """Raise Problem for a PlatformError inside.

    ``pointer`` names the field at fault where the request is; ``current_status`` is asked where
    the object's state is.
    """
    try:
        yield
    except PlatformError as error:
        status = current_status() if current_status else ""
        raise as_problem(error, pointer=pointer, current_status=status) from error


def as_problem(error: PlatformError, *, pointer: str = "", current_status: str = "") -> Problem:
    """What a refusal is to an API client."""
    message = str(error)
    if error.code == "storage_failed":
        return Problem("temporary-reduced-capacity", message, headers={"Retry-After": "60"})
    if error.code == "state_conflict" and current_status:
        return Problem("state_conflict", message, current_status=current_status)
    if error.code.startswith("url_"):
        return Problem(error.code, message, errors=[_error(pointer, error.code, message)])
    if error.code in PROBLEMS and error.code != "validation_failed":
        return Problem(error.code, message)
    if isinstance(error, Retryable):
        return Problem("store_unreachable", message)
    return Problem("validation_failed", message, errors=[_error(pointer, error.code, message)])


def _error(pointer: str, code: str, message: str) -> dict[str, str]:
    return {
        "pointer": pointer,
        "code": "invalid" if code == "validation_failed" else code,
        "detail": message,
    }
