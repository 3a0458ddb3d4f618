"""Rows for tests: real ones, with only what a test cares about spelled out."""

from __future__ import annotations

import itertools
from typing import Any

from generation import presets
from generation.intake.accept import accept
from generation.models import Automation, Generation, Lane, Preset, PublishMode
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


def make_automation(store: Store, **fields: Any) -> Automation:
    """An automation that waits for nothing, and has the installation's limits alone."""
    values = {"debounce_seconds": 0, "product_limit": None, "daily_limit": None}
    preset = fields.pop("preset", None) or make_preset(store.workspace)
    return Automation.objects.create(store=store, preset=preset, **{**values, **fields})


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
