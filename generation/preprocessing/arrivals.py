"""Look at the photographs that API clients bring: fetch them, decode them, say what they are.

A hostile file meets the same child process here as everywhere. A host that does not answer is asked
four times in half a minute; then the client is told.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import structlog
from django.utils import timezone

from generation.errors import Permanent, Retryable
from generation.imaging.hashing import difference_hash
from generation.imaging.pixels import ImageRejected, Upright
from generation.preprocessing.decode import decode
from generation.preprocessing.fetch import fetch
from generation.preprocessing.own import refuse_our_own
from generation.preprocessing.previews import keep_preview
from integrations import images
from integrations.models import Arrival
from productviz.lib.lease import MAX_ATTEMPTS, free, held, put_off

log = structlog.get_logger(__name__)

PAUSES = (1.0, 5.0, 25.0)  # seconds
_BUG = "Something unexpected went wrong in ProductViz; the log has the details. Send it again."


def look(arrival: Arrival, owner: str) -> None:
    """Settle one claimed photograph, whatever it is."""
    if arrival.attempt > MAX_ATTEMPTS:
        images.rejected(arrival, owner, code="internal_error", message=_BUG)
        return
    try:
        _look(arrival, owner)
    except Retryable as error:
        if arrival.retries < len(PAUSES):
            put_off(arrival, owner, seconds=PAUSES[arrival.retries])
        else:
            images.rejected(arrival, owner, code=error.code, message=error.message)
    except (Permanent, ImageRejected) as error:
        images.rejected(arrival, owner, code=error.code, message=error.message)
    except Exception:
        log.exception("an image could not be looked at", image=str(arrival.image_id))
        later = timezone.now() + timedelta(seconds=PAUSES[-1])
        held(arrival, owner).update(**free(not_before=later))


def _look(arrival: Arrival, owner: str) -> None:
    image = arrival.image
    workspace = image.product.store.workspace_id
    data = fetch(image, workspace=workspace)
    sha256 = hashlib.sha256(data).hexdigest()
    if arrival.sha256 and arrival.sha256 != sha256:
        raise Permanent(
            "source_changed", "The file is not the one that the request names: its hash differs."
        )
    upright = decode(data)
    image.sha256 = sha256
    refuse_our_own(image, upright)
    keep_preview(workspace, sha256, upright)
    height, width = upright.rgb.shape[:2]
    images.ready(
        arrival, owner, sha256=sha256, size=(width, height), facts=_facts(upright, len(data))
    )


def _facts(image: Upright, size: int) -> dict[str, Any]:
    return {
        "format": image.format.lower(),
        "bytes": size,
        "has_alpha": image.alpha is not None,
        "perceptual_hash": f"{difference_hash(image.rgb):016x}",
        "warnings": list(image.warnings),
    }
