"""One picture of several products, and a garment's two photos: what the forms ask `accept` for."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from generation.models import Generation, Lane
from tests.dashboard.conftest import SignIn, Two


def asked(two: Two, *numbers: int, **more: Any) -> dict[str, Any]:
    """The page's form for these products of the seed, with the group shot preset."""
    return {
        "store": two.ours.store.public_id,
        "product": [two.ours.products[number].public_id for number in numbers],
        "preset": two.ours.workspace.presets.get(name="Family").pk,
        "publish": "none",
        **more,
    }


def test_it_makes_one_picture_in_the_order_that_was_chosen(two: Two, sign_in: SignIn) -> None:
    third, first = two.ours.products[3], two.ours.products[0]
    second_photo = first.images.all()[1]
    form = asked(two, 3, 0)
    form[f"photo-{first.public_id}"] = second_photo.public_id
    form[f"height-{first.public_id}"] = "9,5"

    response = sign_in("editor").post(reverse("together"), form)

    made = third.generations.latest("id")
    assert response["Location"] == reverse("generation", args=[made.pk])
    assert made.lane == Lane.INTERACTIVE
    rows = list(made.sources.order_by("position").values_list("image", "role", "height_cm"))
    assert rows == [(third.images.all()[0].pk, "item", None), (second_photo.pk, "item", 9.5)]


def test_it_moves_a_product_without_script_and_keeps_what_was_typed(
    two: Two, sign_in: SignIn
) -> None:
    first, second = two.ours.products[2], two.ours.products[1]
    move = {"move": f"up:{second.public_id}", f"height-{first.public_id}": "7"}
    before = Generation.objects.count()

    page = sign_in("editor").post(reverse("together"), {**asked(two, 2, 1), **move})

    lines = page.context["lines"]
    assert [(line.product, line.height) for line in lines] == [(second, ""), (first, "7")]
    assert Generation.objects.count() == before


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((3,), "Choose two to eight products"), (tuple(range(9)), "Choose two to eight products")],
)
def test_it_asks_for_two_to_eight_products(
    numbers: tuple[int, ...], words: str, two: Two, sign_in: SignIn
) -> None:
    client, before = sign_in("editor"), Generation.objects.count()

    page = client.post(reverse("together"), asked(two, *numbers))

    assert words in page.content.decode()
    assert Generation.objects.count() == before


def test_it_refuses_a_height_that_is_none(two: Two, sign_in: SignIn) -> None:
    form = asked(two, 3, 2, **{f"height-{two.ours.products[2].public_id}": "tall"})
    before = Generation.objects.count()

    page = sign_in("editor").post(reverse("together"), form)

    assert "such as 12.5" in page.content.decode()
    assert Generation.objects.count() == before


def test_it_takes_no_product_or_photo_of_another_workspace(two: Two, sign_in: SignIn) -> None:
    ours, theirs = two.ours.products[3], two.theirs.products[0]
    foreign_photo = theirs.images.first()
    assert foreign_photo is not None
    form = asked(two, 3, 2, **{f"photo-{ours.public_id}": foreign_photo.public_id})
    form["product"].append(theirs.public_id)

    sign_in("editor").post(reverse("together"), form)

    used = ours.generations.latest("id").sources.values_list("image__product", flat=True)
    assert set(used) == {ours.pk, two.ours.products[2].pk}


def test_it_leads_to_a_preset_for_several_products(two: Two, sign_in: SignIn) -> None:
    two.ours.workspace.presets.update(archived_at=timezone.now())
    ids = [product.public_id for product in two.ours.products[:2]]

    page = sign_in("editor").get(reverse("together"), {"product": ids})

    assert f"{reverse('preset_new')}?kind=group_shot" in page.content.decode()


def test_it_takes_a_garments_two_photos_by_their_parts(two: Two, sign_in: SignIn) -> None:
    product, client = two.ours.products[0], sign_in("editor")
    preset = two.ours.workspace.presets.get(name="Shirts")
    front, inside = product.images.all()
    client_form: dict[str, Any] = {"preset": preset.pk, "publish": "none"}
    roles = {f"role-{inside.public_id}": "front", f"role-{front.public_id}": "back"}

    part = client.get(reverse("product_sources", args=[product.pk]), client_form)
    client.post(reverse("product_generate", args=[product.pk]), client_form)
    chosen_for_us = product.generations.latest("id")
    client.post(reverse("product_generate", args=[product.pk]), {**client_form, **roles})
    chosen = product.generations.latest("id")

    assert [one.role for one in part.context["choices"]] == ["front", "inside"]
    assert _sources(chosen_for_us) == [(front.pk, "front"), (inside.pk, "inside")]
    assert _sources(chosen) == [(inside.pk, "front"), (front.pk, "back")]


def _sources(generation: Generation) -> list[tuple[Any, str]]:
    return list(generation.sources.order_by("position").values_list("image", "role"))
