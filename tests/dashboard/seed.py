"""A believable workspace for the dashboard: every state of every row, with real small files."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from generation import people, presets, schedules
from generation.keys import preview_key
from generation.models import Automation, Batch, PublishMode, Schedule
from generation.types import Stage
from integrations.models import Product, SourceImage, Store, SyncRun
from productviz.accounts.keys import make_key
from productviz.accounts.models import Membership, Role, User, Workspace
from productviz.lib import files
from tests.dashboard import drawn
from tests.dashboard.hooks import make_webhooks
from tests.dashboard.rows import HALO, Seed, make_generation, make_publications

PASSWORD = "correct horse battery"
TITLES = (
    "Stoneware Mug, Ocean", "Olive Oil, 500 ml", "Breakfast Bowl, Terracotta", "Bud Vase, Sand",
    "Stoneware Mug, Brick", "Walnut Oil, 250 ml", "Serving Bowl, Slate", "Tall Vase, Sage",
    "Espresso Cup, Set of Two", "Chilli Oil, 100 ml", "Ramen Bowl with Rest", "Carafe, Hand-Blown",
    "Camping Mug, Enamel", "Balsamic Vinegar, Aged Twelve Years in Barrels", "Mixing Bowl, Large",
    "Pitcher, Off-White", "Tea Tin, Empty", "Gift Card",
)  # fmt: skip


def seed(name: str = "Alder & Rye") -> Seed:
    """Build one workspace."""
    workspace = Workspace.objects.create(name=name)
    presets.ensure_built_in(workspace)
    presets.create(workspace, "Family", {"kind": "group_shot"})
    presets.create(workspace, "Shirts", {"kind": "ghost_mannequin"})
    slug = name.split()[0].lower()
    users = {role.value: _user(workspace, role, slug) for role in Role}
    made = Seed(workspace, users, _store(workspace, name))
    made.products = [_product(made.store, number, title) for number, title in enumerate(TITLES)]
    _variants(made.products[0])
    _singles(made)
    made.batch = _batch(made)
    made.publications = make_publications(made)
    made.person = people.create(
        workspace, name="Ada", description="A woman of forty with short grey hair, calm"
    )
    _around(made)
    make_webhooks(made)
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
        tags=["summer"] if number % 3 == 0 else [],
        category_path="Home > Kitchen" if number % 2 else "Home > Living room",
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


def _singles(made: Seed) -> None:
    states: tuple[tuple[str, dict[str, Any]], ...] = (
        ("succeeded", {"preset": "Brand colour"}),
        ("awaiting_review", {"error_message": HALO}),
        ("processing", {"stage": Stage.INFERENCE, "stage_times": {"preprocess": 0.9}}),
        ("queued", {}),
        ("failed", {
            "stage": Stage.PREPROCESS, "error_code": "source_unreachable",
            "error_message": "The store did not send the photo (404). Sync it, then try again.",
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
        expected=15,
        total=13,
        skipped=2,
        skipped_why={"no_usable_source": 2},
        prepared_at=timezone.now(),
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


def _seasons(made: Seed) -> Schedule:
    """A season that is planned, and a monthly run that was passed over."""
    preset = made.workspace.presets.get(name="White background")
    now = timezone.now().replace(hour=6, minute=0, second=0, microsecond=0)
    fields = {"store": made.store, "preset": preset, "created_by": made.users["editor"]}
    monthly = Schedule(name="Fresh packshots", every="month", first_at=now, **fields)
    season = Schedule(
        name="Winter scene",
        every="year",
        first_at=now + timedelta(days=30),
        undo_after_days=36,
        selector={"status": ["active"]},
        **fields,
    )
    for schedule in (monthly, season):
        schedules.plan(schedule)
    monthly.notice = f"Not run on {now:%-d %B %Y}: {made.store} was disconnected."
    monthly.save(update_fields=["notice"])
    return season


def _around(made: Seed) -> None:
    outlet = _store(
        made.workspace,
        "Outlet",
        status="degraded",
        status_reason="The key may read but not write. Give it “Read/Write” in WooCommerce.",
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
    made.schedule = _seasons(made)
    made.key, _ = make_key(
        made.workspace,
        name="Nightly import",
        scopes=["products:read"],
        created_by=made.users["owner"],
    )
    made.membership = made.workspace.memberships.get(user=made.users["viewer"])
