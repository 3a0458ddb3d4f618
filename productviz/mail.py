"""The one place that knows how a mail server's URL becomes Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters go, and how the connection is protected."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    is_ssl: bool = False
    is_starttls: bool = False


def mail_settings(url: str) -> tuple[str, MailServer]:
    """Django's e-mail backend and the server; nothing is sent for an empty URL.

    Raises ValueError for any other scheme than smtp, smtps and smtp+plain.
    """
    if not url:
        return "django.core.mail.backends.dummy.EmailBackend", MailServer()
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("PRODUCTVIZ_SMTP_URL must be like smtp://user:password@host:587")
    server = MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_ssl=parts.scheme == "smtps",
        is_starttls=parts.scheme == "smtp",
    )
    return "django.core.mail.backends.smtp.EmailBackend", server
