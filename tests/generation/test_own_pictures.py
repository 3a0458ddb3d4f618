"""Copies of our own pictures are never a source, and start nothing when they come back."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from generation import automations
from generation.intake.accept import Source, accept
from generation.models import Generation, Lane, PublishMode
from generation.preprocessing.decode import decode
from generation.preprocessing.own import SMALL_DIFFERENCE, _distance, _read
from integrations import mirror
from integrations.contract import Image as Shown, Product as Said, ProductType
from integrations.inputs import inputs_hash
from integrations.models import (
    Product,
    Publication,
    PublicationItem,
    PublishedImage,
    SourceImage,
)
from productviz.lib import files
from tests.conftest import Serve
from tests.factories import make_automation, make_generation, make_preset, make_product
from tests.pictures import photo

Drain = Callable[[], int]
LET_THROUGH = ("succeeded", "awaiting_review")
pytestmark = pytest.mark.django_db


def again(data: bytes, *, quality: int = 60, scale: float = 0.5) -> bytes:
    """The picture as a plugin encodes it anew."""
    with Image.open(io.BytesIO(data)) as picture:
        size = (round(picture.width * scale), round(picture.height * scale))
        out = io.BytesIO()
        picture.convert("RGB").resize(size).save(out, "JPEG", quality=quality)
        return out.getvalue()


@pytest.fixture
def published(photos: Serve, drain: Drain) -> PublicationItem:
    """A product's packshot, in the place of its photograph."""
    product = make_product(image_url=photos("original.jpg", photo(1200)))
    outputs = [{"name": "main", "width": 800, "height": 800}]
    row = make_generation(product, preset=make_preset(product.store.workspace, outputs=outputs))
    drain()
    row.refresh_from_db()
    assert row.asset is not None
    publication = Publication.objects.create(
        store=product.store,
        product=product,
        family=product,
        state=Publication.State.PUBLISHED,
        published_at=timezone.now(),
    )
    item = PublicationItem.objects.create(
        publication=publication,
        asset_id=row.asset.pk,
        storage_key=row.asset.main.key,
        sha256=row.asset.main.sha256,
        content_type="image/jpeg",
        replaces=product.images.get(),
        external_id="ours",
    )
    Product.objects.filter(pk=product.pk).update(inputs_hash=inputs_hash(product))
    return item


def bytes_of(item: PublicationItem) -> bytes:
    return files.get("assets", item.storage_key)


def add(product: Product, url: str) -> SourceImage:
    """A new image in the gallery; the mirror sees another hash."""
    image = SourceImage.objects.create(
        product=product, external_id=f"new-{product.images.count()}", url=url, position=9
    )
    product.inputs_hash = inputs_hash(product)
    product.save(update_fields=["inputs_hash"])
    return image


def make_from(image: SourceImage, drain: Drain) -> Generation:
    product = image.product
    row = accept(
        product=product,
        version=make_preset(product.store.workspace).latest,
        publish=PublishMode.NONE,
        lane=Lane.NORMAL,
        requested_by=None,
        sources=[Source(image)],
    )
    drain()
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("encode", [bytes, again, lambda data: again(data, quality=40, scale=0.8)])
def test_a_copy_is_refused_and_counts_as_ours(
    published: PublicationItem, photos: Serve, drain: Drain, encode: Callable[[bytes], bytes]
) -> None:
    product = published.publication.product
    before = inputs_hash(product)
    image = add(product, photos("copy.jpg", encode(bytes_of(published))))
    row = make_from(image, drain)

    assert (row.status, row.error_code) == ("failed", "no_usable_source")
    assert "was made by ProductViz" in row.error_message
    image.refresh_from_db()
    assert image.is_generated
    noted = PublishedImage.objects.get(external_id=image.external_id)
    assert noted.stands_for == product.images.order_by("position")[0].external_id
    product.refresh_from_db()
    assert product.inputs_hash == inputs_hash(product) == before


@pytest.mark.parametrize("kind", ["another photograph", "the original", "the original, again"])
def test_a_photograph_is_none(
    published: PublicationItem, photos: Serve, drain: Drain, kind: str
) -> None:
    data = {
        "another photograph": photo(1200, seed=40),
        "the original": photo(1200),
        "the original, again": again(photo(1200)),
    }[kind]
    image = add(published.publication.product, photos("photo.jpg", data))
    row = make_from(image, drain)
    assert row.status in LET_THROUGH
    image.refresh_from_db()
    assert not image.is_generated


def test_a_photograph_that_was_there_before_we_published_is_none(
    published: PublicationItem, photos: Serve, drain: Drain
) -> None:
    image = add(published.publication.product, photos("copy.jpg", again(bytes_of(published))))
    Publication.objects.update(published_at=timezone.now())
    assert make_from(image, drain).status in LET_THROUGH


def test_the_bytes_tell_a_copy_in_another_product_of_the_workspace(
    published: PublicationItem, photos: Serve, drain: Drain
) -> None:
    other = make_product(published.publication.store)
    image = add(other, photos("copy.jpg", bytes_of(published)))
    assert make_from(image, drain).error_code == "no_usable_source"
    assert PublishedImage.objects.get(product=other).stands_for == ""
    other.refresh_from_db()
    assert other.inputs_hash == inputs_hash(other)


def test_another_workspace_is_never_told_by_its_pictures(
    published: PublicationItem, photos: Serve, drain: Drain
) -> None:
    image = add(make_product(), photos("copy.jpg", bytes_of(published)))
    assert make_from(image, drain).status in LET_THROUGH


def test_the_sweep_that_sees_a_copy_again_sees_no_change(
    published: PublicationItem, photos: Serve, drain: Drain
) -> None:
    product = published.publication.product
    original = product.images.get()
    image = add(product, photos("copy.jpg", again(bytes_of(published))))
    make_automation(product.store)
    make_from(image, drain)
    said = Said(
        external_id=product.external_id,
        title=product.title,
        sku="",
        type=ProductType.SIMPLE,
        status="active",
        url="",
        updated_at=timezone.now(),
        images=(
            Shown(original.external_id, original.url),
            Shown(image.external_id, image.url),
        ),
    )
    assert mirror.upsert(product.store, [said]) == []
    assert automations.start_due() == 0
    image.refresh_from_db()
    assert image.is_generated


def test_pictures_differ_as_much_as_the_limit_says(
    published: PublicationItem, settings: Any
) -> None:
    ours = _read("assets", published.storage_key)
    assert ours is not None
    copies = [
        _distance(decode(again(bytes_of(published), quality=q, scale=s)).rgb, ours)
        for q, s in ((40, 0.5), (60, 0.8), (90, 1.0))
    ]
    others = [_distance(decode(photo(seed=seed)).rgb, ours) for seed in range(0, 60, 20)]
    assert max(copies) < SMALL_DIFFERENCE / 2
    assert min(others) > SMALL_DIFFERENCE * 2, (copies, others)
