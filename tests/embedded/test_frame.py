"""The dashboard in the frame of a shop's Admin: who gets in, and what every answer says."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from integrations import installation
from integrations.contract import NeedsMerchant
from integrations.models import AccessToken, Store, SyncRun
from integrations.platforms.shopify.app import App
from integrations.tokens import tokens_for
from productviz.accounts.models import Membership, Role, User, Workspace
from tests.embedded.conftest import give_token, make_shop
from tests.embedded.shopify import SHOP, Desk, session_token
from tests.embedded.test_session_tokens import FORGED
from tests.factories import make_product, make_store, make_user

pytestmark = pytest.mark.django_db
OTHER = "other-shop.myshopify.com"


@pytest.fixture
def client() -> Client:
    """A browser that checks CSRF as a real one would be checked."""
    return Client(enforce_csrf_checks=True)


def bearer(shop: str = SHOP, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {session_token(shop, **claims)}"}


def load(client: Client, path: str = "/shopify/", shop: str = SHOP, **claims: Any) -> Any:
    """Open a page as Shopify does, and follow to where it ends."""
    query = {
        "shop": shop,
        "host": "YWRtaW4",
        "embedded": "1",
        "id_token": session_token(shop, **claims),
    }
    return client.get(path, query, follow=True)


def installed(client: Client, shop: str = SHOP) -> Store:
    assert load(client, shop=shop).status_code == 200
    return Store.objects.get(base_url=f"https://{shop}")


def policy(response: Any) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split(";")
    return {words.split()[0]: " ".join(words.split()[1:]) for words in parts if words.strip()}


def test_the_first_visit_installs(client: Client, desk: Desk) -> None:
    response = load(client)

    assert response.status_code == 200
    assert response.redirect_chain[0][0].startswith("/?")
    store = Store.objects.get()
    assert (store.platform, store.base_url) == ("shopify", f"https://{SHOP}")
    assert (store.status, store.name) == ("connected", "Quiet Harbour")
    assert store.workspace.name == "Quiet Harbour"
    assert store.workspace.presets.exists()
    assert store.capabilities["write_images"] is True
    assert SyncRun.objects.get().kind == "full"
    membership = Membership.objects.get()
    assert (membership.role, str(membership.user)) == ("owner", "Shopify staff 901")
    assert membership.user.has_usable_password() is False
    assert desk.grants() == ["exchange"]
    assert AccessToken.objects.get(store=store).access == "shpat_1"


def test_the_second_person_joins_as_editor_and_asks_for_no_token(
    client: Client, desk: Desk
) -> None:
    store = installed(client)

    load(client, sub="902")

    assert list(store.workspace.memberships.order_by("id").values_list("role", flat=True)) == [
        Role.OWNER,
        Role.EDITOR,
    ]
    assert desk.grants() == ["exchange"]


def test_a_known_shop_keeps_its_workspace(client: Client, desk: Desk) -> None:
    workspace = Workspace.objects.create(name="Ours")
    make_user(workspace)
    make_shop(workspace=workspace, status="disconnected")

    load(client)

    store = Store.objects.get()
    assert (store.workspace, store.status) == (workspace, "connected")
    assert store.workspace.memberships.get(user__name="Shopify staff 901").role == Role.EDITOR


@pytest.mark.parametrize(
    "state",
    [{"is_dead": True}, {"scope": "read_products"}, {"access": ""}],
    ids=["dead", "too few scopes", "empty"],
)
def test_a_visit_mends_the_access(state: dict[str, Any], client: Client, desk: Desk) -> None:
    store = make_shop()
    give_token(store, **state)

    load(client)

    row = AccessToken.objects.get(store=store)
    assert (row.access, row.version, row.is_dead) == ("shpat_1", 2, False)


def test_a_shop_that_grants_too_little_is_told_what_is_missing(client: Client, desk: Desk) -> None:
    desk.scope = "write_products"

    store = installed(client)

    assert store.status == "degraded"
    assert "Add files" in store.status_reason
    assert store.capabilities["write_images"] is False


def test_a_page_without_a_token_goes_by_way_of_the_patch_page(client: Client, app: App) -> None:
    response = client.get("/shopify/", {"shop": SHOP, "host": "YWRtaW4"})

    there = urlsplit(response["Location"])
    back = urlsplit(parse_qs(there.query)["shopify-reload"][0])
    assert (response.status_code, there.path) == (302, "/shopify/session-token/")
    assert back.path == "/shopify/"
    assert parse_qs(back.query)["host"] == ["YWRtaW4"]
    patch = client.get(response["Location"])
    assert patch.content.decode() == (
        f'<script data-api-key="{app.client_id}"'
        ' src="https://cdn.shopify.com/shopifycloud/app-bridge.js"></script>'
    )
    assert policy(patch)["frame-ancestors"] == f"https://{SHOP} https://admin.shopify.com"
    assert "https://cdn.shopify.com" in policy(patch)["script-src"]
    assert "X-Frame-Options" not in patch


@pytest.mark.parametrize(
    "shop", ["", "evil.com", f"{SHOP}.evil.com", "x; script-src *", "a.myshopify.com/../b"]
)
def test_a_shop_that_is_none_gets_no_patch_page(shop: str, client: Client, app: App) -> None:
    query = {"shop": shop, "shopify-reload": "/"}

    assert client.get("/shopify/session-token/", query).status_code == 404
    refused = client.get("/shopify/", {"shop": shop})
    assert refused.status_code == 401
    assert policy(refused)["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("back", ["https://evil.com/", "//evil.com/", "/\\evil.com", "", "x"])
def test_the_patch_page_leads_nowhere_else(back: str, client: Client, app: App) -> None:
    query = {"shop": SHOP, "shopify-reload": back}

    assert client.get("/shopify/session-token/", query).status_code == 404


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_opens_nothing(changes: dict[str, Any], client: Client, desk: Desk) -> None:
    store = installed(client)
    before = Workspace.objects.count(), User.objects.count(), len(desk.asked)

    for method in (client.get, client.post):
        for path in ("/", "/products/", f"/stores/{store.public_id}/sync/", "/shopify/"):
            response = method(path, headers=bearer(**changes))
            assert response.status_code == 401, path
            assert response["X-Shopify-Retry-Invalid-Session-Request"] == "1"
            assert "Quiet Harbour" not in response.content.decode()
    page = client.get("/", {"shop": SHOP, "id_token": session_token(**changes)})
    assert page.status_code == 302
    assert urlsplit(page["Location"]).path == "/shopify/session-token/"
    again = client.get("/", {"shop": SHOP, "id_token": session_token(**changes), "again": "1"})
    assert again.status_code == 401

    assert before == (Workspace.objects.count(), User.objects.count(), len(desk.asked))


def test_the_shop_in_an_address_is_no_authority(client: Client, desk: Desk) -> None:
    installed(client)
    installed(client, OTHER)

    assert client.get("/", {"shop": SHOP}).status_code == 302  # to the sign-in page
    mine = client.get("/stores/", {"shop": SHOP}, headers=bearer(OTHER))

    assert "Other Shop" in mine.content.decode()
    assert "Quiet Harbour" not in mine.content.decode()


def test_every_answer_may_be_framed_by_this_shops_admin_only(client: Client, desk: Desk) -> None:
    store = installed(client)
    installed(client, OTHER)
    theirs = make_product(Store.objects.get(base_url=f"https://{OTHER}"))

    for path, status in (
        ("/", 200),
        ("/products/", 200),
        (f"/stores/{store.public_id}/", 200),
        (f"/products/{theirs.public_id}/", 404),
        ("/no-such-page/", 404),
        (f"/stores/{store.public_id}/sync/", 405),
    ):
        response = client.get(path, headers=bearer())
        assert response.status_code == status, path
        sandbox = desk.server.url_for("").rstrip("/")
        found = policy(response)
        assert found["frame-ancestors"] == f"https://{SHOP} https://admin.shopify.com {sandbox}"
        assert found["script-src"] == f"'self' https://cdn.shopify.com {sandbox}"
        assert "X-Frame-Options" not in response
        assert response.cookies == {}


def test_an_error_of_ours_may_be_framed_too(
    client: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(client)
    monkeypatch.setattr("generation.views.activity.page_of", lambda *args: 1 / 0)
    client.raise_request_exception = False

    response = client.get("/activity/", headers=bearer())

    assert response.status_code == 500
    assert SHOP in policy(response)["frame-ancestors"]
    assert "X-Frame-Options" not in response


def test_outside_of_the_frame_nothing_changes(client: Client, app: App) -> None:
    response = client.get("/accounts/login/")

    assert response["X-Frame-Options"] == "DENY"
    assert policy(response)["frame-ancestors"] == "'none'"
    assert policy(response)["script-src"] == "'self'"
    assert "app-bridge" not in response.content.decode()


def test_app_bridge_is_the_first_script(client: Client, app: App) -> None:
    store = make_shop()
    give_token(store)

    html = load(client).content.decode()

    assert re.search(r"<script[^>]*>", html)[0] == (  # type: ignore[index]
        '<script src="https://cdn.shopify.com/shopifycloud/app-bridge.js">'
    )
    assert f'<meta name="shopify-api-key" content="{app.client_id}">' in html
    assert "Sign out" not in html
    assert "Connect a store" not in html


def test_a_form_needs_no_cookie_and_says_what_it_did(client: Client, desk: Desk) -> None:
    store = installed(client)
    SyncRun.objects.update(state="done")

    posted = client.post(f"/stores/{store.public_id}/sync/", {"kind": "full"}, headers=bearer())
    page = client.get(posted["Location"], headers=bearer())
    later = client.get(posted["Location"], headers=bearer())

    assert (posted.status_code, posted.cookies) == (302, {})
    assert "The sync has begun." in page.content.decode()
    assert "The sync has begun." not in later.content.decode()
    assert SyncRun.objects.filter(state="queued").count() == 1


def test_news_reach_only_the_person_they_are_for(client: Client, desk: Desk) -> None:
    store = installed(client)
    load(client, sub="902")
    client.post(f"/stores/{store.public_id}/sync/", headers=bearer())

    assert "The sync has begun." not in client.get("/", headers=bearer(sub="902")).content.decode()
    assert "The sync has begun." in client.get("/", headers=bearer()).content.decode()


def test_a_post_with_the_token_in_its_address_is_refused(client: Client, desk: Desk) -> None:
    """Only a header cannot be sent by another site's form."""
    store = installed(client)
    SyncRun.objects.update(state="done")

    response = client.post(f"/stores/{store.public_id}/sync/?id_token={session_token()}")

    assert response.status_code == 403
    assert SyncRun.objects.filter(state="queued").count() == 0


def test_a_cookie_of_somebody_else_counts_for_nothing(client: Client, desk: Desk) -> None:
    installed(client)
    stranger = make_user(make_store().workspace)
    client.force_login(stranger)

    html = client.get("/stores/", headers=bearer()).content.decode()

    assert "Quiet Harbour" in html
    assert str(stranger) not in html


def test_a_role_counts_inside_the_frame(client: Client, desk: Desk) -> None:
    store = installed(client)
    load(client, sub="902")
    Membership.objects.filter(user__name="Shopify staff 902").update(role=Role.VIEWER)
    member = bearer(sub="902")

    assert client.post(f"/stores/{store.public_id}/sync/", headers=member).status_code == 403
    assert client.get("/members/", headers=member).status_code == 403


def test_a_person_who_was_switched_off_stays_out(client: Client, desk: Desk) -> None:
    installed(client)
    User.objects.update(is_active=False)

    assert load(client).status_code == 401
    assert client.get("/", headers=bearer()).status_code == 401


def test_a_request_of_a_shop_that_is_not_installed_installs_nothing(
    client: Client, desk: Desk
) -> None:
    assert client.get("/", headers=bearer()).status_code == 401
    assert Store.objects.count() == 0


@pytest.mark.parametrize(
    ("answer", "status"),
    [((500, {}), 503), ((401, {"error": "invalid_client"}), 503)],
    ids=["down", "wrong keys"],
)
def test_a_shop_that_gives_no_access_is_told_so(
    answer: tuple[int, object], status: int, client: Client, desk: Desk
) -> None:
    desk.answers = [answer] * 3

    response = load(client)

    assert response.status_code == status
    assert "Nothing in your store was changed" in response.content.decode()
    assert SHOP in policy(response)["frame-ancestors"]
    assert Store.objects.get().status == "disconnected"
    desk.answers = []
    assert load(client).status_code == 200


def test_a_used_up_token_is_asked_for_again(client: Client, desk: Desk) -> None:
    desk.answers = [(400, {"error": "invalid_subject_token"})]
    query = {"shop": SHOP, "id_token": session_token()}

    response = client.get("/", query)

    assert urlsplit(response["Location"]).path == "/shopify/session-token/"


def test_api_keys_are_looked_at_by_the_api_alone(client: Client, app: App) -> None:
    response = client.get("/api/v1/me", headers={"Authorization": "Bearer pk_live_x"})

    assert response.status_code == 401
    assert "X-Shopify-Retry-Invalid-Session-Request" not in response


def test_without_an_app_there_is_nothing_to_open(client: Client, settings: Any) -> None:
    settings.SHOPIFY_APP = App()

    assert client.get("/shopify/", {"shop": SHOP}).status_code == 404
    assert client.get("/", headers=bearer()).status_code == 302


def test_a_shop_belongs_to_one_workspace(client: Client, desk: Desk) -> None:
    installed(client)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_shop()

    assert Store.objects.count() == 1


def test_outside_of_the_frame_the_next_step_is_named(desk: Desk) -> None:
    store = make_shop()
    give_token(store, expires_at=timezone.now())
    with pytest.raises(NeedsMerchant):
        tokens_for(store).current()
    browser = Client()
    browser.force_login(make_user(store.workspace))

    home = browser.get("/").content.decode()
    page = browser.get(f"/stores/{store.public_id}/").content.decode()

    for html in (home, page):
        assert "Open ProductViz in your Shopify admin to connect it again." in html
    assert f'href="https://{SHOP}/admin/apps"' in page
    assert "route=wc-auth" not in page
    assert "Disconnect this store" not in page


def test_two_first_visits_at_once_make_one_workspace(client: Client, desk: Desk) -> None:
    """The second visit finds the shop made between its look and its own try."""
    installed(client)

    again = installation._new_store(SHOP)

    assert again == Store.objects.get()
    assert Workspace.objects.count() == 1
