"""This installation's signing identity: made on first use, kept encrypted, replaced on request."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction

from generation.models import SigningIdentity

from .certificates import Facts, facts_of, make_identity
from .content_credentials import Identity, is_installed


def installation_identity() -> Identity | None:
    """Give what to sign files with; None where signing is switched off or not installed.

    Raises `crypto.DecryptionError` where the key was encrypted with a credential key that is gone:
    unsigned files would be a silent surprise.
    """
    if settings.CONTENT_CREDENTIALS == "off" or not is_installed():
        return None
    row = _current() or _make()
    return Identity(chain=row.chain.encode(), key=str(row.key).encode())


def current_certificate() -> Facts | None:
    """The certificate in use; None where none was made yet."""
    row = SigningIdentity.objects.defer("key").filter(is_current=True).first()
    return facts_of(row.chain.encode()) if row else None


def replace_certificate() -> Facts:
    """Make a new certificate and key for all files from now on; the old key is forgotten."""
    with transaction.atomic():
        old = SigningIdentity.objects.select_for_update().filter(is_current=True)
        old.update(is_current=False, key="")
        row = _make()
    return facts_of(row.chain.encode())


def _current() -> SigningIdentity | None:
    return SigningIdentity.objects.filter(is_current=True).first()


def _make() -> SigningIdentity:
    made = make_identity()
    try:
        with transaction.atomic():
            return SigningIdentity.objects.create(chain=made.chain.decode(), key=made.key.decode())
    except IntegrityError:
        # Another worker was first, and its identity is as good.
        return SigningIdentity.objects.get(is_current=True)
