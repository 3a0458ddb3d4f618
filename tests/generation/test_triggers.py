"""What an automation is about: its trigger and its filter, read from the rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.models import Automation
from generation.triggers import Filter, concerned, pace
from integrations.models import Product, Publication, PublishedImage, SourceImage
from tests.factories import make_automation, make_generation, make_product, make_store
from tests.generation.test_automations import become

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

Trigger = Automation.Trigger
EARLIER = timedelta(days=3)


def is_concerned(automation: Automation, product: Product) -> bool:
    return concerned(automation, Product.objects.filter(pk=product.pk)).exists()


def is_let_through(given: dict[str, Any], product: Product) -> bool:
    rows = Product.objects.filter(pk=product.pk)
    return Filter.from_json(given).products(rows).exists()


def older(product: Product) -> Product:
    """The product, with its photographs, was there before any automation."""
    at = timezone.now() - EARLIER
    Product.objects.filter(pk=product.pk).update(created_at=at)
    product.images.update(created_at=at)
    return product


def add_photo(product: Product, name: str = "another") -> SourceImage:
    return SourceImage.objects.create(
        product=product, external_id=name, url=f"https://store.example/{name}.jpg"
    )


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        ({}, True),
        ({"status": ["active"]}, True),
        ({"status": "active"}, True),
        ({"status": ["draft"]}, False),
        ({"status": ["draft", "active"]}, True),
        ({"tags": ["Été"]}, True),
        ({"tags": ["winter", "café"]}, False),
        ({"tags": ["winter", 'say "so"']}, True),
        ({"tags": ["Ét"]}, False),
        ({"tags": ["100%"]}, False),
        ({"category": "home > kitchen"}, True),
        ({"category": "Kitchen"}, False),
        ({"category": "%"}, False),
        ({"has_images": True}, True),
        ({"has_images": False}, False),
        ({"has_images": None}, True),
        ({"status": ["active"], "category": "Home", "tags": ["Été"]}, True),
        ({"status": ["active"], "category": "Garden", "tags": ["Été"]}, False),
    ],
)
def test_a_filter_lets_through(given: dict[str, Any], passes: bool) -> None:
    product = make_product()
    Product.objects.filter(pk=product.pk).update(
        tags=["Été", 'say "so"', "1000"], category_path="Home > Kitchen > Mugs"
    )
    assert is_let_through(given, product) is passes


def test_a_filter_never_lets_a_deleted_product_through() -> None:
    product = make_product()
    Product.objects.filter(pk=product.pk).update(status=Product.Status.DELETED)
    assert not is_let_through({}, product)


def test_our_own_images_are_no_photographs() -> None:
    product = make_product()
    product.images.update(is_generated=True)
    assert not is_let_through({"has_images": True}, product)
    assert is_let_through({"has_images": False}, product)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"colour": "red"}, "A filter has no “colour”"),
        ({"status": ["deleted"]}, "status is one of active, draft"),
        ({"status": 1}, "status must be a list of words"),
        ({"tags": "summer"}, "tags must be a list of words"),
        ({"tags": [1]}, "tags must be words"),
        ({"tags": ["x"] * 21}, "at most 20 tags"),
        ({"category": "x" * 501}, "500 characters at most"),
        ({"category": "\x00"}, "category must be words"),
        ({"has_images": "yes"}, "has_images must be true, false or null"),
    ],
)
def test_a_filter_says_what_is_wrong_with_it(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Filter.from_json(given)


def test_a_filter_is_kept_as_it_was_given() -> None:
    given = {"status": ["active"], "tags": ["a", "b"], "category": "Home", "has_images": True}
    assert Filter.from_json(given).to_json() == given
    assert Filter.from_json({"tags": [], "has_images": None}).to_json() == {}


def test_new_products_are_those_made_since_the_automation() -> None:
    store = make_store()
    old = older(make_product(store))
    automation = make_automation(store, trigger=Trigger.CREATED)
    new = make_product(store)
    assert not is_concerned(automation, old)
    assert is_concerned(automation, new)


def test_a_new_product_is_new_until_it_has_its_first_image() -> None:
    automation = make_automation(make_store(), trigger=Trigger.CREATED)
    product = make_product(automation.store)
    row = make_generation(product, preset=automation.preset, automation=automation)
    assert not is_concerned(automation, product)
    row.error_code = "superseded"
    row.save(update_fields=["error_code"])
    assert is_concerned(automation, product)


def test_any_change_of_inputs_concerns_the_widest_trigger() -> None:
    store = make_store()
    product = older(make_product(store))
    automation = make_automation(store, trigger=Trigger.INPUTS_CHANGED)
    assert is_concerned(automation, product)
    assert not is_concerned(automation, make_product())


def test_a_photograph_is_added_when_it_is_newer_than_the_last_image() -> None:
    store = make_store()
    product = older(make_product(store))
    automation = make_automation(store, trigger=Trigger.IMAGE_ADDED)
    assert not is_concerned(automation, product), "only its words changed"
    add_photo(product)
    assert is_concerned(automation, product)
    make_generation(product, preset=automation.preset, automation=automation)
    assert not is_concerned(automation, product), "only its words changed"
    add_photo(product, "third")
    assert is_concerned(automation, product)


def test_our_own_image_and_an_original_that_an_undo_brought_back_are_not_added() -> None:
    store = make_store()
    product = older(make_product(store))
    automation = make_automation(store, trigger=Trigger.IMAGE_ADDED)
    add_photo(product, "restored")
    SourceImage.objects.create(
        product=product, external_id="ours", url="https://store.example/o.jpg", is_generated=True
    )
    publication = Publication.objects.create(store=store, product=product, family=product)
    PublishedImage.objects.create(
        store=store,
        product=product,
        publication=publication,
        external_id="restored",
        sha256="",
        is_original=True,
    )
    assert not is_concerned(automation, product)


def test_the_pace_counts_what_would_have_started_a_trigger() -> None:
    store = make_store()
    changed, created, photographed = (make_product(store) for _ in range(3))
    for product in (changed, photographed):
        older(product)
    for product in (changed, created, photographed):
        become(product, "now")
    add_photo(photographed)
    since = timezone.now() - timedelta(days=1)
    found = {
        trigger: set(pace(make_automation(store, trigger=trigger), since)) for trigger in Trigger
    }
    assert found == {
        Trigger.INPUTS_CHANGED: {changed, created, photographed},
        Trigger.CREATED: {created},
        Trigger.IMAGE_ADDED: {created, photographed},
    }
