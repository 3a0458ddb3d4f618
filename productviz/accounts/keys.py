"""API keys: made once, shown once, checked in constant time.

Form: ``pk_live_<8 characters>_<43 characters>_<6 characters of CRC-32>``, ``pk_test_`` for keys
whose work reaches no store. The checksum refuses typing errors and lets secret scanners recognise a
leaked key without asking us.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from productviz.accounts.models import ApiKey, User, Workspace
from productviz.accounts.scopes import SCOPES

__all__ = ["SCOPES", "find_key", "looks_like_key", "make_key", "roll"]

_FORM = re.compile(r"pk_(?:live|test)_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})_([0-9a-f]{6})")
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_NOBODY = "0" * 64
_LAST_USED_STEP = timedelta(minutes=1)  # one write a minute at most for a busy key


def make_key(
    workspace: Workspace,
    *,
    name: str,
    scopes: Iterable[str],
    created_by: User,
    is_test: bool = False,
    **limits: Any,
) -> tuple[ApiKey, str]:
    """Create a key and return it with its secret text, which is never shown again.

    ``limits`` are the columns that narrow it: stores, allowed_cidrs, expires_at. Raises ValueError
    for a scope that does not exist.
    """
    wanted = sorted(set(scopes))
    unknown = set(wanted) - SCOPES
    if unknown:
        raise ValueError(f"There is no scope {', '.join(sorted(unknown))}.")
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    body = f"pk_{'test' if is_test else 'live'}_{key_id}_{secret}"
    key = ApiKey.objects.create(
        workspace=workspace,
        name=name,
        key_id=key_id,
        digest=_digest(secret),
        last4=secret[-4:],
        scopes=wanted,
        created_by=created_by,
        is_test=is_test,
        **limits,
    )
    return key, f"{body}_{_checksum(body)}"


def roll(key: ApiKey, *, grace: timedelta, latest: datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key that may do the same, for as long again; the old one works on for ``grace``.

    A successor with an end does not outlive ``latest``.
    """
    now = timezone.now()
    ends = now + (key.expires_at - key.created_at) if key.expires_at else None
    made = make_key(
        key.workspace,
        name=key.name,
        scopes=key.scopes,
        created_by=key.created_by,
        is_test=key.is_test,
        stores=key.stores,
        allowed_cidrs=key.allowed_cidrs,
        metadata=key.metadata,
        expires_at=min(ends, latest) if ends and latest else ends,
    )
    graceful = now + grace
    if key.expires_at is None or key.expires_at > graceful:
        key.expires_at = graceful
        key.save(update_fields=["expires_at"])
    return made


def looks_like_key(text: str) -> bool:
    """Whether somewhere in ``text`` is what a key looks like."""
    return _FORM.search(text) is not None


def find_key(text: str) -> tuple[ApiKey | None, str]:
    """The key that ``text`` is, and the fault that keeps it out, empty for none.

    None for what is no key of ours; unknown ids take the same time as wrong secrets.
    """
    match = _FORM.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-7]), match[3]):
        return None, ""
    key = ApiKey.objects.select_related("workspace", "created_by").filter(key_id=match[1]).first()
    genuine = hmac.compare_digest(_digest(match[2]), key.digest if key else _NOBODY)
    kind_fits = key is not None and text.startswith("pk_test_") == key.is_test
    if key is None or not genuine or not kind_fits:
        return None, ""
    fault = _fault(key)
    if not fault:
        _note_use(key)
    return key, fault


def _fault(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "key_revoked"
    if key.expires_at is not None and key.expires_at <= timezone.now():
        return "key_expired"
    member = key.workspace.memberships.filter(user=key.created_by, user__is_active=True).exists()
    return "" if member else "key_revoked"


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - _LAST_USED_STEP:
        # Not a change that the API shows: its version stays.
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, version=F("version"))


def _digest(secret: str) -> str:
    pepper = f"productviz.api-key:{settings.SECRET_KEY}".encode()
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"[-6:]
