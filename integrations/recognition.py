"""Copies of our own pictures that come back under another id and another name.

A store's plugin, a duplicated product, a person who uploads what was downloaded: none of them says
so. What a copy looks like is for whoever decodes pictures to say; here is what we have published,
and how a copy becomes one of ours in the ledger, so that no change of it is a change for us.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from integrations.inputs import inputs_hash
from integrations.models import Product, Publication, PublicationItem, PublishedImage, SourceImage

_OUT = (Publication.State.PUBLISHED, Publication.State.ROLLED_BACK, Publication.State.ROLLING_BACK)


def same_bytes(image: SourceImage) -> PublicationItem | None:
    """The picture of ours, published anywhere in the workspace, whose very bytes these are."""
    rows = PublicationItem.objects.filter(
        sha256=image.sha256, publication__store__workspace=image.product.store.workspace_id
    )
    return rows.select_related("publication", "replaces").order_by("-pk").first()


def published_before(image: SourceImage) -> QuerySet[PublicationItem]:
    """What we had put into the galleries of the image's product when the image appeared."""
    family = image.product.parent_id or image.product_id
    rows = PublicationItem.objects.filter(
        publication__published_at__lte=image.created_at,
        publication__family=family,
        publication__state__in=_OUT,
    )
    return rows.select_related("publication", "replaces").order_by("-pk")


def note_copy(image: SourceImage, item: PublicationItem) -> None:
    """Enter the image into the ledger as a copy of the item; its product's inputs follow."""
    product = image.product
    family = product.parent_id or product.pk
    stands_for = item.stands_for if item.publication.family_id == family else ""
    with transaction.atomic():
        PublishedImage.objects.get_or_create(
            store_id=product.store_id,
            product=product,
            external_id=image.external_id,
            defaults={
                "publication": item.publication,
                "sha256": image.sha256,
                "stands_for": stands_for,
            },
        )
        SourceImage.objects.filter(pk=image.pk).update(is_generated=True)
        Product.objects.filter(pk=product.pk, inputs_hash=product.inputs_hash).update(
            inputs_hash=inputs_hash(product)
        )
