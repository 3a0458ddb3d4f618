"""E-mail to the people of a workspace, where an operator has set up a mail server.

Mail is a courtesy: the dashboard says the same, so a mail that fails is logged and dropped.
"""

from __future__ import annotations

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from productviz.accounts.models import Role, Workspace, is_platforms

log = structlog.get_logger(__name__)


def tell_owners(workspace: Workspace, *, subject: str, text: str) -> None:
    """Send the workspace's owners a mail once the transaction commits; nothing without a server."""
    if not settings.EMAIL_HOST:
        return
    owners = workspace.memberships.filter(role=Role.OWNER, user__is_active=True)
    addresses = [
        address
        for address in owners.values_list("user__email", flat=True)
        if not is_platforms(address)
    ]
    if addresses:
        transaction.on_commit(lambda: _send(addresses, subject, text))


def _send(addresses: list[str], subject: str, text: str) -> None:
    """One mail each: the owners need not know each other's addresses."""
    for address in addresses:
        try:
            send_mail(" ".join(subject.split()), text, None, [address])
        except Exception as error:
            log.warning("a mail was not sent", reason=type(error).__name__)
