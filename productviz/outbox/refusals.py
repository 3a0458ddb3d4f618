"""What a use case of webhooks says when it cannot."""

from __future__ import annotations


class EndpointRefused(Exception):
    """``code`` is the API's word for it; the text is a sentence for whoever asked."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
