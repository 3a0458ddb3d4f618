"""Finished images as the API shows them, with signed addresses of their files."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from rest_framework import serializers

from generation import retention
from generation.api.generation_json import QualityShown, quality_json
from generation.assets.cdn import signed_url
from generation.models import Asset, Candidate, Generation, GenerationSource, Rendition
from productviz.api.fields import Metadata, Moment, PublicId
from productviz.lib.ids import public_id
from productviz.lib.text import rfc3339

PATH = "/api/v1/assets"


class RenditionShown(serializers.Serializer[Any]):
    """One file of the image; its bytes are at ``/assets/{id}/content?rendition=<name>``."""

    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    format = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()


class ProvenanceShown(serializers.Serializer[Any]):
    """How the image was made; null is what was not kept of an old one."""

    preset = PublicId("pre", allow_null=True)
    preset_version = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField(allow_null=True)
    model = serializers.CharField()
    model_version = serializers.CharField()
    cutout_model = serializers.CharField(allow_null=True)
    source_images = serializers.ListField(child=PublicId("img"))
    source_sha256 = serializers.ListField(child=serializers.CharField())
    created_by = serializers.CharField()
    approved_by = serializers.CharField(allow_null=True)
    c2pa = serializers.BooleanField()
    iptc_digital_source_type = serializers.CharField()


class AssetShown(serializers.Serializer[Any]):
    """A finished image. ``url`` is its main file, signed, good until ``url_expires_at``.

    ``retained_until`` is null while a store shows it.
    """

    id = PublicId("ast")
    object = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(["ready", "deleted"])
    generation = PublicId("gen", allow_null=True)
    product = PublicId("prd")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    format = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    alt_text = serializers.CharField()
    seed = serializers.IntegerField()
    test = serializers.BooleanField()
    renditions = RenditionShown(many=True)
    url = serializers.CharField()
    url_expires_at = Moment()
    quality = QualityShown(allow_null=True)
    provenance = ProvenanceShown()
    retained_until = Moment(allow_null=True)
    version = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment()
    metadata = Metadata()


@dataclass(frozen=True, slots=True)
class Making:
    """The generation that made an asset, as far as it is still there."""

    generation: Generation
    sources: Sequence[GenerationSource]
    candidate: Candidate | None


def with_files(rows: QuerySet[Asset]) -> QuerySet[Asset]:
    """Fetch with the rows what is shown of them; one without files is gone."""
    return (
        rows.filter(deleted_at=None, renditions__name="main")
        .select_related("product")
        .prefetch_related("renditions")
    )


def makings(rows: Iterable[Asset]) -> dict[uuid.UUID, Making]:
    """How each asset was made, the last time that it was, in a fixed number of queries."""
    newest = Candidate.objects.select_related("report").order_by("-number")
    sources = GenerationSource.objects.select_related("image").order_by("position")
    made = Generation.objects.filter(asset__in=[row.pk for row in rows], reused=False)
    found = made.select_related("preset_version").prefetch_related(
        Prefetch("candidates", queryset=newest), Prefetch("sources", queryset=sources)
    )
    return {
        row.asset_id: Making(row, list(row.sources.all()), next(iter(row.candidates.all()), None))
        for row in found.order_by("pk")
        if row.asset_id is not None
    }


def assets_json(rows: Sequence[Asset], *, seconds: int) -> list[dict[str, Any]]:
    """Images as the API shows them, in a fixed number of queries; addresses hold ``seconds``."""
    made = makings(rows)
    needed = retention.needed_of(timezone.now(), [row.pk for row in rows])
    return [_asset_json(row, made.get(row.pk), needed, seconds=seconds) for row in rows]


def _asset_json(
    row: Asset, making: Making | None, needed: Collection[uuid.UUID], *, seconds: int
) -> dict[str, Any]:
    main = row.main
    url, until = signed_url(main.key, seconds=seconds)
    return {
        "id": row.public_id,
        "object": "asset",
        "kind": "image",
        "status": "ready",
        "generation": making.generation.public_id if making else None,
        "product": public_id("prd", row.product_id),
        **_facts(main),
        "alt_text": _alt(row, making),
        "seed": row.manifest["seed"],
        "test": row.manifest.get("test", False),
        "renditions": [{"name": one.name, **_facts(one)} for one in _in_order(row)],
        "url": url,
        "url_expires_at": rfc3339(until),
        "quality": quality_json(making.candidate if making else None),
        "provenance": _provenance(row, making),
        "retained_until": _moment(retention.retained_until(row, needed=needed)),
        "version": row.version,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "metadata": row.metadata,
    }


def _facts(file: Rendition) -> dict[str, Any]:
    return {name: getattr(file, name) for name in ("width", "height", "format", "bytes", "sha256")}


def _in_order(row: Asset) -> list[Rendition]:
    return sorted(row.renditions.all(), key=lambda one: (one.name != "main", one.name))


def _alt(row: Asset, making: Making | None) -> str:
    alt = making.sources[0].image.alt if making and making.sources else ""
    return alt or row.product.title[:255]


def _provenance(row: Asset, making: Making | None) -> dict[str, Any]:
    manifest = row.manifest
    engine, _, version = str(manifest["engine"]).partition("@")
    pinned = making.generation.preset_version if making else None
    return {
        "preset": public_id("pre", pinned.preset_id) if pinned else None,
        "preset_version": pinned.number if pinned else None,
        "kind": pinned.spec["kind"] if pinned else None,
        "model": engine,
        "model_version": version,
        "cutout_model": manifest.get("cutout", {}).get("model"),
        "source_images": [one.image.public_id for one in making.sources] if making else [],
        "source_sha256": manifest["sources"],
        "created_by": "ProductViz",
        "approved_by": manifest.get("approved_by"),
        "c2pa": manifest.get("signed_by") is not None,
        "iptc_digital_source_type": str(manifest["digital_source_type"]).rpartition("/")[2],
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
