"""Batches and budgets on the dashboard: choosing, the estimate, the page of a batch, the limits."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation import budgets
from generation.batches.work import take_steps
from generation.models import Batch, Budget, Generation, UsageDay
from integrations.models import Product
from tests.dashboard.conftest import SignIn, Two


def text_of(response: Any) -> str:
    """The page's words, without tags, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def whole_store(two: Two, **more: str) -> dict[str, str]:
    """The address of a batch over the whole store."""
    return {"store": two.ours.store.public_id, "all": "1", **more}


def batch_page(client: Client, two: Two) -> str:
    """What the page of the seed's batch says."""
    assert two.ours.batch is not None
    return text_of(client.get(reverse("batch", args=[two.ours.batch.pk])))


def test_it_finds_products_by_tag_and_category(two: Two, sign_in: SignIn) -> None:
    first, second = two.ours.products[3], two.ours.products[4]
    Product.objects.update(tags=[], category_path="")
    Product.objects.filter(pk=first.pk).update(tags=["Summer"], category_path="Kitchen > Mugs")
    Product.objects.filter(pk=second.pk).update(tags=["sale"], category_path="Kitchen > Bowls")
    client = sign_in("editor")

    def found(**asked: str) -> set[Any]:
        page = client.get(reverse("products"), {"store": two.ours.store.public_id, **asked})
        chosen = client.get(reverse("batch_new"), whole_store(two, **asked))
        assert chosen.context["chosen"] == page.context["page"].paginator.count
        return {product.pk for product in page.context["page"]}

    assert found(tag="summer") == {first.pk}
    assert found(tag="summer, SALE") == {first.pk, second.pk}
    assert found(category="kitchen") == {first.pk, second.pk}
    assert found(category="kitchen", tag="sale") == {second.pk}


def test_it_keeps_the_filters_from_the_products_to_the_batch(two: Two, sign_in: SignIn) -> None:
    Product.objects.update(tags=[])
    Product.objects.filter(pk=two.ours.products[3].pk).update(tags=["Summer"])
    preset = two.ours.workspace.presets.get(name="Brand colour")
    asked = whole_store(two, tag="summer", preset=str(preset.pk), publish="none")

    sign_in("editor").post(reverse("batch_new"), asked)

    batch = Batch.objects.latest("id")
    assert (batch.selector, batch.state) == ({"tags": ["summer"]}, "preparing")
    take_steps("a worker")
    assert batch.generations.get().product == two.ours.products[3]


def test_it_shows_pictures_and_figures_before_the_start(two: Two, sign_in: SignIn) -> None:
    budgets.set_limit(two.ours.workspace, 10)
    page = sign_in("editor").get(reverse("batch_new"), whole_store(two))

    words = text_of(page)
    assert "16 images of 18 chosen products" in words
    assert "Without the photos it takes 2 left out" in words
    assert "10 of these images fit into today’s budget. The other 6 wait" in words
    section = page.content.decode().split('id="expected"')[1]
    assert section.count("<img") == 16


def test_it_estimates_anew_for_another_preset(two: Two, sign_in: SignIn) -> None:
    shirts = two.ours.workspace.presets.get(name="Shirts")

    part = sign_in("editor").get(
        reverse("batch_expected"), whole_store(two, preset=str(shirts.pk), publish="none")
    )

    assert part.context["preset"] == shirts
    assert "<html" not in part.content.decode()
    with_two = [one for one in two.ours.products if one.images.count() > 1]
    assert part.context["estimate"].products == len(with_two)


def test_it_says_when_no_product_has_the_photos(two: Two, sign_in: SignIn) -> None:
    asked = {"store": two.ours.store.public_id, "product": two.ours.products[17].public_id}

    page = sign_in("editor").get(reverse("batch_new"), asked)

    assert "None of the 1 chosen product has the photos" in text_of(page)
    assert "Start" not in text_of(page).split("What this makes")[1]


def test_it_shows_how_far_a_batch_is(two: Two, sign_in: SignIn) -> None:
    words = batch_page(sign_in("viewer"), two)

    assert "13 images with White background" in words
    assert "10 of 13 images · 76 %" in words
    assert "2 products without the photographs that the preset takes were left out." in words
    assert "Retry the" not in words


def test_it_tries_again_what_failed(two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None
    client = sign_in("editor")
    assert "Retry the 1 failed" in batch_page(client, two)

    client.post(reverse("batch_retry", args=[two.ours.batch.pk]))

    assert not two.ours.batch.generations.filter(status="failed").exists()
    assert two.ours.batch.generations.filter(status="queued").count() == 3


def test_it_says_that_the_rest_waits_for_budget(two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None
    waiting = {"state": "paused", "pause_reason": "budget_exhausted", "prepared_at": None}
    Batch.objects.filter(pk=two.ours.batch.pk).update(**waiting, expected=35)
    client = sign_in("editor")

    words = batch_page(client, two)

    assert "Today’s budget is used up. The 3 images that have a place go on." in words
    assert "About 20 more wait: they go on by themselves after midnight UTC" in words
    assert "Resume" in words
    assert "13 of its images are queued" in text_of(client.get(reverse("budgets")))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "preparing", "prepared_at": None, "expected": 90}, "15 of 90 products are"),
        ({"state": "paused", "is_held": True}, "Nothing new is begun until somebody resumes it."),
        ({"state": "paused", "pause_reason": "internal_error"}, "failed three times"),
        (
            {"state": "canceled", "errand": "cancel", "errand_done": 300, "errand_total": 1200},
            "Canceling: 300 of 1,200.",
        ),
        ({"errand": "retry", "errand_done": 3, "errand_total": 9}, "Trying again: 3 of 9."),
        ({"errand": "undo"}, "Undoing, the newest first: 1 of 2 galleries are back"),
    ],
)  # fmt: skip
def test_it_says_what_happens_to_a_batch(
    fields: dict[str, Any], words: str, two: Two, sign_in: SignIn
) -> None:
    assert two.ours.batch is not None
    Batch.objects.filter(pk=two.ours.batch.pk).update(**fields)

    assert words in batch_page(sign_in("editor"), two)


def test_it_stops_asking_once_a_batch_is_at_rest(two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None
    client, poll = sign_in("viewer"), {"HX-Request": "true"}
    url = reverse("batch_live", args=[two.ours.batch.pk])
    assert client.get(url, headers=poll).status_code == 200

    two.ours.batch.generations.filter(status__in=Generation.WAITING).update(status="succeeded")
    for publication in two.ours.publications.values():
        type(publication).objects.filter(pk=publication.pk).update(state="published")

    assert client.get(url, headers=poll).status_code == 286


def test_it_lists_many_batches_with_few_queries(
    two: Two, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    batch = two.ours.batch
    assert batch is not None
    fields = {"workspace": batch.workspace, "store": batch.store, "publish": "none"}
    for _ in range(15):
        Batch.objects.create(**fields, preset_version=batch.preset_version)
    client = sign_in("viewer")

    with django_assert_max_num_queries(16):
        assert client.get(reverse("batches")).status_code == 200


def test_it_shows_what_the_day_has_used(two: Two, sign_in: SignIn) -> None:
    store, today = two.ours.store, budgets.today()
    budgets.set_limit(two.ours.workspace, 200)
    budgets.set_limit(two.ours.workspace, 50, store=store)
    UsageDay.objects.create(
        workspace=store.workspace, store=store, day=today, spent=30, reserved=12, reused=4
    )
    UsageDay.objects.create(
        workspace=store.workspace, store=store, day=today - timedelta(days=3), spent=84, failed=2
    )
    UsageDay.objects.create(
        workspace=two.theirs.store.workspace, store=two.theirs.store, day=today, spent=999
    )

    page = sign_in("viewer").get(reverse("budgets"))

    words = text_of(page)
    assert "30 made today of 200 Made 30 Reserved 12 Left today 158" in words
    assert f"{store} 30 made today of 50 Made 30 Reserved 12 Left today 8" in words
    assert "114 made, 4 re-used for nothing" in words
    assert page.content.decode().count("bar-hit") == 30
    assert [bar.spent_height for bar in page.context["bars"]][-4::3] == [100, 36]
    assert "999" not in words
    assert "Save" not in words


def test_it_sets_and_lifts_limits(two: Two, sign_in: SignIn) -> None:
    client, url = sign_in("editor"), reverse("budget_change")
    store = two.ours.store

    client.post(url, {"daily_images": "500"})
    client.post(url, {"daily_images": "40", "store": store.public_id})
    assert set(Budget.objects.values_list("store", "daily_images")) == {
        (None, 500),
        (store.pk, 40),
    }
    client.post(url, {"daily_images": "", "store": store.public_id})
    client.post(url, {"daily_images": "0"})

    left = Budget.objects.get()
    assert (left.store, left.daily_images) == (None, 0)
    log = two.ours.workspace.audit.filter(action="budget.changed").order_by("pk")
    whole, store_id = two.ours.workspace.public_id, store.public_id
    assert [(entry.object_id, entry.detail["daily_images"]) for entry in log] == [
        (whole, 500), (store_id, 40), (store_id, None), (whole, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["-1", "many", "1.5", "99999999999"])
def test_it_refuses_a_limit_that_is_none(typed: str, two: Two, sign_in: SignIn) -> None:
    client = sign_in("owner")

    page = client.post(reverse("budget_change"), {"daily_images": typed}, follow=True)

    assert "A limit is a whole number of images" in text_of(page)
    assert not Budget.objects.exists()


def test_it_sets_no_limit_for_another_workspaces_store(two: Two, sign_in: SignIn) -> None:
    asked = {"daily_images": "1", "store": two.theirs.store.public_id}

    assert sign_in("owner").post(reverse("budget_change"), asked).status_code == 404
    assert not Budget.objects.exists()


def test_it_shows_the_operators_limit(two: Two, sign_in: SignIn, settings: Any) -> None:
    settings.WORKSPACE_DAILY_LIMIT = 1000

    words = text_of(sign_in("owner").get(reverse("budgets")))

    assert "0 made today of 1,000" in words
    assert "The operator allows 1,000 a day." in words
