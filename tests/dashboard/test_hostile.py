"""What a store or a person may write, and what the pages make of it: text, never markup."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from generation.models import Candidate, Preset, QualityReport
from generation.presentation import origin
from integrations.models import Product, Publication, SourceImage, Store
from productviz.accounts.models import User
from productviz.outbox.models import DeliveryAttempt, Event, WebhookEndpoint
from tests.dashboard.addresses import ADDRESSES, Address
from tests.dashboard.conftest import SignIn, Two
from tests.factories import make_user

SCRIPT = "<script>alert(1)</script>"
BREAK_OUT = "\"'><img src=x onerror=alert(1)>"
PAGES = [address for address in ADDRESSES if address.is_page]


def poison(two: Two) -> None:
    """Put markup into every text that comes from outside."""
    mark = SCRIPT + BREAK_OUT
    workspace = two.ours.workspace
    Product.objects.filter(store__workspace=workspace).update(
        title=mark, sku=mark, options={mark: mark}
    )
    Store.objects.filter(workspace=workspace).update(
        name=mark, status_reason=mark, status="degraded"
    )
    SourceImage.objects.filter(product__store__workspace=workspace).update(alt=mark)
    Publication.objects.filter(store__workspace=workspace).update(error=mark, differences=[mark])
    Preset.objects.filter(pk=workspace.presets.values("pk")[:1]).update(name=mark)
    workspace.generations.update(error_message=mark)
    Event.objects.filter(workspace=workspace).update(type=mark, data={"message": mark, "by": mark})
    Candidate.objects.filter(generation__workspace=workspace).update(manifest={mark: mark})
    WebhookEndpoint.objects.filter(workspace=workspace).update(
        url=mark, description=mark, disabled_reason=mark
    )
    DeliveryAttempt.objects.filter(delivery__endpoint__workspace=workspace).update(answer=mark)
    check = {"name": mark, "value": 1, "threshold": 1, "verdict": mark, "message": mark}
    QualityReport.objects.filter(candidate__generation__workspace=workspace).update(checks=[check])


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_it_escapes_what_comes_from_outside(address: Address, two: Two, sign_in: SignIn) -> None:
    poison(two)

    shown = sign_in("owner").get(address.url(two.ours)).content.decode()

    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_the_operators_pages_escape_it_too(two: Two, db: None) -> None:
    poison(two)
    operator, client = make_user(), Client()
    User.objects.filter(pk=operator.pk).update(is_staff=True, is_superuser=True)
    client.force_login(operator)

    for model in admin.site._registry:
        page = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/")

        assert page.status_code == 200, model
        assert "<script>alert" not in page.content.decode(), model
        assert "<img src=x" not in page.content.decode(), model


def test_it_still_shows_such_text_as_text(two: Two, sign_in: SignIn) -> None:
    poison(two)

    shown = sign_in("viewer").get(reverse("product", args=[two.ours.products[0].pk]))

    assert b"<h1>&lt;script&gt;alert(1)&lt;/script&gt;" in shown.content


def test_it_escapes_a_search_that_it_repeats(two: Two, sign_in: SignIn) -> None:
    shown = sign_in("viewer").get(reverse("products"), {"q": BREAK_OUT, "status": BREAK_OUT})

    assert b"<img src=x" not in shown.content


def test_it_links_to_web_addresses_only(two: Two, sign_in: SignIn) -> None:
    product = two.ours.products[0]
    Product.objects.filter(pk=product.pk).update(url="javascript:alert(1)")
    Store.objects.filter(pk=two.ours.store.pk).update(base_url="javascript:alert(2)")
    client = sign_in("viewer")

    shown = client.get(reverse("product", args=[product.pk])).content
    store = client.get(reverse("store", args=[two.ours.store.pk])).content

    assert b'href="javascript' not in shown + store


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cdn.shop.example/a.jpg", "https://cdn.shop.example"),
        ("http://127.0.0.1:8080/a.jpg?x=1", "http://127.0.0.1:8080"),
        ("https://user:pass@shop.example/a", "https://shop.example"),
        ("https://[::1]:8/a", "https://[::1]:8"),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,AAAA", None),
        ("https://shop.example;script-src *", None),
        ("https://shop.example 'unsafe-inline'/a", None),
        ("https://*/a.jpg", None),
        ("https://shop.example:99999/a", None),
        ("//shop.example/a.jpg", None),
        ("", None),
    ],
)
def test_it_lets_no_address_change_the_pages_policy(url: str, expected: str | None) -> None:
    assert origin(url) == expected


def test_it_allows_only_the_hosts_of_the_pictures_on_the_page(two: Two, sign_in: SignIn) -> None:
    product, client = two.ours.products[0], sign_in("viewer")
    SourceImage.objects.filter(product=product, position=0).update(
        sha256="", width=None, url="https://cdn.shop.example/p.jpg"
    )
    SourceImage.objects.filter(product=product, position=1).update(
        sha256="", width=None, url="https://x; script-src *"
    )

    shown = client.get(reverse("product", args=[product.pk]))
    other = client.get(reverse("activity"))

    assert (
        "img-src 'self' data: https://cdn.shop.example;" in shown["Content-Security-Policy"] + ";"
    )
    assert "script-src *" not in shown["Content-Security-Policy"]
    assert "cdn.shop.example" not in other["Content-Security-Policy"]


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_it_writes_no_inline_style_or_script(address: Address, two: Two, sign_in: SignIn) -> None:
    response = sign_in("owner").get(address.url(two.ours))

    shown = response.content.decode()
    assert " style=" not in shown
    assert "<style" not in shown
    assert " onclick=" not in shown
    assert "'unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_goes_back_to_its_own_pages_only(target: str, two: Two, sign_in: SignIn) -> None:
    generation = two.ours.generations["awaiting_review"]

    response = sign_in("reviewer").post(
        reverse("generation_reject", args=[generation.pk]), {"next": target}
    )

    assert response["Location"] == reverse("generation", args=[generation.pk])


def test_it_takes_nonsense_in_the_query(two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    nonsense = {
        "page": "-7",
        "q": "\x00%_\\",
        "status": "\ufffd",
        "made": "[",
    }

    for name in (
        "products",
        "generations",
        "publications",
        "activity",
        "preset_drawing",
        "batch_new",
    ):
        assert client.get(reverse(name), nonsense).status_code == 200, name


def test_it_signs_nobody_in_to_another_site(two: Two, db: None) -> None:
    user = two.ours.users["viewer"]

    response = Client().post(
        reverse("account_login") + "?next=https://evil.example/",
        {"login": user.email, "password": "correct horse battery"},
    )

    assert response.status_code == 302
    assert response["Location"] == "/"
