"""Get a source image's bytes, once: from what we kept, else through the safe door."""

from __future__ import annotations

import hashlib
import uuid

from generation.errors import Permanent, Retryable
from generation.keys import original_key
from integrations.models import SourceImage
from productviz.lib import files, http

_SENTENCES = {
    "source_not_found": "The store no longer has this photograph. Sync the store and try again.",
    "source_forbidden": "The store does not hand out this photograph. Make it public in the store.",
    "url_forbidden_address": "The photograph's address points into a private network, which is not"
    " allowed. An operator can permit a store on the local network in the settings.",
    "source_timeout": "The store took too long to send this photograph.",
    "source_unreachable": "The store could not be reached for this photograph.",
    "payload_too_large": "The photograph is larger than 25 MB. Upload a smaller one to the store.",
}


def fetch(image: SourceImage, *, workspace: uuid.UUID) -> bytes:
    """The image's bytes as the store has them; remembers their SHA-256 on the row.

    Raises Permanent or Retryable with an API code.
    """
    if image.sha256:
        key = original_key(workspace, image.sha256)
        if files.exists("originals", key):
            return files.get("originals", key)
    data = _download(image.url)
    digest = hashlib.sha256(data).hexdigest()
    files.put("originals", original_key(workspace, digest), data)
    SourceImage.objects.filter(pk=image.pk).update(sha256=digest)
    image.sha256 = digest
    return data


def _download(url: str) -> bytes:
    try:
        return http.fetch_image(url).body
    except http.OutboundError as error:
        message = _SENTENCES.get(error.code, "The address of this photograph cannot be used.")
        code = "source_forbidden" if error.code == "url_forbidden_address" else error.code
        if error.retryable:
            raise Retryable(code, message) from error
        raise Permanent(code, message) from error
