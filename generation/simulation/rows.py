"""Rows for measurements: shops with catalogs, and requests by the thousand."""

from __future__ import annotations

from dataclasses import dataclass

from generation import presets
from generation.intake.turns import next_turn
from generation.models import (
    Batch,
    Generation,
    GenerationSource,
    Lane,
    PresetVersion,
    PublishMode,
)
from integrations.models import Product, SourceImage, Store
from productviz.accounts.models import Workspace

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Shop:
    """A workspace with one store, its products, and a preset."""

    workspace: Workspace
    store: Store
    version: PresetVersion
    products: list[Product]


def make_shop(name: str, products: int) -> Shop:
    """A shop whose products have a photograph each, at an address that nobody asks."""
    workspace = Workspace.objects.create(name=name)
    store = Store.objects.create(
        workspace=workspace,
        platform="woocommerce",
        name=name,
        base_url=f"https://{workspace.pk.hex}.invalid",
        credentials={},
        inbox_secret="none",  # noqa: S106
    )
    preset = presets.create(workspace, "Stand-in", {})
    made = Product.objects.bulk_create(
        (
            Product(store=store, external_id=str(number), title=f"Product {number}")
            for number in range(products)
        ),
        batch_size=AT_ONCE,
    )
    SourceImage.objects.bulk_create(
        (
            SourceImage(
                product=one, external_id=one.external_id, url=f"{store.base_url}/{one.pk.hex}.jpg"
            )
            for one in made
        ),
        batch_size=AT_ONCE,
    )
    return Shop(workspace, store, preset.latest, made)


def ask(
    shop: Shop, count: int, lane: Lane, *, batch: Batch | None = None, seed: int = 0
) -> list[Generation]:
    """Put requests in line, for the shop's products one after the other, without their events.

    Another ``seed`` makes other images of the same products.
    """
    turn = next_turn(shop.workspace.pk, lane)
    rows = Generation.objects.bulk_create(
        (
            Generation(
                workspace=shop.workspace,
                store=shop.store,
                product=shop.products[number % len(shop.products)],
                preset_version=shop.version,
                batch=batch,
                lane=lane,
                turn=turn + number,
                publish=PublishMode.NONE,
                seed=seed + number // len(shop.products),
            )
            for number in range(count)
        ),
        batch_size=AT_ONCE,
    )
    images = dict(
        SourceImage.objects.filter(product__store=shop.store).values_list("product_id", "pk")
    )
    GenerationSource.objects.bulk_create(
        (GenerationSource(generation=row, image_id=images[row.product_id]) for row in rows),
        batch_size=AT_ONCE,
    )
    return rows
