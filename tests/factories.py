"""Rows for tests: real ones, with only what a test cares about spelled out."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from generation import presets
from generation.intake.accept import accept
from generation.models import Generation, Lane, Preset, PublishMode
from integrations.models import Product, SourceImage, Store
from productviz.accounts.models import Membership, Role, User, Workspace

_count = itertools.count(1)


def make_user(workspace: Workspace | None = None, role: Role = Role.OWNER) -> User:
    """A person, in a workspace if one is given."""
    user = User.objects.create_user(f"person{next(_count)}@example.com", "correct horse battery")
    if workspace is not None:
        Membership.objects.create(workspace=workspace, user=user, role=role)
    return user


def make_workspace() -> Workspace:
    """A tenant."""
    return Workspace.objects.create(name=f"Shop {next(_count)}")


def make_store(workspace: Workspace | None = None, **fields: Any) -> Store:
    """A connected WooCommerce store that answers nowhere unless a base_url is given."""
    number = next(_count)
    values = {
        "platform": "woocommerce",
        "name": f"Store {number}",
        "base_url": f"https://store{number}.example",
        "credentials": {},
        "inbox_secret": "secret",
    }
    return Store.objects.create(workspace=workspace or make_workspace(), **{**values, **fields})


def make_product(store: Store | None = None, *, image_url: str | None = None) -> Product:
    """A product with one photograph."""
    number = next(_count)
    product = Product.objects.create(
        store=store or make_store(), external_id=str(number), title=f"Mug {number}"
    )
    SourceImage.objects.create(
        product=product,
        external_id=str(number),
        url=image_url or f"https://store.example/photos/{number}.jpg",
    )
    return product


def make_preset(workspace: Workspace, **spec: Any) -> Preset:
    """A small, quick white packshot."""
    outputs = [{"name": "main", "width": 400, "height": 400}]
    return presets.create(workspace, f"Preset {next(_count)}", {"outputs": outputs, **spec})


def make_generation(
    product: Product | None = None, *, publish: PublishMode = PublishMode.NONE, **fields: Any
) -> Generation:
    """An accepted generation."""
    product = product or make_product()
    preset = fields.pop("preset", None) or make_preset(product.store.workspace)
    return accept(
        product=product,
        version=preset.latest,
        publish=publish,
        lane=fields.pop("lane", Lane.NORMAL),
        requested_by=None,
        **fields,
    )


def photo(size: int = 600, *, seed: int = 0, image_format: str = "JPEG") -> bytes:
    """A believable product photograph: a textured dark mug on plain light paper."""
    noise = np.random.default_rng(seed)
    picture = Image.new("RGB", (size, size), (236, 234, 230))
    draw = ImageDraw.Draw(picture)
    body = (size * 0.3, size * 0.3, size * 0.7, size * 0.8)
    draw.rounded_rectangle(body, radius=size // 20, fill=(40, 80, 120 + seed % 60))
    for step in range(8):
        y = size * (0.34 + step * 0.055)
        draw.line((size * 0.34, y, size * 0.66, y), fill=(220, 200, 160), width=max(size // 150, 2))
    grain = noise.normal(0, 1.2, (size, size, 3))
    pixels = np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, image_format, quality=95)
    return out.getvalue()
