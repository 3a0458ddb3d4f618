"""Custom stores on the dashboard: made in one form, and what their own program does next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations import pulling
from integrations.models import Publication, Store
from productviz.outbox.models import Event
from tests.dashboard.conftest import SignIn, Two

NEW = {"name": "Atelier", "base_url": "atelier.example", "write_mode": "pull"}


def test_it_makes_a_store_and_says_what_comes_next(two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    assert reverse("store_custom") in client.get(reverse("store_connect")).content.decode()
    made = client.post(reverse("store_custom"), NEW, follow=True)

    store = Store.objects.get(platform="custom")
    assert (store.base_url, store.workspace) == ("https://atelier.example", two.ours.workspace)
    text = made.content.decode()
    assert f"PUT /stores/{store.public_id}/products/ext:SKU-1" in text
    assert "/confirm" in text
    assert reverse("store_sync", args=[store.pk]) not in text
    assert Event.objects.get(object_id=store.pk).type == "store.connected"
    assert client.get(reverse("stores")).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "http://169.254.169.254/"),
        ("base_url", "javascript:alert(1)"),
        ("base_url", ""),
        ("name", ""),
        ("write_mode", "connector"),
    ],
)
def test_it_says_what_is_wrong(two: Two, sign_in: SignIn, field: str, value: str) -> None:
    page = sign_in("editor").post(reverse("store_custom"), {**NEW, field: value})

    assert page.context["form"].errors.keys() == {field}
    assert not Store.objects.filter(platform="custom").exists()


def test_it_makes_no_second_store_of_an_address(two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    client.post(reverse("store_custom"), NEW)
    page = client.post(reverse("store_custom"), NEW)

    assert "already" in str(page.context["form"].errors["base_url"])
    assert Store.objects.filter(platform="custom").count() == 1


def test_nobody_disconnects_what_nobody_connects(two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    client.post(reverse("store_custom"), NEW)
    store = Store.objects.get(platform="custom")
    client.post(reverse("store_disconnect", args=[store.pk]))

    store.refresh_from_db()
    assert store.status == "connected"


def test_it_waits_for_the_store_without_asking_every_two_seconds(two: Two, sign_in: SignIn) -> None:
    row = two.ours.publications["published"]
    Store.objects.filter(pk=row.store_id).update(write_mode="pull")
    rows = Publication.objects.filter(pk=row.pk)
    rows.update(state="awaiting_store", expires_at=pulling.deadline())
    client = sign_in("editor")
    page = client.get(reverse("publication", args=[row.pk])).content.decode()

    assert "Waiting for the store" in page
    assert "The store is asked to fetch the image, until" in page
    assert reverse("publication_live", args=[row.pk]) not in page
    assert reverse("publication_cancel", args=[row.pk]) in page
    rows.update(state="rolling_back", expires_at=timezone.now() + timedelta(hours=1))
    page = client.get(reverse("publication", args=[row.pk])).content.decode()
    assert "asked to put its gallery back" in page


def test_activity_has_no_line_for_every_product(two: Two, sign_in: SignIn) -> None:
    store = two.ours.store
    for kind in ("product.created", "image.ready", "store.deleted"):
        Event.objects.create(
            workspace=two.ours.workspace, type=kind, object_id=store.pk, sequence=1, data={}
        )
    page = sign_in("viewer").get(reverse("activity")).content.decode()

    assert "Store deleted" in page
    assert "Product created" not in page
    assert "Image ready" not in page
    assert reverse("store", args=[store.pk]) not in page
