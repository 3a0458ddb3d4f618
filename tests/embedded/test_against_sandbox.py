"""The app against a shop that keeps Shopify's rules: tokens that end one another, real hooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from integrations import work
from integrations.contract import NeedsMerchant
from integrations.models import AccessToken, InboundEvent, PrivacyRequest, Store
from integrations.platforms.shopify.app import App
from integrations.platforms.shopify.install import refresh
from integrations.registry import adapter_for
from integrations.sandbox.shopify import AppRegistration, SandboxShopify
from integrations.tokens import tokens_for
from productviz.lib.lease import new_owner

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def shopify(live_server: LiveServer, settings: Any) -> Iterator[SandboxShopify]:
    """A shop that has installed the app, with its webhooks pointed at us."""
    app = AppRegistration(client_secret="a-secret-of-the-sandbox-app-of-32-b")
    app.application_url = f"{live_server.url}/"
    app.subscribe("/webhooks/shopify")
    with SandboxShopify([{"name": "Mug", "sku": "MUG", "price": "9"}], app=app) as made:
        settings.SHOPIFY_APP = App(app.client_id, app.client_secret, sandbox_url=made.url)
        settings.OUTBOUND_ALLOW_HOSTS = [made.url.removeprefix("http://")]
        yield made


def visit(shopify: SandboxShopify) -> Store:
    query = {"shop": shopify.shop.domain, "embedded": "1", "id_token": shopify.session_token()}
    assert Client().get("/shopify/", query, follow=True).status_code == 200
    return Store.objects.get()


def age(store: Store) -> None:
    """Let the access token be about to end."""
    AccessToken.objects.filter(store=store).update(expires_at=timezone.now())


def settle() -> None:
    owner = new_owner()
    while work.events(owner) + work.privacy_requests(owner):
        pass


def test_a_visit_gives_access_and_a_renewal_keeps_it(shopify: SandboxShopify) -> None:
    store = visit(shopify)
    assert adapter_for(store).check().write_images

    first = AccessToken.objects.get(store=store).access
    age(store)

    assert adapter_for(store).check().write_images
    assert AccessToken.objects.get(store=store).access != first


def test_an_answer_that_nobody_saved_loses_nothing(shopify: SandboxShopify, settings: Any) -> None:
    """A worker died after Shopify had answered: the old refresh token still counts."""
    store = visit(shopify)
    row = AccessToken.objects.get(store=store)
    refresh(shopify.shop.domain, str(row.refresh), settings.SHOPIFY_APP)
    age(store)

    assert adapter_for(store).check().write_images


def test_a_new_visit_ends_the_workers_token_and_the_worker_goes_on(
    shopify: SandboxShopify,
) -> None:
    store = visit(shopify)
    old = tokens_for(store).current()
    AccessToken.objects.filter(store=store).update(scope="")  # as app/scopes_update leaves it
    visit(shopify)

    fresh = tokens_for(store).after_refusal(old)

    assert fresh == AccessToken.objects.get(store=store).access != old
    assert adapter_for(store).check().write_images


def test_uninstalling_and_installing_again(shopify: SandboxShopify) -> None:
    store = visit(shopify)

    shopify.application.uninstall(shopify.shop)
    shopify.application.hooks.run()
    settle()

    store.refresh_from_db()
    assert store.status == "disconnected"
    assert InboundEvent.objects.get(topic="app/uninstalled").note == "uninstalled"
    with pytest.raises(NeedsMerchant):
        tokens_for(store).current()

    shopify.install()
    assert visit(shopify) == store
    assert adapter_for(store).check().write_images


def test_a_shop_that_stays_away_is_erased(shopify: SandboxShopify) -> None:
    visit(shopify)
    shopify.application.uninstall(shopify.shop)
    shopify.application.comply(shopify.shop, "shop/redact")
    shopify.application.hooks.run()
    settle()

    assert PrivacyRequest.objects.get().state == "done"
    assert not Store.objects.exists()
    assert {one["status"] for one in shopify.delivered} == {200}


def test_a_dead_refresh_token_waits_for_the_merchant(shopify: SandboxShopify) -> None:
    store = visit(shopify)
    age(store)
    shopify.shop.tokens.clear()

    with pytest.raises(NeedsMerchant, match="Shopify admin"):
        adapter_for(store).check()
    store.refresh_from_db()
    assert store.status == "disconnected"

    assert adapter_for(visit(shopify)).check().write_images


def test_a_rotated_secret_interrupts_nothing(shopify: SandboxShopify, settings: Any) -> None:
    store = visit(shopify)
    shopify.application.rotate_secret("the-new-secret-of-the-sandbox-app-3")
    app = shopify.app
    settings.SHOPIFY_APP = App(
        app.client_id, app.client_secret, app.old_client_secret, sandbox_url=shopify.url
    )
    age(store)

    assert adapter_for(visit(shopify)).check().write_images
