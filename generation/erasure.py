"""Erases what was made for one store: its pictures, what they were made from, and their rows.

Files are shared by equal content inside a workspace, so what another store of it still needs
stays. Files go first: a process killed halfway finds the rows, and so the rest, again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from generation.keys import (
    CONTENT_TYPES,
    asset_key,
    cutout_key,
    original_key,
    outline_key,
    preview_key,
)
from generation.models import Asset, Candidate, Cutout, CutoutEdit, Generation, Rendition
from integrations.models import PublicationItem, Snapshot, SourceImage, Store
from productviz.lib import files
from productviz.lib.files import Place

_AT_ONCE = 500


def erase_pictures(store: Store) -> dict[str, int]:
    """Remove the store's files from all three places, and the rows that name them; how many."""
    _hand_over(store)
    sources = _sources(store)
    keys = {*_source_files(store, sources), *_made_files(store)} - _kept_files(store)
    removed = sum(files.delete(place, key) for place, key in sorted(keys))
    with transaction.atomic():
        generations = Generation.objects.filter(product__store=store)
        counts = {"files": removed, "generations": generations.count()}
        for rows in (Cutout.objects, CutoutEdit.objects):
            _delete_of(rows.filter(workspace=store.workspace), sources)
        store.workspace.events.filter(object_id__in=generations.values("pk")).delete()
        generations.delete()
        store.batches.all().delete()
        Asset.objects.filter(product__store=store).delete()
    return counts


def _hand_over(store: Store) -> None:
    """Give an asset that another store's product shows too to that product.

    An equal request re-uses an asset, whichever store asked first.
    """
    shown = Generation.objects.filter(asset__product__store=store).exclude(product__store=store)
    for asset, product in shown.order_by("pk").values_list("asset", "product"):
        Asset.objects.filter(pk=asset, product__store=store).update(product=product)


def _sources(store: Store) -> list[str]:
    """The content hashes of the store's photos, without those that another store has too."""
    images = SourceImage.with_removed.exclude(sha256="")
    mine = images.filter(product__store=store).values_list("sha256", flat=True)
    others = images.filter(product__store__workspace=store.workspace).exclude(product__store=store)
    return sorted(set(mine) - set(others.values_list("sha256", flat=True)))


def _source_files(store: Store, sources: list[str]) -> Iterator[tuple[Place, str]]:
    workspace = store.workspace_id
    for sha256 in sources:
        yield "originals", original_key(workspace, sha256)
        yield "work", preview_key(workspace, sha256)
    for sha256, model in _of(Cutout.objects.filter(workspace=workspace), sources, "model"):
        yield "work", cutout_key(workspace, sha256, model)
        yield "work", outline_key(workspace, sha256, model)
    edits = CutoutEdit.objects.filter(workspace=workspace)
    for _, key in _of(edits, sources, "strokes_key"):
        yield "work", key


def _made_files(store: Store) -> Iterator[tuple[Place, str]]:
    candidates = Candidate.objects.filter(generation__product__store=store)
    for rows in candidates.values_list("files", flat=True):
        yield from (("work", row["key"]) for row in rows)
    for key in Rendition.objects.filter(asset__product__store=store).values_list("key", flat=True):
        yield "assets", key
    items = PublicationItem.objects.filter(publication__store=store)
    for key in items.values_list("storage_key", flat=True):
        yield "assets", key
    snapshots = Snapshot.objects.filter(publication__store=store)
    for gallery in snapshots.values_list("gallery", flat=True):
        for row in gallery:
            if row["key"]:
                yield "originals", row["key"]
                # An undo lends these bytes to the store from among the assets.
                for extension in (*CONTENT_TYPES, "gif"):
                    yield "assets", asset_key(store.workspace_id, row["sha256"], extension)


def _kept_files(store: Store) -> set[tuple[Place, str]]:
    """What another store of the workspace still needs."""
    renditions = Rendition.objects.filter(asset__workspace=store.workspace).exclude(
        asset__product__store=store
    )
    of_others = {"publication__store__workspace": store.workspace}
    snapshots = Snapshot.objects.filter(**of_others).exclude(publication__store=store)
    items = PublicationItem.objects.filter(**of_others).exclude(publication__store=store)
    candidates = Candidate.objects.filter(generation__workspace=store.workspace).exclude(
        generation__product__store=store
    )
    kept: set[tuple[Place, str]] = {
        ("assets", key) for key in renditions.values_list("key", flat=True)
    }
    kept |= {("assets", key) for key in items.values_list("storage_key", flat=True)}
    for made in candidates.values_list("files", flat=True):
        kept |= {("work", row["key"]) for row in made}
    for gallery in snapshots.values_list("gallery", flat=True):
        kept |= {("originals", row["key"]) for row in gallery if row["key"]}
    return kept


def _of(rows: QuerySet[Any], sources: list[str], field: str) -> Iterator[tuple[str, str]]:
    for at in range(0, len(sources), _AT_ONCE):
        some = rows.filter(source_sha256__in=sources[at : at + _AT_ONCE])
        yield from some.values_list("source_sha256", field)


def _delete_of(rows: QuerySet[Any], sources: list[str]) -> None:
    for at in range(0, len(sources), _AT_ONCE):
        rows.filter(source_sha256__in=sources[at : at + _AT_ONCE]).delete()
