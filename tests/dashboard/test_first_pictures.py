"""What waits for a new person's first picture says so, on the pages and over the API."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.html import escape

from generation.models import Generation, Person
from tests.api.caller import Caller
from tests.dashboard.conftest import SignIn, Two
from tests.dashboard.rows import make_generation

SCRIPT = "<script>alert(1)</script>"
WORDS = f"the first picture of Ida {SCRIPT}: approve it, and all others show the same person."


@pytest.fixture
def first(two: Two, db: None) -> Generation:
    """The first picture of a person, for which two of the batch wait."""
    made = two.ours
    assert made.batch is not None
    row = make_generation(made, made.products[0], "awaiting_review")
    person = Person.objects.create(
        workspace=made.workspace, name=f"Ida {SCRIPT}", description="a woman of 34", first=row
    )
    for product in made.products[1:3]:
        make_generation(made, product, "queued", batch=made.batch, waits_for=person)
    return row


def test_pages_say_what_waits_and_lead_to_the_first_picture(
    two: Two, sign_in: SignIn, first: Generation
) -> None:
    client, batch = sign_in("viewer"), two.ours.batch
    assert batch is not None
    waiting = Generation.objects.exclude(waits_for=None)[0]
    addresses = [reverse("batch", args=[batch.pk]), reverse("generation", args=[waiting.pk])]

    pages = [client.get(one).content.decode() for one in addresses]
    Person.objects.update(portrait="ab" * 32)
    later = [client.get(one).content.decode() for one in addresses]

    link = f'href="{reverse("generation", args=[first.pk])}"'
    for words, page in zip(_words(), pages, strict=True):
        assert escape(words) in page
        assert link in page
        assert SCRIPT not in page
    assert ["the first picture of" in page for page in later] == [False] * 2


def test_the_api_says_what_waits_among_the_warnings(two: Two, first: Generation) -> None:
    caller, batch = Caller(two.ours.workspace), two.ours.batch
    assert batch is not None
    waiting = Generation.objects.exclude(waits_for=None)[0]

    _, shown_batch = caller.get(f"/batches/{batch.public_id}")
    _, shown = caller.get(f"/generations/{waiting.public_id}")
    _, shown_first = caller.get(f"/generations/{first.public_id}")

    assert [shown_batch["warnings"], shown["warnings"]] == [[words] for words in _words()]
    assert (shown["status"], shown_first["warnings"]) == ("queued", [])
    assert (shown["queue_position"], shown["eta_seconds"]) == (None, None)


def test_nothing_waits_for_a_first_picture_that_has_ended(two: Two, first: Generation) -> None:
    caller = Caller(two.ours.workspace)
    waiting = Generation.objects.exclude(waits_for=None)[0]
    Generation.objects.filter(pk=first.pk).update(status="rejected")

    _, shown = caller.get(f"/generations/{waiting.public_id}")

    assert shown["warnings"] == []
    assert shown["queue_position"] is not None


def _words() -> tuple[str, str]:
    return f"2 images wait for {WORDS}", f"Waits for {WORDS}"
