"""The names of files in storage: a tenant's folder and a content hash, no name from outside."""

from __future__ import annotations

import uuid

EXTENSIONS = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif"}
CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
}


def original_key(workspace: uuid.UUID, sha256: str) -> str:
    """A source's bytes as received (place ``originals``); the extension says nothing."""
    return f"{workspace.hex}/{sha256[:2]}/{sha256}.bin"


def preview_key(workspace: uuid.UUID, source_sha256: str) -> str:
    """The upright preview of a source (place ``work``, WebP)."""
    return f"{workspace.hex}/previews/{source_sha256}.webp"


def cutout_key(workspace: uuid.UUID, source_sha256: str, model: str) -> str:
    """A cut-out's arrays (place ``work``)."""
    slug = "".join(letter if letter.isalnum() else "-" for letter in model)
    return f"{workspace.hex}/cutouts/{source_sha256}-{slug}.npz"


def outline_key(workspace: uuid.UUID, source_sha256: str, model: str) -> str:
    """A cut-out's alpha at the preview's size, for the dashboard (place ``work``, PNG)."""
    return cutout_key(workspace, source_sha256, model).removesuffix(".npz") + ".png"


def strokes_key(workspace: uuid.UUID, source_sha256: str, digest: str) -> str:
    """A correction's strokes at the preview's size (place ``work``, PNG)."""
    return f"{workspace.hex}/strokes/{source_sha256}-{digest[:16]}.png"


def candidate_key(workspace: uuid.UUID, sha256: str, extension: str) -> str:
    """A candidate's file, verified or not (place ``work``)."""
    return f"{workspace.hex}/candidates/{sha256}.{extension}"


def asset_key(workspace: uuid.UUID, sha256: str, extension: str) -> str:
    """A verified file (place ``assets``)."""
    return f"m/{workspace.hex}/{sha256[:2]}/{sha256}.{extension}"


def extension_of(image_format: str) -> str:
    """The file extension of an image format's name."""
    return EXTENSIONS[image_format]
