"""Expiring tokens: one question a pair, however many ask, and no crash that loses a shop."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from integrations import tokens
from integrations.contract import NeedsMerchant, PlatformError, Retryable
from integrations.models import AccessToken
from integrations.platforms.shopify.install import StaleSessionToken, Visitor, refresh
from integrations.tokens import exchange_for, renew_ending, tokens_for
from productviz.lib.lease import claim, new_owner
from tests.embedded.conftest import give_token, make_shop
from tests.embedded.shopify import SHOP, Desk, session_token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def visitor() -> Visitor:
    return Visitor(shop=SHOP, user_id="901", token=session_token())


def soon() -> dict[str, Any]:
    return {"expires_at": timezone.now() + timedelta(minutes=4)}


def test_it_keeps_a_token_with_time_left(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk)

    assert tokens_for(store).current() == "shpat_first"
    assert desk.asked == []


def test_it_renews_before_the_last_five_minutes(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk, **soon())

    assert tokens_for(store).current() == "shpat_1"

    row = AccessToken.objects.get(store=store)
    assert (row.access, row.refresh, row.version) == ("shpat_1", "shprt_1", 2)
    assert row.expires_at is not None
    assert row.expires_at > timezone.now() + timedelta(minutes=55)
    assert row.refresh_expires_at is not None
    assert row.refresh_expires_at > timezone.now() + timedelta(days=89)
    assert desk.asked[0]["refresh_token"] == "shprt_first"


def test_a_refused_token_that_was_replaced_asks_nobody(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk)

    assert tokens_for(store).after_refusal("shpat_older") == "shpat_first"
    assert desk.asked == []


def test_a_refused_token_is_renewed_although_time_is_left(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk)

    assert tokens_for(store).after_refusal("shpat_first") == "shpat_1"
    assert desk.grants() == ["refresh"]


def test_ten_refusals_at_once_ask_once(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk)
    desk.delay = 0.5
    got: list[str] = []
    start = threading.Barrier(10)

    def work() -> None:
        try:
            start.wait()
            got.append(tokens_for(store).after_refusal("shpat_first"))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == ["shpat_1"] * 10
    assert desk.grants() == ["refresh"]


def test_two_visits_at_once_exchange_once(desk: Desk) -> None:
    store = make_shop()
    desk.delay = 0.4
    got: list[str] = []
    start = threading.Barrier(4)

    def work() -> None:
        try:
            start.wait()
            got.append(exchange_for(store, visitor()).access)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == ["shpat_1"] * 4
    assert desk.grants() == ["exchange"]


def test_an_answer_without_times_does_not_switch_renewal_off(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk, **soon())
    desk.without = ("expires_in", "refresh_token_expires_in", "scope")

    assert tokens_for(store).current() == "shpat_1"

    row = AccessToken.objects.get(store=store)
    assert row.expires_at is not None
    assert timedelta(minutes=50) < row.expires_at - timezone.now() < timedelta(minutes=61)
    assert row.refresh_expires_at is not None
    assert row.refresh_expires_at - timezone.now() > timedelta(days=89)
    assert row.scope == "write_products,write_files"


def test_an_answer_without_a_refresh_token_keeps_the_old_one(desk: Desk) -> None:
    store = make_shop()
    before = give_token(store, desk, **soon())
    desk.without = ("refresh_token", "refresh_token_expires_in")

    tokens_for(store).current()

    row = AccessToken.objects.get(store=store)
    assert (row.access, row.refresh) == ("shpat_1", "shprt_first")
    assert row.refresh_expires_at == before.refresh_expires_at


def test_a_dead_refresh_token_needs_the_merchant_and_is_not_tried_again(desk: Desk) -> None:
    store = make_shop()
    give_token(store, **soon())

    for _ in range(3):
        with pytest.raises(NeedsMerchant, match="Open ProductViz in your Shopify admin"):
            tokens_for(store).current()

    assert desk.grants() == ["refresh"]
    store.refresh_from_db()
    assert store.status == "disconnected"
    assert store.status_reason == "Open ProductViz in your Shopify admin to connect it again."


def test_a_visit_brings_a_dead_shop_back(desk: Desk) -> None:
    store = make_shop()
    give_token(store, is_dead=True)

    exchange_for(store, visitor(), seen=1)

    assert tokens_for(store).current() == "shpat_1"


@pytest.mark.parametrize(
    "answer", [(500, {}), (503, "<html>busy</html>"), (200, "<html>hello</html>"), (200, {})]
)
def test_an_answer_that_is_none_is_tried_again_later(
    desk: Desk, answer: tuple[int, object]
) -> None:
    store = make_shop()
    give_token(store, desk, expires_at=timezone.now())
    desk.answers = [answer] * 3

    with pytest.raises(Retryable):
        tokens_for(store).current()
    desk.answers = []

    assert tokens_for(store).current() == "shpat_1"


def test_a_slow_shop_does_not_stop_what_the_old_token_still_allows(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk, **soon())
    desk.answers = [(500, {})] * 3

    assert tokens_for(store).current() == "shpat_first"


def test_a_process_that_dies_between_answer_and_saving_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_shop()
    row = give_token(store, desk, **soon())
    claim(AccessToken.objects.filter(pk=row.pk), owner=new_owner(), limit=1)
    desk.refresh_tokens.add("shprt_lost")  # the answer that nobody saved
    monkeypatch.setattr(tokens, "WAIT_SECONDS", 0.3)

    assert tokens_for(store).current() == "shpat_first"  # the lease still runs
    AccessToken.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert tokens_for(store).current() == "shpat_1"
    assert desk.asked[-1]["refresh_token"] == "shprt_first"


def test_a_result_that_came_too_late_is_dropped(desk: Desk) -> None:
    """The lease ran out while the shop was slow, and somebody else has renewed meanwhile."""
    store = make_shop()
    row = give_token(store, desk)

    def slow(now: AccessToken) -> Any:
        AccessToken.objects.filter(pk=row.pk).update(
            access="shpat_other", version=2, lease_owner="other"
        )
        return refresh(SHOP, str(now.refresh), settings.SHOPIFY_APP)

    found = tokens._next(row, slow)

    assert found.access == "shpat_other"


def test_a_session_token_that_shopify_refuses_is_stale(desk: Desk) -> None:
    store = make_shop()
    desk.answers = [(400, {"error": "invalid_subject_token"})]

    with pytest.raises(StaleSessionToken):
        exchange_for(store, visitor())

    assert AccessToken.objects.get(store=store).lease_owner == ""


def test_wrong_keys_of_the_app_are_the_operators_matter(desk: Desk) -> None:
    store = make_shop()
    give_token(store, desk, **soon())
    desk.answers = [(401, {"error": "invalid_client"})]

    with pytest.raises(PlatformError, match="PRODUCTVIZ_SHOPIFY_CLIENT_ID"):
        tokens_for(store).current()

    assert AccessToken.objects.get(store=store).is_dead is False


def test_the_day_renews_what_ends_within_a_month_and_nothing_else(desk: Desk) -> None:
    idle, busy, gone = make_shop(), make_shop("b1.myshopify.com"), make_shop("c1.myshopify.com")
    near = timezone.now() + timedelta(days=29)
    give_token(idle, desk, refresh_expires_at=near)
    give_token(busy, desk)
    give_token(gone, desk, refresh_expires_at=near)
    gone.status = "disconnected"
    gone.save(update_fields=["status"])

    assert renew_ending() == 1

    assert [row.version for row in AccessToken.objects.order_by("id")] == [2, 1, 1]


def test_one_dead_shop_does_not_stop_the_daily_renewal(desk: Desk) -> None:
    near = timezone.now() + timedelta(days=2)
    give_token(make_shop("a1.myshopify.com"), refresh="shprt_gone", refresh_expires_at=near)
    give_token(make_shop(), desk, refresh_expires_at=near)

    assert renew_ending() == 1


def test_secrets_are_encrypted_and_hidden(desk: Desk) -> None:
    store = make_shop()
    row = give_token(store, desk)

    with connection.cursor() as cursor:
        cursor.execute("SELECT access, refresh FROM integrations_accesstoken")
        stored = str(cursor.fetchall())

    assert "shpat" not in stored
    assert "shprt" not in stored
    row.refresh_from_db()
    assert "shpat" not in repr(vars(row))
