"""The small upright picture of a photograph that the dashboard shows."""

from __future__ import annotations

import io
import uuid

from PIL import Image

from generation.imaging.pixels import Upright
from generation.keys import preview_key
from productviz.lib import files

PREVIEW_SIDE = 1200


def keep_preview(workspace: uuid.UUID, sha256: str, image: Upright) -> None:
    """Store the preview of a source, unless it is there."""
    key = preview_key(workspace, sha256)
    if files.exists("work", key):
        return
    picture = Image.fromarray(image.rgb)
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85)
    files.put("work", key, out.getvalue())
