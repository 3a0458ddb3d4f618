"""Letters to the people of a workspace, once the change that they tell of is committed."""

from __future__ import annotations

import threading

import structlog
from django.core.mail import EmailMessage
from django.db import transaction

from productviz.accounts.models import PLATFORMS_MAIL, Role, Workspace

log = structlog.get_logger(__name__)


def to_owners(workspace: Workspace, *, subject: str, text: str) -> None:
    """Write to every owner with an address that mail reaches, each on their own.

    A thread sends: whoever holds a lease must not wait for a mail server. What cannot be sent is
    logged and not tried again; the dashboard says the same.
    """
    owners = workspace.memberships.filter(role=Role.OWNER, user__is_active=True)
    reached = owners.exclude(user__email__endswith=PLATFORMS_MAIL)
    line = " ".join(subject.split())  # names of stores are in it, and a header is one line
    letters = [
        EmailMessage(line, text, to=[email])
        for email in reached.values_list("user__email", flat=True)
    ]
    if letters:
        thread = threading.Thread(target=_send, args=(letters,), name="letters")
        transaction.on_commit(thread.start)


def _send(letters: list[EmailMessage]) -> None:
    for letter in letters:
        try:
            letter.send()
        except Exception:
            log.exception("a letter could not be sent", subject=letter.subject)
