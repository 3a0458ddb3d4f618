"""What the forms of products, batches, generations and publications do to the rows."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from generation.batches.work import take_steps
from generation.models import Batch, Generation, Lane
from integrations.models import Publication
from tests.dashboard.conftest import SignIn, Two


def texts(client: Client, url: str) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in client.get(url).context["messages"]]


def test_it_generates_one_image_for_a_waiting_person(two: Two, sign_in: SignIn) -> None:
    product = two.ours.products[3]
    preset, photo = two.ours.workspace.presets.get(name="Transparent"), product.images.all()[1]

    response = sign_in("editor").post(
        reverse("product_generate", args=[product.pk]),
        {"preset": preset.pk, "publish": "none", "source": photo.public_id},
    )

    made = product.generations.latest("id")
    assert response["Location"] == reverse("generation", args=[made.pk])
    assert (made.lane, made.publish, made.source) == (Lane.INTERACTIVE, "none", photo)
    assert made.requested_by == two.ours.users["editor"]


def test_it_says_why_a_product_without_photo_gets_no_image(two: Two, sign_in: SignIn) -> None:
    product, client = two.ours.products[17], sign_in("editor")
    preset = two.ours.workspace.presets.first()
    assert preset is not None

    client.post(
        reverse("product_generate", args=[product.pk]), {"preset": preset.pk, "publish": "none"}
    )

    assert "has no photograph of its own" in texts(client, reverse("product", args=[product.pk]))[0]
    assert not product.generations.exists()


def test_it_counts_the_images_before_a_batch(two: Two, sign_in: SignIn) -> None:
    asked = {"store": two.ours.store.public_id, "all": "1"}

    page = sign_in("editor").get(reverse("batch_new"), asked)
    whole = sign_in("editor").get(reverse("batch_new"), {**asked, "variants": "1"})

    assert (page.context["chosen"], page.context["variants"]) == (18, 2)
    assert page.context["estimate"].products == 16
    assert whole.context["estimate"].products == 18


def test_it_counts_only_what_the_filter_found(two: Two, sign_in: SignIn) -> None:
    asked = {"store": two.ours.store.public_id, "all": "1", "q": "mug"}

    page = sign_in("editor").get(reverse("batch_new"), asked)

    assert page.context["estimate"].products == 3


def test_it_starts_a_batch_of_the_chosen_products(two: Two, sign_in: SignIn) -> None:
    products = two.ours.products[3:5]
    preset = two.ours.workspace.presets.get(name="Brand colour")

    response = sign_in("editor").post(
        reverse("batch_new"),
        {
            "store": two.ours.store.public_id,
            "product": [product.public_id for product in products],
            "preset": preset.pk,
            "publish": "auto",
        },
    )

    take_steps("a worker")
    batch = Batch.objects.latest("id")
    assert response["Location"] == reverse("batch", args=[batch.pk])
    assert {row.product_id for row in batch.generations.all()} == {one.pk for one in products}
    assert {row.publish for row in batch.generations.all()} == {"auto"}


@pytest.mark.parametrize(
    ("name", "state"), [("batch_pause", "paused"), ("batch_cancel", "canceled")]
)
def test_it_stops_a_batch(name: str, state: str, two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None

    sign_in("editor").post(reverse(name, args=[two.ours.batch.pk]))

    assert Batch.objects.get(pk=two.ours.batch.pk).state == state


def test_it_goes_on_with_a_paused_batch(two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None
    Batch.objects.filter(pk=two.ours.batch.pk).update(state=Batch.State.PAUSED)

    sign_in("editor").post(reverse("batch_resume", args=[two.ours.batch.pk]))

    assert Batch.objects.get(pk=two.ours.batch.pk).state == "running"


def test_it_undoes_a_batch_only_after_asking(two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None
    client, url = sign_in("editor"), reverse("batch_undo", args=[two.ours.batch.pk])
    published = two.ours.publications["published"]

    asked = client.get(url)
    before = Publication.objects.get(pk=published.pk).state
    client.post(url)

    assert b"Undo the whole batch?" in asked.content
    assert before == "published"
    assert Publication.objects.get(pk=published.pk).state == "rolling_back"


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("generation_approve", "awaiting_review", "processing"),
        ("generation_reject", "awaiting_review", "rejected"),
        ("generation_cancel", "queued", "canceled"),
        ("generation_retry", "failed", "queued"),
    ],
)
def test_it_decides_about_a_generation(
    name: str, start: str, end: str, two: Two, sign_in: SignIn
) -> None:
    generation = two.ours.generations[start]

    sign_in("editor").post(reverse(name, args=[generation.pk]))

    assert Generation.objects.get(pk=generation.pk).status == end


def test_it_says_when_a_decision_comes_too_late(two: Two, sign_in: SignIn) -> None:
    generation, client = two.ours.generations["succeeded"], sign_in("reviewer")

    client.post(reverse("generation_approve", args=[generation.pk]))

    page = reverse("generation", args=[generation.pk])
    assert texts(client, page) == ["This image is “done” by now."]
    assert Generation.objects.get(pk=generation.pk).status == "succeeded"


def test_it_publishes_a_finished_image(two: Two, sign_in: SignIn) -> None:
    generation = two.ours.generations["succeeded"]

    sign_in("editor").post(reverse("generation_publish", args=[generation.pk]))

    publication = Publication.objects.get(generation=generation)
    assert (publication.state, publication.approved_by) == ("queued", two.ours.users["editor"])


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("publication_approve", "pending_approval", "queued"),
        ("publication_cancel", "pending_approval", "canceled"),
        ("publication_retry", "failed", "queued"),
        ("publication_undo", "published", "rolling_back"),
        ("publication_undo", "rollback_failed", "rolling_back"),
    ],
)
def test_it_decides_about_a_publication(
    name: str, start: str, end: str, two: Two, sign_in: SignIn
) -> None:
    publication = two.ours.publications[start]

    sign_in("editor").post(reverse(name, args=[publication.pk]))

    found = Publication.objects.get(pk=publication.pk)
    assert (found.state, found.force) == (end, False)


@pytest.mark.parametrize(
    ("name", "start", "extra"),
    [
        ("publication_retry", "conflict", {"overwrite": "1"}),
        ("publication_undo", "rollback_failed", {"force": "1"}),
    ],
)
def test_it_writes_over_changes_only_when_told_to(
    name: str, start: str, extra: dict[str, str], two: Two, sign_in: SignIn
) -> None:
    publication = two.ours.publications[start]

    sign_in("editor").post(reverse(name, args=[publication.pk]), extra)

    assert Publication.objects.get(pk=publication.pk).force is True
