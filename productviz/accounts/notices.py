"""News between two pages for people without cookies: rows instead of a session.

Used where a platform shows our pages in a frame of its own; see ``integrations.embedded``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.messages.storage.base import BaseStorage, Message
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from productviz.accounts.models import Notice, User

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 20


class RowStorage(BaseStorage):
    """Django's messages, kept as the user's rows until a page has shown them."""

    def __init__(self, request: HttpRequest, user: User) -> None:
        super().__init__(request)
        self._user = user
        self._read: list[int] = []

    def _get(self, *args: object, **kwargs: object) -> tuple[list[Message], bool]:
        rows = list(self._user.notices.order_by("pk")[:MOST])
        self._read = [row.pk for row in rows]
        return [Message(row.level, row.text, row.extra_tags) for row in rows], True

    def _store(
        self,
        messages: Sequence[Message],
        response: HttpResponseBase,
        *args: object,
        **kwargs: object,
    ) -> list[Message]:
        """Put these in the place of what was read; another page's news stay."""
        kept = [
            Notice(
                user=self._user,
                level=message.level,
                text=str(message.message),
                extra_tags=message.extra_tags or "",
            )
            for message in messages[:MOST]
        ]
        if not kept and not self._read:
            return []
        with transaction.atomic():
            self._user.notices.filter(pk__in=self._read).delete()
            Notice.objects.bulk_create(kept)
        return []
