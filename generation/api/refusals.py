"""From what the house refuses to what the API says: the same sentence, with the API's code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from generation.delivery.storefront import NotPublishable
from generation.errors import Retryable as TryAgain
from generation.intake.sources import Refused
from generation.models import Asset, Batch, Generation
from generation.review import NotPossible
from generation.spec import SpecError
from integrations.errors import NeedsMerchant, PlatformError, Retryable
from productviz.api.problems import PROBLEMS, Problem, field_problem


@contextmanager
def told(pointer: str = "", *, row: Generation | Batch | None = None) -> Iterator[None]:
    """Turn the refusals of the block into Problems.

    ``pointer`` is the field to blame where the refusal is about one; ``row`` is what has the state
    that is in the way.
    """
    try:
        yield
    except SpecError as error:
        raise wrong_recipe(error, pointer) from None
    except Refused as refusal:
        raise _refused(refusal, pointer) from None
    except (NotPossible, NotPublishable) as error:
        raise conflict(str(error), "" if row is None else _status_of(row)) from None
    except TryAgain:
        raise Problem("temporary-reduced-capacity", headers={"Retry-After": "1"}) from None
    except PlatformError as error:
        raise Problem(_PLATFORM.get(type(error), "state_conflict"), str(error)) from None


def conflict(detail: str, current_status: str) -> Problem:
    """What was asked for does not go with the object's state."""
    return Problem("state_conflict", detail, current_status=current_status)


def wrong_recipe(error: SpecError, pointer: str) -> Problem:
    """Every fault of a recipe that stands at ``pointer``."""
    errors = [
        {
            "pointer": "/".join([pointer, *(_escaped(part) for part in fault.path)]),
            "code": fault.code,
            "detail": fault.message,
            **fault.bounds,
        }
        for fault in error.faults
    ]
    unknown = all(one["code"] == "unknown_field" for one in errors)
    count = "1 field is" if len(errors) == 1 else f"{len(errors)} fields are"
    code = "unknown_field" if unknown else "validation_failed"
    return Problem(code, f"{count} wrong.", errors=errors)


_PLATFORM: dict[type[PlatformError], str] = {
    Retryable: "store_unreachable",
    NeedsMerchant: "store_disconnected",
}


def _refused(refusal: Refused, pointer: str) -> Problem:
    if refusal.code in PROBLEMS and PROBLEMS[refusal.code].status != 404:
        return Problem(refusal.code, refusal.message)
    code = "invalid" if refusal.code == "invalid_request" else refusal.code
    return field_problem(pointer, code, refusal.message)


def _status_of(row: Generation | Batch) -> str:
    row.refresh_from_db()
    return row.status if isinstance(row, Generation) else row.state


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def refuse_unfit(asset: Asset) -> None:
    """Raise Problem for an image that no store may show: its files are gone, or it is a test."""
    if asset.deleted_at is not None:
        raise Problem("asset_expired")
    if asset.manifest.get("test"):
        raise field_problem(
            "/items",
            "not_publishable",
            "This image was made with a test key and is marked all over. Make it again with a live"
            " key.",
        )
