"""Which pictures a generation works from, and what part each plays in it.

The choice a preset's kind makes for a product, and what it refuses; rows are `accept`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from generation.errors import Refused as Refused
from generation.spec import MAX_GROUP, Kind
from generation.types import MAIN_ROLE
from integrations.models import Product, SourceImage

GROUPS: frozenset[Kind] = frozenset({"group_shot", "flat_lay"})
ITEM, FRONT, INSIDE, BACK = "item", "front", "inside", "back"

# How sellers name the second photograph of a ghost mannequin, in alt texts and file names.
_INSIDE = re.compile(r"\b(inside|inner|interior|collar|neck)\b", re.IGNORECASE)
_BACK = re.compile(r"\b(back|rear|behind)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One chosen picture; ``height_cm`` is the product's real height where somebody told it."""

    image: SourceImage
    role: str = MAIN_ROLE
    height_cm: float | None = None


def choose_sources(product: Product, kind: Kind) -> list[Source]:
    """What a kind of picture is made from when nobody chose; empty without a photograph.

    One product's photograph; for a group its variants', else its own; for a ghost mannequin
    the front view and the one that shows the inside or the back.
    """
    if kind in GROUPS:
        return [Source(image, ITEM) for image in _family(product)[:MAX_GROUP]]
    own = _own(product)
    if kind == "ghost_mannequin":
        return _garment(own)
    return [Source(image) for image in own[:1]]


def given_sources(images: Sequence[SourceImage], kind: Kind) -> list[Source]:
    """The pictures that somebody chose, in their order, each in the part that its place gives it.

    Of a ghost mannequin the first is the front, the second the inside, or the back if it says so.
    """
    if kind in GROUPS:
        return [Source(image, ITEM) for image in images]
    if kind == "ghost_mannequin":
        roles = [FRONT, *(_side(image) or INSIDE for image in images[1:])]
        return [Source(image, role) for image, role in zip(images, roles, strict=False)]
    return [Source(image) for image in images]


def refuse_unusable(product: Product, kind: Kind, sources: Sequence[Source]) -> None:
    """Raise Refused where these pictures cannot make this kind for this product."""
    if not sources:
        raise Refused(
            "no_usable_source",
            f"“{product.title}” has no photograph of its own. Add one in the store and sync.",
        )
    for source in sources:
        _refuse_foreign(product, kind, source.image)
    if kind in GROUPS:
        _refuse_group(product, len(sources))
    elif kind == "ghost_mannequin":
        _refuse_pair(product, [source.role for source in sources])
    elif len(sources) > 1:
        raise Refused("invalid_request", f"A {kind} is made from one photograph; choose one.")


def fetched(products: QuerySet[Product], kind: Kind) -> QuerySet[Product]:
    """The products with all that ``choose_sources`` looks at, in a fixed number of queries."""
    family = ("images", "variants__images") if kind in GROUPS else ("images",)
    return products.select_related("store").prefetch_related(*family)


def _own(product: Product) -> list[SourceImage]:
    own = [image for image in product.images.all() if image.is_usable]
    return sorted(own, key=lambda image: (image.position, image.pk))


def _family(product: Product) -> list[SourceImage]:
    active = [one for one in product.variants.all() if one.status == Product.Status.ACTIVE]
    variants = sorted(active, key=lambda one: (one.title, one.pk))
    first = [_own(variant)[:1] for variant in variants]
    found = {image.url: image for images in first for image in images}
    return list(found.values()) if len(found) > 1 else _own(product)


def _garment(own: list[SourceImage]) -> list[Source]:
    """The front is the first picture that does not call itself another side."""
    roles = [(image, _side(image)) for image in own]
    front = next((image for image, side in roles if side is None), None)
    if front is None:
        return []
    rest = [(image, side) for image, side in roles if image != front]
    named = next(((image, side) for image, side in rest if side), None)
    second = named or next(((image, INSIDE) for image, _ in rest), None)
    chosen = [Source(front, FRONT)]
    return chosen if second is None else [*chosen, Source(second[0], second[1] or INSIDE)]


def _side(image: SourceImage) -> str | None:
    words = f"{image.alt} {re.sub(r'[-_./]', ' ', image.url.rpartition('/')[2])}"
    if _INSIDE.search(words):
        return INSIDE
    return BACK if _BACK.search(words) else None


def _refuse_foreign(product: Product, kind: Kind, image: SourceImage) -> None:
    of_store = kind in GROUPS and image.product.store_id == product.store_id
    if not of_store and image.product_id != product.pk:
        raise Refused("not_found", "A source image must belong to the product.")
    if image.is_generated:
        raise Refused(
            "no_usable_source",
            "That image was made by ProductViz. Choose one of the product's own photographs.",
        )
    if image.status == SourceImage.Status.REJECTED:
        raise Refused("no_usable_source", f"That image cannot be used. {image.error}")


def _refuse_group(product: Product, count: int) -> None:
    if count < 2:
        raise Refused(
            "no_usable_source",
            f"A group needs two photographs or more, and “{product.title}” has one. Choose more "
            "products, or a product with variants.",
        )
    if count > MAX_GROUP:
        raise Refused(
            "invalid_request", f"A group has at most {MAX_GROUP} products; {count} were chosen."
        )


def _refuse_pair(product: Product, roles: Iterable[str]) -> None:
    given = list(roles)
    if len(given) == 2 and given[0] == FRONT and given[1] in (INSIDE, BACK):
        return
    raise Refused(
        "no_usable_source",
        f"A ghost mannequin needs two photographs of “{product.title}”: the front on the "
        "mannequin, and the inside or the back. Add the missing one in the store, or choose both.",
    )
