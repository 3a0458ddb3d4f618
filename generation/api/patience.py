"""``Prefer: wait=20``: keep the request open until the generation has ended, for a while.

Outside any transaction, or the worker could not write what is waited for. Each waiting request
holds a thread of the web process, so only a few may; to the others the answer is "later".
"""

from __future__ import annotations

import re
import time
import uuid
from threading import BoundedSemaphore

from django.conf import settings
from rest_framework.request import Request

from generation.models import Generation

LONGEST = 30
_LOOK_SECONDS = 0.2
_WAIT = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])', re.IGNORECASE)

_places = BoundedSemaphore(settings.API_WAITERS)


def wished_seconds(request: Request) -> int:
    """How long the client would wait, 30 seconds at most; 0 without such a wish."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), LONGEST) if found else 0


def wait_for(pk: uuid.UUID, seconds: int) -> bool:
    """Wait until nothing more happens to the generation by itself; False where nobody waited."""
    if not _places.acquire(blocking=False):
        return False
    try:
        until = time.monotonic() + seconds
        while _is_on_its_way(pk) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
    finally:
        _places.release()
    return True


def _is_on_its_way(pk: uuid.UUID) -> bool:
    return Generation.objects.filter(pk=pk, status__in=Generation.WAITING).exists()
