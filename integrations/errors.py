"""What can go wrong with a storefront, sorted by who can help: time, the merchant, or nobody."""

from __future__ import annotations


class PlatformError(Exception):
    """A storefront did not do what was asked; the message is for the merchant."""

    def __init__(self, message: str, *, code: str = "store_unreachable") -> None:
        super().__init__(message)
        self.code = code


class Retryable(PlatformError):
    """Try again later: the store is down, slow or busy. ``after`` is its own wish in seconds."""

    def __init__(
        self, message: str, *, code: str = "store_unreachable", after: float | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.after = after


class NotReady(PlatformError):
    """No failure: the store still prepares what was asked. Ask again in ``after`` seconds."""

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message, code="store_preparing")
        self.after = after


class Permanent(PlatformError):
    """Trying again cannot help: the store refused this very request."""


class NeedsMerchant(PlatformError):
    """Only the merchant can help: access was revoked, or the store has moved."""

    def __init__(self, message: str, *, code: str = "store_disconnected") -> None:
        super().__init__(message, code=code)


class RightMissing(NeedsMerchant):
    """The access works but lacks the right for this very request; the message names it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="store_right_missing")


class Gone(Permanent):
    """The product no longer exists in the store."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="not_found")


class ImageGone(Permanent):
    """The gallery named an image that the store no longer has."""

    def __init__(self, message: str, *, external_id: str) -> None:
        super().__init__(message, code="image_gone")
        self.external_id = external_id
