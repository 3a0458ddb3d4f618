"""Photographs that an API client brings: kept, looked at by a worker, and only then an input.

Whoever fetches and decodes them is above (``generation``); here are the rows and what is told.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations import catalog, events, mirror, pushes
from integrations.contract import Permanent
from integrations.models import (
    Arrival,
    Product,
    PublicationItem,
    PublishedImage,
    SourceImage,
    Store,
)
from productviz.lib.lease import held
from productviz.lib.queue import wake

MOST = 50
Status = SourceImage.Status


@dataclass(frozen=True, slots=True)
class NewImage:
    """What a client says of a photograph. ``sha256`` is set for bytes that are here already, and
    ``expected`` is what the client says it is. ``position`` counts from 0; None: at the end."""

    origin: str
    url: str = ""
    sha256: str = ""
    expected: str = ""
    external_id: str = ""
    role: str = ""
    alt: str = ""
    position: int | None = None


def add(product: Product, new: NewImage) -> SourceImage:
    """Put a photograph into a custom store's gallery, in the caller's transaction.

    A worker looks at it soon. Raises Permanent.
    """
    require_pushed(product.store)
    Product.objects.select_for_update().get(pk=product.pk)
    present = product.images.count()
    if present >= MOST:
        raise Permanent(f"A product has at most {MOST} images.", code="too_many")
    position = present if new.position is None else min(new.position, present)
    product.images.filter(position__gte=position).update(position=F("position") + 1)
    image = _kept(product, new, position)
    Arrival.objects.create(image=image, sha256=new.expected)
    _tell(product.pk)
    wake()
    return image


def require_pushed(store: Store) -> None:
    """Raise Permanent where the store itself, and not the API, says what its catalog is."""
    if not store.pushes:
        raise Permanent(
            f"This product comes from its {store.get_platform_display()} store: change it there,"
            " and the next sync brings it here.",
            code="state_conflict",
        )


def _kept(product: Product, new: NewImage, position: int) -> SourceImage:
    """A new row, or that of an image which left the gallery and comes back under its id."""
    image = SourceImage(product=product)
    image.external_id = new.external_id or image.public_id
    known = SourceImage.with_removed.filter(product=product, external_id=image.external_id).first()
    if known is not None and known.removed_at is None:
        raise Permanent(
            "This product has an image of this external_id already. Remove it first.",
            code="duplicate_external_id",
        )
    image = known or image
    image.origin, image.url, image.sha256 = new.origin, new.url, new.sha256
    image.role, image.alt, image.position = new.role, new.alt, position
    image.status, image.error_code, image.error = Status.PENDING, "", ""
    image.width = image.height = image.removed_at = None
    image.facts = {}
    image.save()
    return image


def remove(image: SourceImage) -> None:
    """Take a photograph out of a custom store's gallery. Raises Permanent."""
    require_pushed(image.product.store)
    with transaction.atomic():
        _hold(image.pk)
        there = SourceImage.objects.filter(pk=image.pk)
        if there.update(removed_at=timezone.now()):
            Arrival.objects.filter(image=image).delete()
            _tell(image.product_id)


def ready(
    arrival: Arrival,
    owner: str,
    *,
    sha256: str,
    size: tuple[int, int],
    facts: Mapping[str, Any],
) -> None:
    """Note that an image can be used; ``size`` is width and height. Nothing without the lease."""
    with transaction.atomic():
        _hold(arrival.image_id)
        if not held(arrival, owner).delete()[0]:
            return
        image = SourceImage.with_removed.select_related("product").get(pk=arrival.image_id)
        _recognise(image, sha256)
        width, height = size
        SourceImage.objects.filter(pk=image.pk).update(
            status=Status.READY, sha256=sha256, width=width, height=height, facts=dict(facts)
        )
        events.image(image, "ready")
        _tell(image.product_id)


def seen(image: SourceImage, *, width: int, height: int) -> None:
    """Note that an image of a store's own gallery was found to be one, when it was first used."""
    with transaction.atomic():
        new = SourceImage.objects.filter(pk=image.pk, origin=SourceImage.Origin.STORE)
        new = new.filter(status=Status.PENDING)
        if new.update(status=Status.READY, width=width, height=height):
            events.image(image, "ready")


def _recognise(image: SourceImage, sha256: str) -> None:
    """A picture of ours that comes back is no input: it goes into the ledger under its new id."""
    family = image.product.parent_id or image.product_id
    ours = PublicationItem.objects.filter(publication__family=family, sha256=sha256)
    item = ours.select_related("replaces").order_by("-pk").first()
    if item is not None:
        row = PublishedImage(
            store_id=image.product.store_id,
            product_id=image.product_id,
            publication_id=item.publication_id,
            external_id=image.external_id,
            sha256=sha256,
            stands_for=item.stands_for,
        )
        PublishedImage.objects.bulk_create([row], ignore_conflicts=True)


def rejected(arrival: Arrival, owner: str, *, code: str, message: str) -> None:
    """Note that an image cannot be used, and why. Nothing without the lease."""
    with transaction.atomic():
        _hold(arrival.image_id)
        if held(arrival, owner).delete()[0]:
            rows = SourceImage.objects.filter(pk=arrival.image_id)
            rows.update(status=Status.REJECTED, error_code=code[:40], error=message)
            events.image(SourceImage(pk=arrival.image_id), "rejected")


def _hold(image: uuid.UUID) -> None:
    """Lock the image's product, as everybody does first who changes its images or arrivals."""
    product = SourceImage.with_removed.filter(pk=image).values("product")
    Product.objects.select_for_update().filter(pk__in=product).first()


def _tell(product: uuid.UUID) -> None:
    """The product has another gallery: its inputs may have changed, its version has."""
    locked = Product.objects.select_for_update(of=("self",))
    row = locked.select_related("store", "parent").get(pk=product)
    catalog.announce(row.store, mirror.upsert(row.store, [pushes.as_pushed(row)]))
    same = Product.objects.filter(pk=product, version=row.version)
    if same.update(version=F("version") + 1, updated_at=timezone.now()):
        row.refresh_from_db()
        events.products(row.store, [events.change_of(row, "updated")])
