"""Which products a selector means, and what it refuses to read."""

from __future__ import annotations

from typing import Any

import pytest

from generation.selection import Selector, usable
from integrations.models import Product, SourceImage, Store
from tests.factories import make_generation, make_product, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def store() -> Store:
    """Five products: a mug, a draft bowl, a vase with two variants, and one that is gone."""
    store = make_store()
    looks: dict[str, dict[str, Any]] = {
        "Mug": {"sku": "MUG-1", "tags": ["Été", "sale"], "category_path": "Kitchen > Mugs"},
        "Bowl": {"status": "draft", "tags": ["new"], "category_path": "Kitchen > Bowls"},
        "Vase": {"type": "parent", "tags": [], "category_path": "Home"},
        "Gone": {"status": "deleted", "tags": ["sale"]},
    }
    for title, fields in looks.items():
        Product.objects.create(store=store, external_id=title, title=title, **fields)
    vase = store.products.get(title="Vase")
    for colour in ("red", "blue"):
        Product.objects.create(
            store=store,
            external_id=f"v-{colour}",
            title=f"Vase {colour}",
            parent=vase,
            type="variant",
        )
    make_product()
    return store


def found(store: Store, **parts: Any) -> set[str]:
    """The titles that a selector finds, after a trip through JSON."""
    selector = Selector.from_json(Selector(**parts).to_json())
    assert selector == Selector(**parts)
    return set(selector.products(store).values_list("title", flat=True))


def test_it_means_the_whole_store_without_a_wish(store: Store) -> None:
    assert found(store) == {"Mug", "Bowl", "Vase"}


@pytest.mark.parametrize(
    ("parts", "titles"),
    [
        ({"status": ("draft",)}, {"Bowl"}),
        ({"status": ("draft", "active")}, {"Mug", "Bowl", "Vase"}),
        ({"tags": ("SALE",)}, {"Mug"}),
        ({"tags": ("Été",)}, {"Mug"}),
        ({"tags": ("sale", "new")}, {"Mug", "Bowl"}),
        ({"tags": ("sal",)}, set()),
        ({"tags": ("' OR 1=1 --",)}, set()),
        ({"category": "kitchen"}, {"Mug", "Bowl"}),
        ({"query": "mug-"}, {"Mug"}),
        ({"query": "%"}, set()),
        ({"tags": ("new",), "status": ("active",)}, set()),
        ({"query": "vase", "variants": True}, {"Vase", "Vase red", "Vase blue"}),
    ],
)  # fmt: skip
def test_it_finds_by_every_part(parts: dict[str, Any], titles: set[str], store: Store) -> None:
    assert found(store, **parts) == titles


def test_it_takes_the_products_that_are_named(store: Store) -> None:
    chosen = Product.objects.filter(store=store, title__in=["Mug", "Vase red", "Gone"])
    stranger = Product.objects.exclude(store=store).values_list("pk", flat=True)

    ids = (*chosen.values_list("pk", flat=True), *stranger)

    assert found(store, product_ids=ids) == {"Mug", "Vase red"}


def test_it_finds_by_the_newest_image(store: Store) -> None:
    mug = store.products.get(title="Mug")
    SourceImage.objects.create(product=mug, external_id="1", url="https://store.example/1.jpg")
    make_generation(mug)

    assert found(store, made="working") == {"Mug"}
    assert found(store, made="none") == {"Bowl", "Vase"}
    assert found(store, made="failed") == set()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"owner": 1}, "no “owner”"),
        ({"status": ["deleted"]}, "“deleted” is none"),
        ({"status": "active"}, "must be a list"),
        ({"tags": [7]}, "must be text"),
        ({"query": "a\x00b"}, "must be text"),
        ({"category": "x" * 501}, "500 characters"),
        ({"product_ids": ["prd_1"]}, "ids of products"),
        ({"product_ids": ["x"] * 1001}, "1,000 at most; 1,001"),
        ({"variants": "yes"}, "true or false"),
        ({"made": "loved"}, "“loved” is none"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_with_a_selector(value: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Selector.from_json(value)


def test_it_knows_which_products_have_the_photos_that_a_kind_takes(store: Store) -> None:
    def photo(title: str, number: int, **fields: Any) -> None:
        product = store.products.get(title=title)
        url = f"https://store.example/{title}{number}.jpg"
        SourceImage.objects.create(product=product, external_id=str(number), url=url, **fields)

    photo("Mug", 1)
    photo("Bowl", 1)
    photo("Bowl", 2)
    photo("Vase red", 1)
    photo("Vase blue", 1)
    photo("Vase", 1, is_generated=True)

    def titles(kind: Any) -> set[str]:
        return set(usable(Selector().products(store), kind).values_list("title", flat=True))

    assert titles("packshot") == {"Mug", "Bowl"}
    assert titles("ghost_mannequin") == {"Bowl"}
    assert titles("group_shot") == {"Bowl", "Vase"}
