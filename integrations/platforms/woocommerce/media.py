"""The media library (wp/v2/media): find, upload, describe and delete our own files.

File names come from the content and a file belongs to one product, so a repeated upload finds
the first one and two products never share an attachment.
"""

from __future__ import annotations

from typing import Any, cast

from integrations.contract import GalleryState, Gone, Image, ImageFile, Permanent, PlatformError
from integrations.platforms.woocommerce import mapping
from integrations.platforms.woocommerce.client import Client

_FIELDS = "id,source_url,alt_text,title"


def may_upload(client: Client) -> bool:
    """Whether the media library lists POST among what this access may do."""
    if not client.has_password:
        return False
    _, reply = client.wordpress("GET", "wp/v2/media", params={"per_page": 1, "_fields": "id"})
    return "POST" in reply.headers.get("Allow", "")


def put(client: Client, file: ImageFile, *, parent_id: str) -> Image | None:
    """Upload once; the same file for the same product is found again, not sent again."""
    if not client.has_password:
        return None
    found = _find(client, file, parent_id=parent_id)
    if found is not None:
        return found if found.alt == file.alt else describe(client, found, alt=file.alt)
    body, _ = client.wordpress(
        "POST",
        "wp/v2/media",
        params={"alt_text": file.alt, "post": parent_id},
        data=file.data,
        headers={
            "Content-Type": file.content_type,
            "Content-Disposition": f'attachment; filename="{file.filename}"',
        },
    )
    return mapping.media(cast(dict[str, Any], body))


def earlier(client: Client, file: ImageFile, current: GalleryState, parent_id: str) -> Image | None:
    """The image an earlier, perhaps unanswered, write made of this file."""
    for image in current.images:
        if is_file(image, file):
            return Image(image.external_id, image.url, file.alt, image.name)
    try:
        found = _find(client, file, parent_id=parent_id)
    except PlatformError:
        # Without a password this is a stranger's public reading, which a store may forbid.
        return None
    return found and Image(found.external_id, found.url, file.alt, found.name)


def is_file(image: Image, file: ImageFile) -> bool:
    """Whether the store's image came from this file, by upload or by address."""
    return image.holds(file.filename) or image.holds(file.public_url.partition("?")[0])


def _find(client: Client, file: ImageFile, *, parent_id: str) -> Image | None:
    for name in dict.fromkeys((_stem(file.filename), _stem(file.public_url.partition("?")[0]))):
        params = {"search": name, "parent": parent_id, "per_page": 100, "_fields": _FIELDS}
        body, _ = client.wordpress("GET", "wp/v2/media", params=params)
        rows = body if isinstance(body, list) else []
        found = [one for one in map(mapping.media, rows) if is_file(one, file)]
        if found:
            return min(found, key=lambda one: int(one.external_id))
    return None


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


def describe(client: Client, image: Image, *, alt: str) -> Image:
    """Set the alt text, an empty one included; does not touch any product."""
    body, _ = client.wordpress("POST", f"wp/v2/media/{image.external_id}", json={"alt_text": alt})
    return mapping.media(cast(dict[str, Any], body))


def delete(client: Client, image: Image) -> bool:
    """Delete for good; True if it is gone afterwards."""
    if not client.has_password:
        return False
    try:
        client.wordpress("DELETE", f"wp/v2/media/{image.external_id}", params={"force": True})
    except Gone:
        return True
    except Permanent as error:
        if "rest_post_invalid_id" in str(error):
            return True
        raise
    return True
