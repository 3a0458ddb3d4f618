"""Which photographs a kind of picture is made from, and which it refuses."""

from __future__ import annotations

import pytest

from generation.intake.accept import Refused, Source, accept
from generation.intake.sources import choose_sources
from generation.models import Generation, Lane, PublishMode
from integrations.models import Product, SourceImage
from tests.factories import make_preset, make_product, make_store

pytestmark = pytest.mark.django_db


def photo(product: Product, number: int, **fields: object) -> SourceImage:
    """One more photograph in the product's gallery."""
    url = f"https://store.example/photos/{product.external_id}-{number}.jpg"
    values = {"external_id": f"{product.external_id}-{number}", "url": url, "position": number}
    return SourceImage.objects.create(product=product, **{**values, **fields})


def variant(parent: Product) -> Product:
    """A variant with a photograph of its own."""
    made = make_product(parent.store)
    Product.objects.filter(pk=made.pk).update(parent=parent)
    return made


def request(product: Product, sources: list[Source] | None = None, **spec: object) -> Generation:
    """Ask for a picture of that recipe."""
    version = make_preset(product.store.workspace, **spec).latest
    return accept(
        product=product,
        version=version,
        publish=PublishMode.NONE,
        lane=Lane.NORMAL,
        requested_by=None,
        sources=sources,
    )


def test_it_makes_a_packshot_of_the_first_photograph_of_ones_own() -> None:
    product = make_product()
    photo(product, 1)
    product.images.filter(position=0).update(is_generated=True)

    (chosen,) = choose_sources(product, "packshot")

    assert chosen.image == product.images.last()


def test_it_groups_the_variants_each_once() -> None:
    product = make_product()
    one, other = variant(product), variant(product)
    SourceImage.objects.create(product=other, external_id="again", url=one.images.get().url)

    chosen = choose_sources(product, "group_shot")

    assert [source.image for source in chosen] == [one.images.get(), other.images.first()]
    assert {source.role for source in chosen} == {"item"}


def test_it_groups_the_products_own_photographs_without_variants() -> None:
    product = make_product()
    photo(product, 1)

    assert len(choose_sources(product, "flat_lay")) == 2


@pytest.mark.parametrize(
    ("alt", "role"), [("Inside of the collar", "inside"), ("Back view", "back"), ("", "inside")]
)
def test_it_pairs_a_garments_front_with_its_other_side(alt: str, role: str) -> None:
    product = make_product()
    other = photo(product, 1, alt=alt)

    chosen = choose_sources(product, "ghost_mannequin")

    assert [source.role for source in chosen] == ["front", role]
    assert chosen[1].image == other


def test_it_does_not_take_a_back_view_for_the_front() -> None:
    product = make_product()
    product.images.update(alt="back")
    front = photo(product, 1)

    assert next(iter(choose_sources(product, "ghost_mannequin"))).image == front


def test_it_keeps_the_roles_and_heights_that_were_chosen() -> None:
    mug = make_product()
    bowl = make_product(mug.store)
    sources = [
        Source(mug.images.get(), "item", 9.5),
        Source(bowl.images.get(), "item"),
    ]

    made = request(mug, sources, kind="group_shot")

    kept = [(row.image, row.role, row.height_cm) for row in made.sources.order_by("position")]
    assert kept == [(mug.images.get(), "item", 9.5), (bowl.images.get(), "item", None)]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("group_shot", "two photographs or more"),
        ("flat_lay", "two photographs or more"),
        ("ghost_mannequin", "the inside or the back"),
    ],
)
def test_it_refuses_a_single_photograph_where_several_are_needed(kind: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        request(make_product(), kind=kind)

    assert refused.value.code == "no_usable_source"


def test_it_refuses_more_products_than_a_picture_holds() -> None:
    product = make_product()
    sources = [Source(photo(product, number), "item") for number in range(1, 10)]

    with pytest.raises(Refused, match="at most 8"):
        request(product, sources, kind="group_shot")


def test_it_refuses_a_group_with_another_stores_product() -> None:
    mug, stranger = make_product(), make_product(make_store())
    sources = [Source(one.images.get(), "item") for one in (mug, stranger)]

    with pytest.raises(Refused, match="must belong"):
        request(mug, sources, kind="group_shot")


def test_it_refuses_two_photographs_for_one_product() -> None:
    product = make_product()
    sources = [Source(product.images.get()), Source(photo(product, 1))]

    with pytest.raises(Refused, match="choose one"):
        request(product, sources)


def test_it_refuses_a_pair_in_the_wrong_roles() -> None:
    product = make_product()
    sources = [Source(product.images.get(), "inside"), Source(photo(product, 1), "front")]

    with pytest.raises(Refused, match="front on the"):
        request(product, sources, kind="ghost_mannequin")
