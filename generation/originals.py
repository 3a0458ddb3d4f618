"""Pictures that painted ones are to look like: finished images, photographs and uploads, by hash.

They lie among the originals, where models read them, and stay there for as long as a person or a
recipe names them (``generation.assets.references``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

from django.db.models import QuerySet

from generation.assets.cdn import file_url
from generation.keys import original_key, preview_key
from generation.models import Asset, Rendition
from generation.presentation import Picture, asset_files, photo
from integrations import uploads
from integrations.contract import Retryable
from integrations.models import SourceImage
from productviz.accounts.models import Workspace
from productviz.lib import files

_PERSON_KIND = "virtual_model"
MOST_BYTES = 25 * 1024 * 1024
OFFERED = 12  # of finished images, and as many photographs
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class Offer:
    """A picture to choose: the public id of its image or asset, what it is, and how it looks."""

    id: str
    title: str
    picture: Picture | None


def keep_asset(asset: Asset) -> str:
    """Keep a finished image's main file among the originals too; its SHA-256."""
    main = asset.main
    key = original_key(asset.workspace_id, main.sha256)
    if not files.exists("originals", key):
        files.put("originals", key, files.get("assets", main.key))
    return main.sha256


def keep_upload(workspace: Workspace, file: IO[bytes], size: int) -> str:
    """Keep a picture that somebody sends; its SHA-256. ValueError with a sentence."""
    if size > MOST_BYTES:
        raise ValueError("A picture has at most 25 MB. Send a smaller one.")
    data = file.read(MOST_BYTES + 1)
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if not is_webp and not data.startswith(_SIGNATURES):
        raise ValueError("This is no JPEG, PNG or WebP picture.")
    if said := _refusal_of(data):
        raise ValueError(said)
    try:
        return uploads.keep_bytes(workspace.pk, file)[0]
    except Retryable as error:
        raise ValueError(str(error)) from None


def refusal(workspace: Workspace, sha256: str) -> str:
    """Why a kept picture cannot be looked at; empty where it can."""
    return _refusal_of_kept(original_key(workspace.pk, sha256))


@lru_cache(maxsize=1024)
def _refusal_of_kept(key: str) -> str:
    """Kept by key: what lies there is named by its hash, and every preview asks again."""
    return _refusal_of(files.get("originals", key))


def _refusal_of(data: bytes) -> str:
    """Decoded in the limited process that is there for it; never in the one that serves pages."""
    from generation.preprocessing.decode import ImageRejected, decode  # loads numpy

    try:
        decode(data)
    except ImageRejected as refused:
        return refused.message
    return ""


def offers(workspace: Workspace) -> list[Offer]:
    """The latest finished images and photographs of the workspace, to choose from."""
    return [*finished(workspace), *_photographs(workspace)]


def chosen(workspace: Workspace, asset: Asset | None, image: SourceImage | None) -> str:
    """The hash of a chosen image or photograph, kept where models find it; "" without one."""
    if asset is not None:
        return keep_asset(asset)
    key = original_key(workspace.pk, image.sha256) if image and image.sha256 else ""
    return image.sha256 if image and key and files.exists("originals", key) else ""


def pictures_of(workspace: Workspace, hashes: Iterable[str]) -> dict[str, Picture]:
    """How kept pictures look, by hash, from files that may be shown; those without are left out."""
    wanted = {sha256 for sha256 in hashes if sha256}
    rows = Rendition.objects.filter(asset__workspace=workspace, sha256__in=wanted)
    found = {
        row.sha256: picture
        for row in rows.select_related("asset").prefetch_related("asset__renditions")
        if (picture := _smallest(row.asset))
    }
    for sha256 in wanted - found.keys():
        key = preview_key(workspace.pk, sha256)
        if files.exists("work", key):
            found[sha256] = Picture(file_url("work", key))
    return found


def is_of_a_person(asset: Asset) -> bool:
    """Whether models painted a person from words here; an edited photograph may show a real one."""
    preset = asset.manifest.get("preset")
    return isinstance(preset, dict) and preset.get("kind") == _PERSON_KIND


def finished(workspace: Workspace) -> list[Offer]:
    """The latest finished images of the workspace, to choose from."""
    return _made(workspace.assets.all())


def of_people(workspace: Workspace) -> list[Offer]:
    """The latest finished images that show a virtual model, to choose a portrait from."""
    return _made(workspace.assets.filter(manifest__preset__kind=_PERSON_KIND))


def _made(assets: QuerySet[Asset]) -> list[Offer]:
    rows = assets.filter(deleted_at=None).select_related("product")
    latest = rows.prefetch_related("renditions").order_by("-id")[:OFFERED]
    return [
        Offer(row.public_id, f"{row.product.title}, made here", _smallest(row)) for row in latest
    ]


def _smallest(asset: Asset) -> Picture | None:
    found = min(asset_files(asset), key=lambda one: one.bytes, default=None)
    return found.picture if found else None


def _photographs(workspace: Workspace) -> list[Offer]:
    rows = SourceImage.objects.filter(product__store__workspace=workspace, width__isnull=False)
    latest = rows.exclude(sha256="").select_related("product").order_by("-id")[:OFFERED]
    return [
        Offer(row.public_id, f"{row.product.title}, the photo", photo(row, workspace))
        for row in latest
    ]
