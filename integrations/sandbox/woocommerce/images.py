"""The `images` of a product and the `image` of a variation: ids, downloads, refusals.

Replace-all, order counts, an id beats a src; every src is a new attachment. The rules and
the messages are measured, including the ones a client must never trigger.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from . import outbound
from .library import add_attachment, touch_attachment
from .markup import plain
from .pictures import EXTENSIONS, sniff
from .replies import ApiError
from .state import State
from .tables import Attachment, Json

_NO_TYPE = "Invalid image: Sorry, you are not allowed to upload this file type."
_BY_EXTENSION = {
    extension: kind
    for kind, extensions in EXTENSIONS.items()
    for extension in extensions
    if kind != "image/avif"
}


@dataclass(frozen=True, slots=True)
class Target:
    """Whose images they are: error codes and the owner of downloads."""

    noun: str
    product_id: int
    author: int


def resolve(state: State, target: Target, elements: object) -> tuple[list[int], list[int]]:
    """Turn an `images` value into attachment ids; also return the ids just downloaded.

    Raises ApiError 400 at the first bad element; downloads made before it stay, and are
    in `error.data["_new"]` for a caller that rolls back.
    """
    if not isinstance(elements, list):
        return [], []
    chosen: list[int] = []
    new: list[int] = []
    for element in elements:
        if not isinstance(element, dict) or not element:
            continue
        try:
            row, fresh = _one(state, target, element)
        except ApiError as error:
            raise ImagesRefusedError(error, new) from error
        if fresh:
            new.append(row.id)
        _describe(state, row, element)
        chosen.append(row.id)
    return chosen, new


class ImagesRefusedError(ApiError):
    """A refused element, with the attachments that were made before it."""

    def __init__(self, cause: ApiError, new: list[int]) -> None:
        super().__init__(cause.status, cause.code, cause.message)
        self.new = list(new)


def _one(state: State, target: Target, element: Json) -> tuple[Attachment, bool]:
    number = element.get("id")
    if isinstance(number, str) and number.isdigit():
        number = int(number)
    if isinstance(number, int) and number in state.tables.attachments:
        return state.tables.attachments[number], False
    if not number and "src" in element:
        return _download(state, target, str(element["src"] or "")), True
    raise ApiError(
        400,
        f"woocommerce_{target.noun}_invalid_image_id",
        f"#{number or 0} is an invalid image ID.",
    )


def _describe(state: State, row: Attachment, element: Json) -> None:
    alt, name = element.get("alt"), element.get("name")
    with state.lock:
        # An empty alt is ignored, so it can never clear one (measured).
        if alt and plain(str(alt)) != row.alt:
            row.alt = plain(str(alt))
        if name and str(name) != row.title:
            row.title = str(name)
            touch_attachment(state, row)


def _download(state: State, target: Target, src: str) -> Attachment:
    code = f"woocommerce_{target.noun}_image_upload_error"
    if src.partition(":")[0] == "data" or not src:
        raise ApiError(400, code, "Error getting remote image . Error: No URL Provided.")
    agent = f"{outbound.AGENT}; {state.home}"
    try:
        answer = outbound.send(
            state, "GET", src, headers={"User-Agent": agent}, seconds=300, redirects=True
        )
    except outbound.UnreachableError as error:
        message = f"Error getting remote image {src}. Error: {error}"
        raise ApiError(400, code, message) from error
    if answer.status != 200:
        message = f"Error getting remote image {src}. Error: {answer.reason}"
        raise ApiError(400, code, message)
    # The name comes from the first URL, whatever it redirected to.
    name = unquote(PurePosixPath(urlsplit(src).path).name)
    kind = sniff(answer.body)
    if kind is None or _BY_EXTENSION.get(name.rpartition(".")[2].lower()) != kind:
        raise ApiError(400, code, _NO_TYPE)
    return add_attachment(
        state,
        name=name,
        data=answer.body,
        mime_type=kind,
        author=target.author,
        parent_id=target.product_id,
        title_with_extension=True,
    )
