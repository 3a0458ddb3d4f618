"""Signatures: platforms' HMAC headers, URLs of our own files, and Standard Webhooks.

Every check answers True or False, in constant time where a secret is involved, and never raises
on what came from outside. Remembering which messages were seen is the caller's business.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook

_URL_SALT = "productviz.lib.signing.url"
_SECONDS = re.compile("[0-9]{1,12}")
_V1_SIGNATURE = re.compile("v1,[A-Za-z0-9+/]{43}=")


def hmac_base64_matches(secret: str, body: bytes, header: str | None) -> bool:
    """Whether ``header`` is base64 of the HMAC-SHA256 of ``body``; an empty secret never does."""
    if not secret or not header:
        return False
    expected = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
    return hmac.compare_digest(expected, header.encode("utf-8", "replace"))


def sign_url(path: str, *, expires_at: int) -> str:
    """``path`` with a signature that holds until ``expires_at`` (Unix seconds).

    ``path`` is unquoted, as ``request.path`` shows it, and has no query of its own.
    """
    signature = _url_signature(settings.SECRET_KEY, path, str(expires_at))
    return f"{quote(path)}?expires={expires_at}&signature={signature}"


def verify_url(path: str, query: Mapping[str, str]) -> bool:
    """Whether ``sign_url`` signed ``path`` and its time is not over; other parameters are ignored.

    Keys in ``SECRET_KEY_FALLBACKS`` still verify, so that a changed key breaks no link.
    """
    expires, signature = query.get("expires", ""), query.get("signature", "")
    if not _SECONDS.fullmatch(expires) or int(expires) <= timezone.now().timestamp():
        return False
    given = signature.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(_url_signature(key, path, expires).encode(), given)
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def _url_signature(key: str | bytes, path: str, expires: str) -> str:
    mac = salted_hmac(_URL_SALT, f"{expires}\n{path}", secret=key, algorithm="sha256")
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode("ascii")


def sign(secret: str, msg_id: str, timestamp_utc: datetime, body: bytes) -> str:
    """The ``webhook-signature`` of a Standard Webhooks message, ``v1,<base64>``.

    Join the results of two secrets by a space while one replaces the other. ``body`` is UTF-8.
    Raises ValueError for a time without a zone or a malformed secret.
    """
    if timestamp_utc.tzinfo is None:
        raise ValueError("The time of a webhook needs a zone; use django.utils.timezone.now().")
    # standardwebhooks 1.1.0 relabels the zone instead of converting it (standard-webhooks #251).
    moment = timestamp_utc.astimezone(UTC)
    return Webhook(secret).sign(msg_id, moment, body.decode())


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the ``webhook-*`` headers sign ``body`` with ``secret``, at most 5 minutes ago.

    Signatures of unknown versions are passed over; anything malformed is False.
    """
    named = {name.lower(): value for name, value in headers.items()}
    signatures = _V1_SIGNATURE.findall(named.get("webhook-signature", ""))
    if not signatures or not _SECONDS.fullmatch(named.get("webhook-timestamp", "")):
        return False
    named["webhook-signature"] = " ".join(signatures)
    try:
        Webhook(secret).verify(body, named, json_parse=False)
    except Exception:  # the package raises whatever its parsing steps raise
        return False
    return True
