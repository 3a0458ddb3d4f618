"""Rows with the files that such rows have: generations in every state, and publications."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from PIL import Image

from generation.events import record
from generation.keys import asset_key, candidate_key, extension_of
from generation.models import (
    Asset,
    Automation,
    Batch,
    Candidate,
    Generation,
    GenerationSource,
    Person,
    PresetVersion,
    QualityReport,
    Rendition,
    Schedule,
)
from generation.types import Stage
from integrations.models import Product, Publication, PublicationItem, Snapshot, Store, SyncRun
from productviz.accounts.models import ApiKey, Membership, User, Workspace
from productviz.lib import files
from productviz.outbox.models import Delivery, WebhookEndpoint
from tests.dashboard import drawn

CHECKS = (
    ("found", 0.999, 0.995, "The product is where the preset puts it."),
    ("fidelity", 0.991, 0.97, "The product’s detail is the photo’s own."),
    ("colour", 0.62, 2.0, "The product’s colours are the photo’s own."),
    ("sharpness", 0.98, 0.8, "The image is as sharp as the photo."),
    ("background", 1.0, 0.995, "The background is even and exactly as asked for."),
    ("halo", 0.006, 0.02, "The edge has no rim of the old background."),
    ("fill", 0.84, 0.5, "The product fills the frame well."),
    ("centring", 0.002, 0.02, "The product stands where it should."),
)
HALO = "A thin rim of the old background may show at the handle. Look at the edge."
TIMES = {"preprocess": 0.84, "inference": 0.31, "postprocess": 0.72, "store": 0.04, "deliver": 0.02}


@dataclass(slots=True)
class Seed:
    """What was made: one row of each kind to open, and a person for each role."""

    workspace: Workspace
    users: dict[str, User]
    store: Store
    products: list[Product] = field(default_factory=list)
    generations: dict[str, Generation] = field(default_factory=dict)
    publications: dict[str, Publication] = field(default_factory=dict)
    batch: Batch | None = None
    sync: SyncRun | None = None
    automation: Automation | None = None
    schedule: Schedule | None = None
    person: Person | None = None
    key: ApiKey | None = None
    membership: Membership | None = None
    endpoint: WebhookEndpoint | None = None
    delivery: Delivery | None = None


def make_generation(
    made: Seed, product: Product, status: str, *, preset: str = "White background", **fields: Any
) -> Generation:
    """One generation in the given state, with the files that such a one has."""
    version = made.workspace.presets.get(name=preset).latest
    generation = Generation.objects.create(
        workspace=made.workspace,
        store=product.store,
        product=product,
        preset_version=version,
        status=status,
        requested_by=made.users["editor"],
        **fields,
    )
    if image := product.images.first():
        GenerationSource.objects.create(generation=generation, image=image)
    record(generation, "accepted")
    if status in ("succeeded", "awaiting_review", "rejected"):
        _finish(generation, version, is_pass=status == "succeeded")
    return generation


def _finish(generation: Generation, version: PresetVersion, *, is_pass: bool) -> None:
    spec = version.parsed()
    ground = (
        "transparent"
        if spec.background.rgb is None
        else ("sand" if spec.background.color else "white")
    )
    number = int(generation.product.external_id.split("-")[0]) % 100
    picture = drawn.result(drawn.LOOKS[number % 8], ground)
    kept = [
        _keep(generation, picture, name, side)
        for name, side in (("main", None), ("thumbnail", 400))
    ]
    manifest = {
        "engine": "studio@3",
        "preset": {"kind": version.spec["kind"], "digest": "0" * 64},
        "cutout": {"model": "u2netp@1", "licence": "Apache-2.0"},
        "seed": 0,
        "sources": [row.image.sha256 for row in generation.sources.select_related("image")],
        "digital_source_type": "compositeCapture",
    }
    candidate = Candidate.objects.create(
        generation=generation,
        number=1,
        seed=0,
        engine="studio@3",
        transform=drawn.transform(),
        files=kept,
        manifest=manifest,
    )
    QualityReport.objects.create(
        candidate=candidate,
        verdict="pass" if is_pass else "review",
        score=97.0 if is_pass else 71.0,
        checks=_checks(is_pass),
    )
    generation.stage_times = TIMES if is_pass else {key: TIMES[key] for key in list(TIMES)[:3]}
    generation.stage = Stage.DELIVER if is_pass else Stage.POSTPROCESS
    generation.finished_at = timezone.now() if is_pass else None
    generation.asset = _asset(generation, kept, manifest) if is_pass else None
    generation.save()
    record(generation, "completed" if is_pass else "review_required")


def _checks(is_pass: bool) -> list[dict[str, Any]]:
    rows = [
        {"name": name, "value": value, "threshold": limit, "verdict": "pass", "message": words}
        for name, value, limit, words in CHECKS
    ]
    if not is_pass:
        rows[5] = {**rows[5], "value": 0.034, "verdict": "review", "message": HALO}
    return rows


def _keep(
    generation: Generation, picture: Image.Image, name: str, side: int | None
) -> dict[str, Any]:
    image_format = "png" if picture.mode == "RGBA" else "jpeg"
    data = drawn.encoded(picture, image_format, side)
    digest = hashlib.sha256(data).hexdigest()
    extension = extension_of(image_format)
    files.put("work", candidate_key(generation.workspace_id, digest, extension), data)
    files.put("assets", asset_key(generation.workspace_id, digest, extension), data)
    pixels = side or drawn.CANVAS
    return {
        "name": name,
        "format": image_format,
        "width": pixels,
        "height": pixels,
        "bytes": len(data),
        "sha256": digest,
        "key": candidate_key(generation.workspace_id, digest, extension),
    }


def _asset(generation: Generation, kept: list[dict[str, Any]], manifest: dict[str, Any]) -> Asset:
    asset = Asset.objects.create(
        workspace=generation.workspace,
        product=generation.product,
        fingerprint=generation.pk.hex * 2,
        manifest=manifest,
        score=97.0,
    )
    for facts in kept:
        key = asset_key(generation.workspace_id, facts["sha256"], extension_of(facts["format"]))
        Rendition.objects.create(asset=asset, **{**facts, "key": key})
    return asset


def make_worn(made: Seed) -> Asset:
    """A finished picture of a virtual model: a painted person is in it."""
    asset = made.generations["succeeded"].asset
    assert asset is not None
    asset.manifest["preset"]["kind"] = "virtual_model"
    asset.save(update_fields=["manifest"])
    return asset


def make_publications(made: Seed) -> dict[str, Publication]:
    done = [row for name, row in made.generations.items() if name.startswith("batch") and row.asset]
    words = {
        "failed": "The store did not answer for ten minutes.",
        "conflict": "Somebody changed the gallery in the store after the image was made.",
        "rollback_failed": "The store refused to put an image back (403).",
    }
    states = (
        "published",
        "pending_approval",
        "conflict",
        "failed",
        "rolled_back",
        "rollback_failed",
        "in_progress",
    )
    found = {}
    for generation, state in zip(done, states, strict=False):
        found[state] = _publication(made, generation, state, words.get(state, ""))
    return found


def _publication(made: Seed, generation: Generation, state: str, error: str) -> Publication:
    is_out = state in ("published", "rolled_back", "rollback_failed")
    publication = Publication.objects.create(
        store=made.store,
        product=generation.product,
        family=generation.product.parent or generation.product,
        state=state,
        error=error,
        differences=["The second image is new: “Side view”."] if error else [],
        approved_by=made.users["reviewer"] if is_out else None,
        published_at=timezone.now() if is_out else None,
        rolled_back_at=timezone.now() if state == "rolled_back" else None,
    )
    image = generation.product.images.first()
    assert generation.asset is not None
    assert image is not None
    PublicationItem.objects.create(
        publication=publication,
        asset_id=generation.asset.pk,
        storage_key=generation.asset.main.key,
        sha256=generation.asset.main.sha256,
        content_type="image/jpeg",
        alt=image.alt,
        replaces=image,
    )
    before = [
        {"external_id": image.external_id, "url": image.url, "alt": image.alt, "name": "front.jpg"}
    ]
    if is_out:
        Snapshot.objects.create(publication=publication, gallery=before)
    Generation.objects.filter(pk=generation.pk).update(publication=publication)
    return publication
