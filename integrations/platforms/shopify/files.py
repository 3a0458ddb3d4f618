"""The shop's files: find, upload, wait for, describe and delete our own.

A name is made of the content's hash and of the product that it is for, so a repeated upload finds
the first one, and two products never share a file whose alt text belongs to one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from integrations.contract import (
    Image,
    ImageFile,
    ImageGone,
    Permanent,
    PlatformError,
    ProductRef,
    Retryable,
)
from integrations.platforms.shopify import mapping, refusals, waiting
from integrations.platforms.shopify.client import Client

MAX_BYTES = 20 * 1024 * 1024
# What is not ready within a minute is looked at again by the row.
AFTER_UNREADY = 60.0
_LATE_LOOKS = 4

Raw = Mapping[str, Any]


def put(client: Client, ref: ProductRef, file: ImageFile) -> Image:
    """Upload once and wait until it can be used; the same file is found again, not sent again."""
    if len(file.data) > MAX_BYTES:
        raise Permanent(
            "Shopify takes images of 20 MB at most. Publish a smaller image.",
            code="payload_too_large",
        )
    file = replace(file, filename=name_for(ref, file.filename))
    found = _earlier(client, file) or _created(client, file)
    node = _settled_or_none(client, found)
    if node is None:
        raise Retryable("Shopify does not show the new image yet.", code="store_busy")
    if node["fileStatus"] == "FAILED":
        # Nobody can use it, and it would keep its name from the next try.
        delete(client, found)
        raise failure(node)
    image = mapping.media(node)
    if image.alt == file.alt:
        return image
    client.change("file_update", {"files": [{"id": found, "alt": file.alt}]}, subjects=(found,))
    return replace(image, alt=file.alt)


def name_for(ref: ProductRef, filename: str) -> str:
    """The file's name in the shop: a name is taken once a shop, a picture may be used twice."""
    path = PurePosixPath(filename)
    return f"{path.stem}-{mapping.number_of(ref.external_id)}{path.suffix}"


def _earlier(client: Client, file: ImageFile) -> str | None:
    """The id of an earlier upload of this file; one that failed is cleared away."""
    for found in _named(client, file.filename):
        node = _settled_or_none(client, found)
        if node is None:
            # Lists show a deleted file for some seconds more.
            continue
        if node["fileStatus"] == "READY" and _is_named(node, file.filename):
            return found
        # A failed file has no address to tell its name by. The alt text makes sure that it is
        # ours, should the search ever answer with more than it was asked for.
        if node["fileStatus"] == "FAILED" and file.alt and node.get("alt") == file.alt:
            delete(client, found)
    return None


def _settled_or_none(client: Client, external_id: str) -> Raw | None:
    try:
        return settled(client, [external_id])[0]
    except ImageGone:
        return None


def _named(client: Client, filename: str) -> list[str]:
    nodes = client.run("files_by_name", {"query": f"filename:{filename}"})["files"]["nodes"]
    return [str(node["id"]) for node in nodes if node["__typename"] == "MediaImage"]


def _is_named(node: Raw, filename: str) -> bool:
    url = str((node.get("image") or {}).get("url") or "")
    return PurePosixPath(urlsplit(url).path).stem == PurePosixPath(filename).stem


def _created(client: Client, file: ImageFile) -> str:
    target = _staged(client, file)
    client.upload(target, file)
    wanted = {
        "originalSource": target["resourceUrl"],
        "contentType": "IMAGE",
        "filename": file.filename,
        "alt": file.alt,
        "duplicateResolutionMode": "RAISE_ERROR",
    }
    try:
        files = client.change("file_create", {"files": [wanted]}).get("files")
    except refusals.NameTaken:
        return _listed_late(client, file)
    if not files:
        raise Retryable("Shopify did not say whether it took the image.")
    return str(files[0]["id"])


def _listed_late(client: Client, file: ImageFile) -> str:
    """An earlier try made the file a moment ago; lists show it some seconds later."""
    for wait in waiting.LOOKS[:_LATE_LOOKS]:
        waiting.pause(wait)
        found = _earlier(client, file)
        if found is not None:
            return found
    raise refusals.NameTaken(
        "Shopify has an image of this name and does not list it yet.", code="store_busy"
    )


def _staged(client: Client, file: ImageFile) -> Raw:
    wanted = {
        "resource": "IMAGE",
        "filename": file.filename,
        "mimeType": file.content_type,
        "fileSize": str(len(file.data)),
        "httpMethod": "POST",
    }
    targets: Sequence[Raw] = (
        client.change("staged_upload", {"input": [wanted]}).get("stagedTargets") or ()
    )
    if not targets:
        raise Retryable("Shopify did not offer a place for the upload.")
    return targets[0]


def settled(client: Client, ids: Sequence[str]) -> list[Raw]:
    """The files once each is READY or FAILED, in order; waits about a minute at most.

    Raises ImageGone for one that is no more, Retryable where one takes longer.
    """
    for wait in (*waiting.LOOKS, None):
        nodes: list[Raw | None] = client.run("files_by_id", {"ids": list(ids)})["nodes"]
        found = [_present(node, one) for node, one in zip(nodes, ids, strict=True)]
        if all(node["fileStatus"] in ("READY", "FAILED") for node in found):
            return found
        if wait is not None:
            waiting.pause(wait)
    raise Retryable("Shopify is still processing an image.", code="store_busy", after=AFTER_UNREADY)


def _present(node: Raw | None, external_id: str) -> Raw:
    if node is None or "fileStatus" not in node:
        raise ImageGone(
            "The store no longer has an image of this gallery.", external_id=external_id
        )
    return node


def failure(node: Raw) -> PlatformError:
    """Why a FAILED file failed."""
    return refusals.refusal(node.get("fileErrors") or [{"code": "UNKNOWN"}])


def delete(client: Client, external_id: str) -> bool:
    """Delete a file of ours for good; True if it is gone afterwards."""
    try:
        client.change("file_delete", {"fileIds": [external_id]}, subjects=(external_id,))
    except ImageGone:
        return True
    return True
