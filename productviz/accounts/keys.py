"""API keys: made once, shown once, checked in constant time.

Form: ``pk_live_<8 characters>_<43 characters>_<6 characters of CRC-32>``. The checksum refuses
typing errors and lets secret scanners recognise a leaked key without asking us.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from productviz.accounts.models import ApiKey, User, Workspace

SCOPES = frozenset(
    {
        "stores:read",
        "products:read",
        "presets:read",
        "generations:read",
        "generations:write",
        "assets:read",
        "publications:read",
        "publications:write",
    }
)
_FORM = re.compile(r"pk_live_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})_([0-9a-f]{6})")
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_NOBODY = "0" * 64
_LAST_USED_STEP = timedelta(minutes=1)  # one write a minute at most for a busy key


def make_key(
    workspace: Workspace, *, name: str, scopes: Iterable[str], created_by: User
) -> tuple[ApiKey, str]:
    """Create a key and return it with its secret text, which is never shown again.

    Raises ValueError for a scope that does not exist.
    """
    wanted = sorted(set(scopes))
    unknown = set(wanted) - SCOPES
    if unknown:
        raise ValueError(f"There is no scope {', '.join(sorted(unknown))}.")
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    body = f"pk_live_{key_id}_{secret}"
    key = ApiKey.objects.create(
        workspace=workspace,
        name=name,
        key_id=key_id,
        digest=_digest(secret),
        last4=secret[-4:],
        scopes=wanted,
        created_by=created_by,
    )
    return key, f"{body}_{_checksum(body)}"


def find_key(text: str) -> ApiKey | None:
    """The live key that ``text`` is, or None; unknown ids take the same time as wrong secrets."""
    match = _FORM.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-7]), match[3]):
        return None
    key = ApiKey.objects.select_related("workspace", "created_by").filter(key_id=match[1]).first()
    genuine = hmac.compare_digest(_digest(match[2]), key.digest if key else _NOBODY)
    if key is None or not genuine or not _is_live(key):
        return None
    _note_use(key)
    return key


def _is_live(key: ApiKey) -> bool:
    member = key.workspace.memberships.filter(user=key.created_by, user__is_active=True).exists()
    expired = key.expires_at is not None and key.expires_at <= timezone.now()
    return member and key.revoked_at is None and not expired


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - _LAST_USED_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    pepper = f"productviz.api-key:{settings.SECRET_KEY}".encode()
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"[-6:]
