"""The key ring for secrets at rest: Fernet with ``CREDENTIAL_KEYS``, newest key first.

To change keys, put a new one in front, rotate every stored value, then drop the old one.
Not for signatures (see signing.py) and not for passwords.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class DecryptionError(Exception):
    """A stored secret cannot be read with any key of the ring."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be read with the keys in CREDENTIAL_KEYS. Put the key it was"
            " written with back at the end of the list, or connect the store again."
        )


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("CREDENTIAL_KEYS is empty; it must hold at least one key.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "CREDENTIAL_KEYS holds a text that is not a key: 32 bytes in URL-safe base64."
        ) from error


def _current_ring() -> MultiFernet:
    return _ring(tuple(settings.CREDENTIAL_KEYS))


def generate_key() -> str:
    """A new random key for ``CREDENTIAL_KEYS``."""
    return Fernet.generate_key().decode("ascii")


def encrypt(secret: bytes) -> str:
    """``secret`` under the newest key, as ASCII text."""
    return _current_ring().encrypt(secret).decode("ascii")


def decrypt(token: str) -> bytes:
    """What ``encrypt`` was given. Raises DecryptionError, and never returns the token itself."""
    try:
        return _current_ring().decrypt(token)
    except (InvalidToken, ValueError) as error:
        raise DecryptionError from error


def rotate(token: str) -> str:
    """The same secret under the newest key. Raises DecryptionError."""
    try:
        return _current_ring().rotate(token).decode("ascii")
    except (InvalidToken, ValueError) as error:
        raise DecryptionError from error
