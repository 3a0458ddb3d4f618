"""What pages show: the right rows, figures from the tables, live parts that end, a first hint."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Product
from tests.dashboard.conftest import SignIn, Two
from tests.factories import make_user, make_workspace

POLL = {"HX-Request": "true"}


def test_it_finds_products_by_words_and_states(two: Two, sign_in: SignIn) -> None:
    client = sign_in("viewer")

    def found(**asked: str) -> set[str]:
        page = client.get(reverse("products"), {"store": two.ours.store.public_id, **asked})
        return {product.external_id for product in page.context["page"]}

    assert found(q="ar-013") == {"113"}
    assert found(q="100%") == set()
    assert found(status="draft") == {"116"}
    assert found(made="none") == {"113", "114", "115", "116", "117"}
    assert found(made="failed") == {"109"}
    assert len(found()) == Product.objects.filter(store=two.ours.store, parent=None).count()


@pytest.mark.parametrize(
    ("name", "row", "status"),
    [
        ("generation_live", "processing", 200),
        ("generation_live", "succeeded", 286),
        ("publication_live", "in_progress", 200),
        ("publication_live", "published", 286),
    ],
)
def test_it_ends_polling_when_nothing_changes_any_more(
    name: str, row: str, status: int, two: Two, sign_in: SignIn
) -> None:
    rows = two.ours.generations if name.startswith("generation") else two.ours.publications
    url, client = reverse(name, args=[rows[row].pk]), sign_in("viewer")

    assert client.get(url, headers=POLL).status_code == status
    assert client.get(url).status_code == 200


def test_it_polls_fast_only_while_there_is_work(two: Two, sign_in: SignIn) -> None:
    client = sign_in("viewer")

    busy = client.get(reverse("stages_live"))
    two.ours.workspace.generations.update(status="succeeded")
    idle = client.get(reverse("stages_live"))

    assert b"every 2s" in busy.content
    assert b"every 15s" in idle.content


def test_it_counts_the_promises_from_the_tables(two: Two, sign_in: SignIn) -> None:
    shown = sign_in("viewer").get(reverse("home")).context

    assert [promise.figure for promise in shown["promises"]] == [11, 0, 1, 1, 3]
    assert len(shown["needs"]) == 7


def test_it_guides_an_empty_workspace(db: None) -> None:
    client = Client()
    client.force_login(make_user(make_workspace()))

    names = ("home", "stores", "products", "generations", "batches", "presets", "publications")
    empty = {name: client.get(reverse(name)) for name in names}

    assert {response.status_code for response in empty.values()} == {200}
    assert b"Connect a store" in empty["home"].content
    assert b"Make the first preset" in empty["presets"].content
