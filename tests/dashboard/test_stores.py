"""Stores: connecting, syncing, answering, disconnecting."""

from __future__ import annotations

import pytest
from django.urls import reverse

from integrations.models import Store, SyncRun
from tests.dashboard.conftest import SignIn, Two


def test_it_begins_a_sync_and_answers_its_question(two: Two, sign_in: SignIn) -> None:
    client, run = sign_in("editor"), two.ours.sync
    assert run is not None

    client.post(reverse("store_sync", args=[two.ours.store.pk]), {"kind": "changes"})
    client.post(reverse("sync_answer", args=[run.pk]), {"answer": "keep"})

    assert two.ours.store.sync_runs.latest("id").state == "queued"
    assert SyncRun.objects.get(pk=run.pk).state != "asking"


def test_it_disconnects_a_store_only_after_asking(two: Two, sign_in: SignIn) -> None:
    outlet = two.ours.workspace.stores.get(name="Outlet")
    Store.objects.filter(pk=outlet.pk).update(credentials={})
    client, url = sign_in("editor"), reverse("store_disconnect", args=[outlet.pk])

    client.get(url)
    before = Store.objects.get(pk=outlet.pk).status
    client.post(url)

    assert (before, Store.objects.get(pk=outlet.pk).status) == ("degraded", "disconnected")


@pytest.mark.parametrize("route", ["wc-auth", "keys", "pasted-password"])
def test_it_says_why_a_store_cannot_be_connected(route: str, two: Two, sign_in: SignIn) -> None:
    asked = {
        "platform": "woocommerce", "base_url": "http://127.0.0.1:9/", "route": route, "pasted": "1",
        "consumer_key": "ck_1", "consumer_secret": "cs_1", "username": "me", "password": "abcd",
    }  # fmt: skip

    page = sign_in("editor").post(reverse("store_connect"), asked)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert not Store.objects.filter(base_url__contains="127.0.0.1").exists()


def test_it_asks_for_what_a_pasted_route_needs(two: Two, sign_in: SignIn) -> None:
    asked = {"platform": "woocommerce", "base_url": "https://shop.example", "route": "keys"}

    page = sign_in("editor").post(reverse("store_connect"), asked)

    assert b"Consumer secret" in page.content
    assert not page.context["form"].errors
