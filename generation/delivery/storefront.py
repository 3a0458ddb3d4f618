"""From a finished generation to a publication: which picture, where in the gallery, which words."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from generation.channels import own_shop_rendition
from generation.keys import CONTENT_TYPES
from generation.models import Asset, Generation, Rendition
from integrations import publish as storefront
from integrations.models import Publication, PublicationItem, SourceImage
from productviz.accounts.models import User


class NotPublishable(Exception):
    """The generation has nothing to publish; the message is for the merchant."""


def publish(generation: Generation, user: User | None) -> Publication:
    """Publish a finished generation's image, or approve the publication that waits for it."""
    with transaction.atomic():
        row = Generation.objects.select_for_update().get(pk=generation.pk)
        if row.asset is None:
            raise NotPublishable("There is no finished image to publish yet.")
        if row.asset.deleted_at is not None:
            raise NotPublishable("This image's files were removed. Make it again, then publish it.")
        if row.is_test:
            raise NotPublishable(
                "This image was asked for with a test key and is marked all over. Make it again"
                " here, or with a live key."
            )
        if row.publication is None or row.publication.state in _OVER:
            return attach(row, row.asset, needs_approval=False, user=user)
        return storefront.approve(row.publication, user)


# A clean picture takes its photograph's place; a scene or a group joins the gallery at its end.
_IN_PLACE = frozenset({"packshot", "ghost_mannequin"})
_PLACEMENT = {True: PublicationItem.Placement.REPLACE, False: PublicationItem.Placement.LAST}
_OVER = (
    Publication.State.CANCELED,
    Publication.State.ROLLED_BACK,
    Publication.State.FAILED,
    Publication.State.EXPIRED,
)


def attach(
    generation: Generation, asset: Asset, *, needs_approval: bool, user: User | None
) -> Publication:
    """Make the generation's publication, in the caller's transaction."""
    publication = storefront.request(
        product=generation.product,
        items=[_item(generation, asset)],
        approved_by=None if needs_approval else user,
        needs_approval=needs_approval,
    )
    # No version of its own: the publication has one, and tells of itself.
    Generation.objects.filter(pk=generation.pk).update(
        publication=publication, version=F("version")
    )
    return publication


def _item(generation: Generation, asset: Asset) -> storefront.ItemRequest:
    file = file_for(asset, generation.product.store.platform)
    source = generation.source
    in_place = generation.preset_version.parsed().kind in _IN_PLACE
    replaces = source if in_place else _earlier(generation)
    return storefront.ItemRequest(
        asset_id=asset.pk,
        storage_key=file.key,
        sha256=file.sha256,
        content_type=CONTENT_TYPES[file.key.rpartition(".")[2]],
        alt=source.alt or generation.product.title[:255],
        placement=_PLACEMENT[replaces is not None],
        replaces=replaces,
    )


def _earlier(generation: Generation) -> SourceImage | None:
    """The picture that the same preset has in the product's gallery, so that it keeps one only."""
    published = PublicationItem.objects.filter(
        publication__product=generation.product,
        publication__state=Publication.State.PUBLISHED,
        publication__generation__preset_version__preset=generation.preset_version.preset,
    ).values("external_id")
    in_gallery = SourceImage.objects.filter(product=generation.product, is_generated=True)
    return in_gallery.filter(external_id__in=published).order_by("-id").first()


def file_for(asset: Asset, platform: str) -> Rendition:
    """The file that the preset makes for this platform's shops, else the main one."""
    try:
        return asset.rendition(own_shop_rendition(platform))
    except Rendition.DoesNotExist:
        return asset.main
