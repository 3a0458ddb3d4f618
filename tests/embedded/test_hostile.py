"""What somebody tries who wants a token, or a dashboard, that is not theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.installation import rights_changed
from integrations.models import AccessToken, Store, SyncRun
from integrations.platforms.shopify.app import App
from productviz.accounts.models import Membership, Role, User
from tests.embedded.conftest import give_token, make_shop
from tests.embedded.shopify import SECRET, SHOP, Desk, session_token
from tests.factories import make_generation, make_preset, make_product, make_store, make_user

pytestmark = pytest.mark.django_db
OTHER = "other-shop.myshopify.com"
STAFF = "staff-901.quiet-harbour@shopify.invalid"


def visit(path: str = "/", shop: str = SHOP, **claims: Any) -> Any:
    """Open a page as Shopify does."""
    query = {"shop": shop, "embedded": "1", "id_token": session_token(shop, **claims)}
    return Client().get(path, query)


def bearer(shop: str = SHOP, **claims: Any) -> dict[str, str]:
    """The header of a later request."""
    return {"Authorization": f"Bearer {session_token(shop, **claims)}"}


@pytest.mark.parametrize("back", ["/\t/evil.com", "/\n/evil.com", "/\r\\evil.com", "///evil.com"])
def test_the_patch_page_leads_nowhere_else_by_white_space(back: str, app: App) -> None:
    """Browsers drop tabs and line breaks from an address before they read it."""
    query = {"shop": SHOP, "shopify-reload": back}

    assert Client().get("/shopify/session-token/", query).status_code == 404


@pytest.mark.parametrize("path", ["/%09/evil.com/", "/%5Cevil.com/", "/shopify/%0A/evil.com"])
def test_a_path_that_names_a_host_leads_no_token_there(path: str, desk: Desk) -> None:
    give_token(make_shop())

    launched = Client().get(f"{path}?embedded=1&shop={SHOP}")
    opened = visit(path)

    assert launched["Location"].startswith("/shopify/session-token/?")
    if not path.startswith("/shopify/"):  # that one leads to itself, which is no host
        assert Client().get(launched["Location"]).status_code == 404
    assert opened.get("Location", "/%").startswith("/%")


@pytest.mark.parametrize("address", [STAFF, STAFF.upper()])
def test_nobody_takes_a_staff_members_address_before_they_come(address: str, desk: Desk) -> None:
    """Shopify's word on who somebody is comes down to this address."""
    owner = make_user(make_store().workspace)
    browser = Client()
    browser.force_login(owner)

    browser.post("/accounts/email/", {"action_add": "", "email": address})
    browser.post("/accounts/email/", {"action_primary": "", "email": address})
    browser.post("/members/add/", {"email": address, "role": Role.VIEWER})

    assert visit().status_code == 200
    staff = Membership.objects.get(workspace__stores__base_url=f"https://{SHOP}").user
    assert (staff.email, staff.has_usable_password(), staff == owner) == (STAFF, False, False)
    assert staff.memberships.count() == 1


@pytest.mark.parametrize(
    "path", ["/admin/", "/accounts/password/set/", "/accounts/email/", "/accounts/password/change/"]
)
def test_a_session_token_opens_neither_accounts_nor_the_operators_pages(
    path: str, desk: Desk
) -> None:
    """A password set in the frame would let somebody in whom the shop has dismissed."""
    visit()
    User.objects.update(is_staff=True, is_superuser=True)

    by_header = Client().get(path, headers=bearer())

    for response in (by_header, visit(path)):
        assert response.status_code == 302
        assert "/login/" in response["Location"]


@pytest.mark.parametrize("path", ["/", "/shopify/", "/products/", "/no-such-page/"])
def test_an_address_with_a_token_is_kept_and_told_nowhere(path: str, desk: Desk) -> None:
    response = visit(path)

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"


def test_a_token_that_never_comes_ends_in_a_message_that_can_be_seen(app: App) -> None:
    back = {"shop": SHOP, "embedded": "1", "again": "1"}
    late = {**back, "id_token": session_token(exp=1)}

    for query in (back, late):
        response = Client().get("/", query)
        assert response.status_code == 401
        assert f"frame-ancestors https://{SHOP} " in response["Content-Security-Policy"]
        assert "X-Frame-Options" not in response


def test_a_shop_that_gives_too_little_is_not_asked_at_every_page(desk: Desk) -> None:
    desk.scope = "write_products"
    for _ in range(3):
        visit()
    assert desk.grants() == ["exchange"]
    assert SyncRun.objects.filter(state="queued").count() == 1

    rights_changed(Store.objects.get())
    desk.scope = "write_products,write_files"
    visit()

    assert desk.grants() == ["exchange"] * 2
    assert Store.objects.get().status == "connected"


def test_later_it_is_asked_again_without_a_notice(desk: Desk) -> None:
    desk.scope = "write_products"
    visit()
    AccessToken.objects.update(exchanged_at=timezone.now() - timedelta(minutes=11))

    visit()

    assert desk.grants() == ["exchange"] * 2


def test_rights_that_a_worker_heard_of_are_shown_at_the_next_visit(desk: Desk) -> None:
    store = make_shop(status="degraded", capabilities={"missing": ["Add files"]})
    give_token(store)

    visit()

    store.refresh_from_db()
    assert (store.status, store.capabilities["missing"]) == ("connected", [])
    assert desk.grants() == []


def test_no_log_line_holds_a_token(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(raise_request_exception=False)
    desk.answers = [(500, {"error": "shpat_in_an_error"})]
    tokens = [session_token() for _ in range(4)]

    down = client.get("/", {"shop": SHOP, "id_token": tokens[0]})
    installed = client.get("/", {"shop": SHOP, "id_token": tokens[1]})
    monkeypatch.setattr("generation.views.activity.page_of", lambda *args: 1 / 0)
    broken = client.get("/activity/", {"shop": SHOP, "id_token": tokens[2]})
    missing = client.get("/no-such-page/", {"shop": SHOP, "id_token": tokens[3]})

    answers = [down.status_code, installed.status_code, broken.status_code, missing.status_code]
    assert answers == [503, 200, 500, 404]
    logged = caplog.text
    assert "ZeroDivisionError" in logged
    for secret in (*tokens, "shpat_", "shprt_", SECRET, "id_token"):
        assert secret not in logged, secret


def test_a_member_of_one_shop_reaches_nothing_of_another(desk: Desk) -> None:
    visit()
    visit(shop=OTHER)
    theirs = Store.objects.get(base_url=f"https://{OTHER}")
    product = make_product(theirs)
    generation = make_generation(product, preset=make_preset(theirs.workspace))
    SyncRun.objects.update(state="done")
    member = theirs.workspace.memberships.get()
    addresses = (
        f"/stores/{theirs.public_id}/",
        f"/stores/{theirs.public_id}/sync/",
        f"/stores/{theirs.public_id}/disconnect/",
        f"/products/{product.public_id}/",
        f"/generations/{generation.public_id}/",
        f"/members/{member.pk}/role/",
        f"/members/{member.pk}/remove/",
    )

    for address in addresses:
        for method in (Client().get, Client().post):
            response = method(address, {"role": "viewer", "kind": "full"}, headers=bearer())
            assert response.status_code in (404, 405), address

    theirs.refresh_from_db()
    assert theirs.status == "connected"
    assert not SyncRun.objects.filter(state="queued").exists()
    assert theirs.workspace.memberships.get().role == Role.OWNER
