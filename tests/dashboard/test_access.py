"""Who sees what: roles, strangers' ids, methods, sign-in; over every address of the dashboard."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from generation.urls import urlpatterns
from tests.dashboard.addresses import ADDRESSES, ROLES, Address
from tests.dashboard.conftest import SignIn, Two

ACTIONS = [address for address in ADDRESSES if not address.is_page]
PAGES = [address for address in ADDRESSES if address.is_page]
WITH_ID = [address for address in ADDRESSES if address.row]
TAKING_POST = (
    "store_disconnect", "batch_undo", "preset", "together", "outline",
    "automation_new", "automation", "schedule_new", "schedule",
    "webhook_new", "webhook_change", "webhook_remove",
)  # fmt: skip
CHANGING = [
    *ACTIONS,
    *(one for one in PAGES if one.name in TAKING_POST),
]


def name_of(address: Address) -> str:
    return address.name


def test_it_knows_every_address() -> None:
    """Each URL stands in the table, so none escapes the tests of this file."""
    assert {pattern.name for pattern in urlpatterns} == {address.name for address in ADDRESSES}
    with_id = {pattern.name for pattern in urlpatterns if pattern.pattern.converters}
    assert with_id == {address.name for address in WITH_ID}


@pytest.mark.parametrize("address", PAGES, ids=name_of)
def test_it_shows_a_page_to_the_roles_that_may_see_it(
    address: Address, two: Two, sign_in: SignIn
) -> None:
    shown = {role: sign_in(role).get(address.url(two.ours)).status_code for role in ROLES}

    allowed = ROLES[: ROLES.index(address.role) + 1]
    assert shown == {role: 200 if role in allowed else 403 for role in ROLES}


@pytest.mark.parametrize("address", ADDRESSES, ids=name_of)
def test_it_asks_strangers_to_sign_in(address: Address, two: Two, db: None) -> None:
    url = address.url(two.ours)

    response = Client().post(url) if not address.is_page else Client().get(url)

    assert response.status_code == 302
    assert response["Location"].startswith(reverse(settings.LOGIN_URL))


@pytest.mark.parametrize("address", ACTIONS, ids=name_of)
def test_it_refuses_an_action_to_lesser_roles(address: Address, two: Two, sign_in: SignIn) -> None:
    lesser = ROLES[ROLES.index(address.role) + 1 :]

    refused = {role: sign_in(role).post(address.url(two.ours)).status_code for role in lesser}

    assert refused == dict.fromkeys(lesser, 403)


@pytest.mark.parametrize("address", ACTIONS, ids=name_of)
def test_it_changes_nothing_on_get(address: Address, two: Two, sign_in: SignIn) -> None:
    assert sign_in("owner").get(address.url(two.ours)).status_code == 405


@pytest.mark.parametrize("address", WITH_ID, ids=name_of)
def test_it_does_not_find_another_workspaces_row(
    address: Address, two: Two, sign_in: SignIn
) -> None:
    client = sign_in("owner")
    ask = client.get if address.is_page else client.post

    foreign = ask(address.url(two.theirs))

    assert foreign.status_code == 404
    assert two.theirs.workspace.name.encode() not in foreign.content


@pytest.mark.parametrize(
    "address", [one for one in WITH_ID if one.row != "membership"], ids=name_of
)
def test_it_answers_a_foreign_id_like_an_unknown_one(
    address: Address, two: Two, sign_in: SignIn
) -> None:
    client = sign_in("owner")
    ask = client.get if address.is_page else client.post

    unknown = ask(reverse(address.name, args=[uuid.uuid4()]))

    assert unknown.status_code == 404
    assert unknown.content == ask(address.url(two.theirs)).content


@pytest.mark.parametrize("address", CHANGING, ids=name_of)
def test_it_takes_no_action_without_the_forms_token(address: Address, two: Two, db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(two.ours.users["owner"])

    response = client.post(address.url(two.ours))

    assert response.status_code == 403
    assert b"Please try again" in response.content


def test_it_switches_only_to_workspaces_of_ones_own(two: Two, sign_in: SignIn) -> None:
    client = sign_in("viewer")
    target = two.theirs.workspace

    response = client.post(reverse("workspace_switch"), {"workspace": target.public_id})

    assert response.status_code == 404
    assert target.name.encode() not in client.get("/").content


def test_it_does_not_choose_products_of_another_workspace(two: Two, sign_in: SignIn) -> None:
    asked = {"store": two.ours.store.public_id, "product": two.theirs.products[0].public_id}

    page = sign_in("editor").get(reverse("batch_new"), asked)

    assert b"No product is chosen" in page.content


def test_it_does_not_filter_by_another_workspaces_store(two: Two, sign_in: SignIn) -> None:
    asked = {"store": two.theirs.store.public_id}

    assert sign_in("viewer").get(reverse("products"), asked).status_code == 404


def test_it_does_not_use_another_workspaces_preset_or_photo(two: Two, sign_in: SignIn) -> None:
    product, client = two.ours.products[0], sign_in("editor")
    foreign_preset = two.theirs.workspace.presets.first()
    own_preset = two.ours.workspace.presets.first()
    foreign_photo = two.theirs.products[0].images.first()
    assert foreign_preset is not None
    assert own_preset is not None
    assert foreign_photo is not None
    before = product.generations.count()

    client.post(
        reverse("product_generate", args=[product.pk]),
        {"preset": foreign_preset.pk, "publish": "none"},
    )
    answer = client.post(
        reverse("product_generate", args=[product.pk]),
        {"preset": own_preset.pk, "publish": "none", "source": foreign_photo.public_id},
    )

    assert answer.status_code == 404
    assert product.generations.count() == before
