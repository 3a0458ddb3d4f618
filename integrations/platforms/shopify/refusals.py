"""What a mutation or a file says of its own failure (``userErrors``, ``fileErrors``).

One table, by the codes of the 2026-10 schema: wait and repeat, upload again, or give up with a
sentence that tells the merchant what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.contract import Gone, ImageGone, Permanent, PlatformError, Retryable

Raw = Mapping[str, Any]

_NAME_TAKEN = frozenset({"FILENAME_ALREADY_EXISTS", "DUPLICATE_FILENAME_ERROR"})
# The upload did not arrive; another one may.
_UPLOAD_AGAIN = frozenset(
    {
        "INVALID_SIGNED_URL",
        "IMAGE_DOWNLOAD_FAILURE",
        "GENERIC_FILE_DOWNLOAD_FAILURE",
        "INVALID_IMAGE_SOURCE_URL",
        "MEDIA_TIMEOUT_ERROR",
        "UNKNOWN",
    }
)
_BUSY = frozenset({"FILE_LOCKED", "MEDIA_CANNOT_BE_MODIFIED", "NON_READY_STATE", "NON_READY_MEDIA"})
# The gallery is not what we have just read: read it again and work out anew what is left to do.
_MOVED_ON = frozenset(
    {
        "MEDIA_DOES_NOT_EXIST_ON_PRODUCT",
        "MEDIA_IS_NOT_ATTACHED_TO_VARIANT",
        "PRODUCT_VARIANT_ALREADY_HAS_MEDIA",
        "PRODUCT_VARIANT_DOES_NOT_EXIST_ON_PRODUCT",
    }
)
_PRODUCT_GONE = frozenset({"REFERENCE_TARGET_DOES_NOT_EXIST", "PRODUCT_DOES_NOT_EXIST"})
_FILE_GONE = frozenset({"FILE_DOES_NOT_EXIST", "MEDIA_DOES_NOT_EXIST"})
_UNSUITABLE = "Shopify cannot use this image: {}. Generate it again in another size or format."
_FINAL = {
    "INVALID_IMAGE_ASPECT_RATIO": _UNSUITABLE.format("it is too long and narrow"),
    "INVALID_IMAGE_FILE_SIZE": _UNSUITABLE.format("its file is larger than 20 MB"),
    "INVALID_IMAGE_RESOLUTION": _UNSUITABLE.format("it has more than 20 megapixels"),
    "UNSUPPORTED_IMAGE_FILE_TYPE": _UNSUITABLE.format("its format is not supported"),
    "IMAGE_PROCESSING_FAILURE": _UNSUITABLE.format("it could not be processed"),
    "FILE_STORAGE_LIMIT_EXCEEDED": (
        "The shop's storage for files is full. Delete files in Content > Files, or ask Shopify for"
        " more space, then try again."
    ),
    "PRODUCT_MEDIA_LIMIT_EXCEEDED": (
        "The product holds as many images and videos as Shopify allows. Remove one, then try again."
    ),
    "SHOP_MEDIA_LIMIT_EXCEEDED": (
        "The shop holds as many images and videos as its plan allows. Remove some, then try again."
    ),
    "TOO_MANY_FILE_REFERENCE": (
        "The image is used by as many products as Shopify allows, so it cannot be added here."
    ),
    "ALT_VALUE_LIMIT_EXCEEDED": "The alt text is longer than the 512 characters Shopify allows.",
    "PRODUCT_SUSPENDED": (
        "Shopify has suspended this product, so that nothing can be changed on it."
    ),
    "UNACCEPTABLE_ASSET": "Shopify does not accept the image under its rules of use.",
    "UNACCEPTABLE_TRIAL_ASSET": (
        "The shop is on a trial, which does not take this file. Choose a Shopify plan, then try"
        " again."
    ),
    "UNACCEPTABLE_UNVERIFIED_TRIAL_ASSET": (
        "The shop is on a trial, which does not take this file. Choose a Shopify plan or confirm"
        " the owner's e-mail address, then try again."
    ),
}


class NameTaken(Retryable):
    """The shop has a file of this name: our own earlier try, as a rule."""


def refusal(rows: Sequence[Raw], *, subjects: Sequence[str] = ()) -> PlatformError:
    """The one error that many stand for: the worst. ``subjects`` are the ids that were sent, in
    the order of the input, so that a file that is no more can be named."""
    errors = [_refusal(row, subjects) for row in rows]
    order = (Gone, ImageGone, Permanent, Retryable)
    return min(errors, key=lambda one: next(i for i, t in enumerate(order) if isinstance(one, t)))


def _refusal(row: Raw, subjects: Sequence[str]) -> PlatformError:
    code, message = str(row.get("code") or ""), str(row.get("message") or "")[:300]
    if code in _PRODUCT_GONE:
        return Gone("The product no longer exists in the store.")
    if code in _FILE_GONE:
        return ImageGone(
            f"The store no longer has an image of this gallery: {message}",
            external_id=_subject(row, subjects),
        )
    if code in _FINAL:
        return Permanent(_FINAL[code], code="store_refused")
    if code in _NAME_TAKEN:
        return NameTaken(f"Shopify has an image of this name: {message}", code="store_busy")
    if code in _UPLOAD_AGAIN:
        return Retryable(f"Shopify did not get the image: {message}", code="store_fetch_failed")
    if code in _BUSY:
        return Retryable(f"Shopify is still busy with an image: {message}", code="store_busy")
    if code in _MOVED_ON:
        return Retryable(
            f"The product was changed in the store at the same moment: {message}",
            code="store_busy",
        )
    return Permanent(f"Shopify refused: {message} ({code or 'no code'})", code="store_refused")


def _subject(row: Raw, subjects: Sequence[str]) -> str:
    """The id that an error's path points to, as in ["files", "1", "id"]."""
    path = row.get("field")
    numbers = [int(part) for part in path or () if str(part).isdecimal()]
    if numbers and numbers[0] < len(subjects):
        return subjects[numbers[0]]
    return subjects[0] if len(subjects) == 1 else ""
