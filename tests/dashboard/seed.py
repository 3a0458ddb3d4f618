"""A believable workspace for the dashboard: every state of every row, with real small image files.

``python -m tests.dashboard.seed`` fills an empty development database, to look at the pages.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from generation import presets
from generation.events import record
from generation.keys import asset_key, candidate_key, extension_of, preview_key
from generation.models import (
    Asset,
    Automation,
    Batch,
    Candidate,
    Generation,
    GenerationSource,
    PresetVersion,
    PublishMode,
    QualityReport,
    Rendition,
)
from generation.types import Stage
from integrations.models import (
    Product,
    Publication,
    PublicationItem,
    Snapshot,
    SourceImage,
    Store,
    SyncRun,
)
from productviz.accounts.keys import make_key
from productviz.accounts.models import ApiKey, Membership, Role, User, Workspace
from productviz.lib import files
from tests.dashboard import drawn

PASSWORD = "correct horse battery"
TITLES = (
    "Stoneware Mug, Ocean", "Olive Oil, 500 ml", "Breakfast Bowl, Terracotta", "Bud Vase, Sand",
    "Stoneware Mug, Brick", "Walnut Oil, 250 ml", "Serving Bowl, Slate", "Tall Vase, Sage",
    "Espresso Cup, Set of Two", "Chilli Oil, 100 ml", "Ramen Bowl with Rest", "Carafe, Hand-Blown",
    "Camping Mug, Enamel", "Balsamic Vinegar, Aged Twelve Years in Small Barrels", "Mixing Bowl, Large",
    "Pitcher, Off-White", "Tea Tin, Empty", "Gift Card",
)  # fmt: skip
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
    key: ApiKey | None = None
    membership: Membership | None = None


def seed(name: str = "Alder & Rye") -> Seed:
    """Build one workspace."""
    workspace = Workspace.objects.create(name=name)
    presets.ensure_built_in(workspace)
    slug = name.split()[0].lower()
    users = {role.value: _user(workspace, role, slug) for role in Role}
    made = Seed(workspace, users, _store(workspace, name))
    made.products = [_product(made.store, number, title) for number, title in enumerate(TITLES)]
    _variants(made.products[0])
    _singles(made)
    made.batch = _batch(made)
    made.publications = _publications(made)
    _around(made)
    return made


def _user(workspace: Workspace, role: Role, slug: str) -> User:
    user = User.objects.create_user(f"{role.value}@{slug}.example", PASSWORD)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


def _store(workspace: Workspace, name: str, **fields: Any) -> Store:
    rights = ("read_products", "write_images", "upload_bytes", "delete_images", "webhooks")
    host = name.split()[0].lower()
    return Store.objects.create(
        **{
            "workspace": workspace,
            "platform": "woocommerce",
            "name": name,
            "base_url": f"https://{host}.example",
            "credentials": {"consumer_key": "ck_seed"},
            "inbox_secret": "secret",
            "capabilities": {**dict.fromkeys(rights, True), "missing": []},
            **fields,
        }
    )


def _product(store: Store, number: int, title: str) -> Product:
    product = Product.objects.create(
        store=store,
        external_id=str(100 + number),
        title=title,
        sku=f"AR-{number:03d}",
        url=f"{store.base_url}/p/{number}",
        status="draft" if number == 16 else "active",
        type="parent" if number == 0 else "simple",
    )
    if number < 16:
        _image(product, drawn.LOOKS[number % 8], position=0)
    if number in (0, 3):
        _image(product, drawn.LOOKS[(number + 4) % 8], position=1)
    return product


def _image(product: Product, look: drawn.Look, position: int) -> SourceImage:
    data = drawn.encoded(drawn.photo(look), "webp")
    digest = hashlib.sha256(data).hexdigest()
    files.put("work", preview_key(product.store.workspace_id, digest), data)
    return SourceImage.objects.create(
        product=product,
        external_id=f"{product.external_id}{position}",
        url=f"{product.store.base_url}/photos/{product.external_id}-{position}.jpg",
        alt=f"{product.title}, seen from the front",
        position=position,
        sha256=digest,
        width=drawn.PHOTO[0],
        height=drawn.PHOTO[1],
    )


def _variants(parent: Product) -> None:
    for number, colour in enumerate(("Ocean", "Brick", "Chalk")):
        variant = Product.objects.create(
            store=parent.store,
            external_id=f"{parent.external_id}-{number}",
            parent=parent,
            type="variant",
            title=f"{parent.title} ({colour})",
            sku=f"{parent.sku}-{colour[:3].upper()}",
            options={"Colour": colour},
        )
        if number < 2:
            _image(variant, drawn.LOOKS[number * 4], position=0)


def make_generation(
    made: Seed, product: Product, status: str, *, preset: str = "White background", **fields: Any
) -> Generation:
    """One generation in the given state, with the files that such a one has."""
    version = made.workspace.presets.get(name=preset).latest
    generation = Generation.objects.create(
        workspace=made.workspace,
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
        "preset": version.preset.name,
        "preset_version": version.number,
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


def _keep(generation: Generation, picture: Any, name: str, side: int | None) -> dict[str, Any]:
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


def _singles(made: Seed) -> None:
    states: tuple[tuple[str, dict[str, Any]], ...] = (
        ("succeeded", {"preset": "Brand colour"}),
        ("awaiting_review", {"error_message": HALO}),
        ("processing", {"stage": Stage.INFERENCE, "stage_times": {"preprocess": 0.9}}),
        ("queued", {}),
        ("failed", {
            "stage": Stage.PREPROCESS, "error_code": "source_unreachable",
            "error_message": "The store did not send the photo (404). Sync the product, then try again.",
        }),
        ("rejected", {"error_code": "quality_rejected", "error_message": HALO}),
        ("canceled", {"error_code": "canceled_by_user", "finished_at": timezone.now()}),
    )  # fmt: skip
    for number, (status, fields) in enumerate(states):
        made.generations[status] = make_generation(made, made.products[number], status, **fields)
    for number in (7, 8):
        key = f"transparent {number}"
        made.generations[key] = make_generation(
            made, made.products[number], "succeeded", preset="Transparent", reused=number == 8
        )


def _batch(made: Seed) -> Batch:
    version = made.workspace.presets.get(name="White background").latest
    batch = Batch.objects.create(
        workspace=made.workspace,
        store=made.store,
        preset_version=version,
        publish=PublishMode.APPROVAL,
        created_by=made.users["editor"],
    )
    states = ["succeeded"] * 8 + ["awaiting_review", "failed", "processing", "queued", "queued"]
    for product, status in zip(made.products, states, strict=False):
        broken = {
            "error_message": "The photo is too small: 180 pixels wide. Use one of at least 500."
        }
        generation = make_generation(
            made, product, status, batch=batch, **(broken if status == "failed" else {})
        )
        made.generations[f"batch {product.external_id}"] = generation
    return batch


def _publications(made: Seed) -> dict[str, Publication]:
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
        state=state,
        error=error,
        differences=["The second image is new: “Side view”."] if error else [],
        approved_by=made.users["reviewer"] if is_out else None,
        published_at=timezone.now() if is_out else None,
        rolled_back_at=timezone.now() if state == "rolled_back" else None,
    )
    image = generation.product.images.first()
    assert generation.asset and image
    PublicationItem.objects.create(
        publication=publication,
        asset_id=generation.asset_id,
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


def _around(made: Seed) -> None:
    outlet = _store(
        made.workspace,
        "Outlet",
        status="degraded",
        status_reason="The key may read but not write. Give it the permission “Read/Write” in WooCommerce.",
        capabilities={
            "read_products": True,
            "missing": ["Write products: needed to publish images."],
        },
    )
    question = "412 of 530 products are missing in the store’s answer. Were they deleted there?"
    made.sync = SyncRun.objects.create(store=outlet, state="asking", message=question, seen=118)
    now = timezone.now()
    SyncRun.objects.create(
        store=made.store,
        state="done",
        seen=18,
        total=18,
        changed=3,
        started_at=now - timedelta(minutes=9),
        finished_at=now - timedelta(minutes=8),
    )
    preset = made.workspace.presets.get(name="White background")
    made.automation = Automation.objects.create(store=made.store, preset=preset)
    made.key, _ = make_key(
        made.workspace,
        name="Nightly import",
        scopes=["products:read"],
        created_by=made.users["owner"],
    )
    made.membership = made.workspace.memberships.get(user=made.users["viewer"])


if __name__ == "__main__":
    import django

    django.setup()
    ready = seed()
    seed("Other")
    print(f"Sign in as {ready.users['owner']} with {PASSWORD}")
