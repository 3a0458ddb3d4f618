"""What a product's pictures depend on, as one hash: the only thing that makes a change a change.

Our own write-back never moves it: an image of ours counts as the original it stands for, or not
at all. Prices, stock and alt texts are left out.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations import contract
from integrations.models import Product, PublicationItem, PublishedImage
from integrations.models.catalog import IS_INPUT

# Our file names begin with this many characters of the content's hash.
STEM_LENGTH = 32


@dataclass(slots=True)
class Ours:
    """A product's images that we put there, by id and by file name, with what they stand for.

    ``restored`` are originals that an undo had to upload again: ours by id only.
    """

    ids: dict[str, str] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    restored: set[str] = field(default_factory=set)

    def original_of(self, external_id: str, url: str) -> str | None:
        """The original an image of ours stands for ("" for none); None if it is not ours."""
        if external_id in self.ids:
            return self.ids[external_id]
        image = contract.Image(external_id, url)
        return next((original for stem, original in self.stems.items() if image.holds(stem)), None)


def ours_of(product_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Ours]:
    """The ledger of each product, and what unfinished publications may already have written.

    A family shares one: what was made for a variant may hang in its product's gallery, and what
    was made for the product may be shown by a variant.
    """
    rows = Product.objects.filter(pk__in=list(product_ids))
    families = {pk: parent or pk for pk, parent in rows.values_list("pk", "parent")}
    found = {family: Ours() for family in families.values()}
    items = PublicationItem.objects.filter(publication__family__in=list(found))
    for item in items.select_related("publication", "replaces"):
        ours = found[item.publication.family_id]
        ours.stems[item.sha256[:STEM_LENGTH]] = item.stands_for
        if item.external_id:
            ours.ids[item.external_id] = item.stands_for
    ledger = PublishedImage.objects.filter(publication__family__in=list(found))
    for family, external_id, original, is_original in ledger.values_list(
        "publication__family", "external_id", "stands_for", "is_original"
    ):
        found[family].ids[external_id] = original
        if is_original:
            found[family].restored.add(external_id)
    # Copies of a picture that was made for another product: they stand for no original here.
    copies = PublishedImage.objects.filter(product__in=list(families)).exclude(
        publication__family__in=list(found)
    )
    for product, external_id in copies.values_list("product", "external_id"):
        found[families[product]].ids.setdefault(external_id, "")
    return {pk: found[family] for pk, family in families.items()}


def source_ids(gallery: Iterable[tuple[str, str]], ours: Ours) -> tuple[str, ...]:
    """The originals behind a gallery of (id, url), in order, each once."""
    originals = (
        external_id if original is None else original
        for external_id, url in gallery
        for original in (ours.original_of(external_id, url),)
    )
    return tuple(dict.fromkeys(one for one in originals if one))


def digest(
    *, title: str, description: str, options: Mapping[str, str], images: Sequence[str]
) -> str:
    """SHA-256 over everything a picture depends on."""
    facts = [title, description, sorted(options.items()), list(images)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def inputs_hash(product: Product) -> str:
    """The hash of a mirrored product, from its rows."""
    gallery = product.images.filter(IS_INPUT, replaced_by_us=False).order_by("position", "id")
    ours = ours_of([product.pk])[product.pk]
    return digest(
        title=product.title,
        description=product.description,
        options=product.options,
        images=source_ids(gallery.values_list("external_id", "url"), ours),
    )
