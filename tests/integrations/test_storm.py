"""Webhooks by the thousand: few looks, a short queue, and never a loop."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations import hints, inbox
from integrations.contract import (
    EventKind,
    InboundRequest,
    Product,
    ProductRef,
    ProductType,
    StoreEvent as Hint,
)
from integrations.models import InboundEvent, Product as Row, Store, SyncRun
from integrations.platforms.woocommerce.adapter import WooCommerceAdapter
from productviz.lib.lease import claim, new_owner
from tests.factories import make_product, make_store
from tests.integrations.conftest import drain

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Shop:
    """A store whose products are read from here; ``reads`` counts the looks at each."""

    store: Store
    updated_at: datetime = NOON
    reads: Counter[str] = field(default_factory=Counter)

    def hint(self, number: int, **body: Any) -> int:
        """A signed webhook about a product."""
        text = json.dumps({"id": number, **body}).encode()
        signature = hmac.digest(str(self.store.inbox_secret).encode(), text, hashlib.sha256)
        headers = {
            "x-wc-webhook-topic": "product.updated",
            "x-wc-webhook-signature": base64.b64encode(signature).decode(),
        }
        return inbox.receive(self.store.inbox_token, headers, text)

    def product(self, ref: ProductRef) -> Product:
        """What the store answers."""
        self.reads[ref.external_id] += 1
        return Product(
            external_id=ref.external_id,
            title="Mug",
            sku="",
            type=ProductType.SIMPLE,
            status="active",
            url="",
            updated_at=self.updated_at,
            images=(),
        )

    def parse(self, request: InboundRequest, *, secret: str) -> Hint:
        """As Shopify's webhooks, whose stamps can be believed."""
        body = json.loads(request.body)
        stamp = datetime.fromisoformat(body["updated_at"]) if "updated_at" in body else None
        refs = (ProductRef(str(body["id"])),)
        return Hint(EventKind.PRODUCT_CHANGED, "products/update", refs, updated_at=stamp)


@pytest.fixture
def shop(transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Shop:
    """A store, and the quiet of a real installation."""
    settings.WEBHOOK_QUIET_SECONDS = 60.0
    made = Shop(make_store())
    monkeypatch.setattr(WooCommerceAdapter, "__init__", lambda self, *args: None)
    monkeypatch.setattr(WooCommerceAdapter, "product", lambda self, ref: made.product(ref))
    return made


@pytest.fixture
def stamped(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A store whose webhooks carry the product's stamp."""
    monkeypatch.setattr(
        WooCommerceAdapter,
        "parse_event",
        lambda self, request, secret: shop.parse(request, secret=secret),
    )
    return shop


def waiting() -> InboundEvent:
    return InboundEvent.objects.get(state=InboundEvent.State.RECEIVED)


def later(seconds: float) -> None:
    """Let time pass for what waits."""
    passed = timedelta(seconds=seconds)
    for row in InboundEvent.objects.all():
        if row.not_before is not None:
            row.not_before, row.created_at = row.not_before - passed, row.created_at - passed
            row.save(update_fields=["not_before", "created_at"])


def test_a_thousand_hints_at_one_product_are_one_look(shop: Shop) -> None:
    for price in range(1000):
        assert shop.hint(7, price=price) == 200
    assert drain() == 0
    assert waiting().hints == 1000

    later(61)
    drain()

    assert shop.reads == {"7": 1}
    assert InboundEvent.objects.count() == 1


def test_hints_over_many_products_are_one_look_each(shop: Shop) -> None:
    products = 100
    for number in range(2_000):
        assert shop.hint(number % products + 1) == 200
    assert InboundEvent.objects.count() == products

    later(61)
    drain()

    assert set(shop.reads.values()) == {1}
    assert len(shop.reads) == products


def test_a_product_is_looked_at_when_it_has_been_quiet(shop: Shop) -> None:
    shop.hint(7)
    later(40)
    shop.hint(7)
    later(40)
    assert drain() == 0
    later(21)
    drain()
    assert shop.reads == {"7": 1}


def test_a_product_that_is_never_quiet_is_looked_at_all_the_same(shop: Shop) -> None:
    for _ in range(50):
        shop.hint(7)
        later(30)
        drain()
    # 25 minutes of a change every half minute, a look at most every ten.
    assert shop.reads == {"7": 2}


def test_the_newest_hint_wins(shop: Shop) -> None:
    shop.hint(7, price="1")
    shop.hint(7, price="2")
    assert json.loads(bytes(waiting().body))["price"] == "2"


def test_a_deletion_and_a_change_are_hints_at_the_same_product(shop: Shop) -> None:
    one = Hint(EventKind.PRODUCT_CHANGED, "", (ProductRef("7"),))
    other = Hint(EventKind.PRODUCT_DELETED, "", (ProductRef("7"),))
    assert hints.dedupe_key(one) == hints.dedupe_key(other)


def test_a_hint_that_comes_during_the_look_is_not_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.hint(7)
    later(61)
    look = shop.product

    def changing(ref: ProductRef) -> Product:
        found = look(ref)
        if shop.reads["7"] == 1:
            assert shop.hint(7) == 200
        return found

    monkeypatch.setattr(shop, "product", changing)
    drain()
    assert waiting().lease_owner == ""
    later(61)
    drain()
    assert shop.reads == {"7": 2}
    assert InboundEvent.objects.get().state == InboundEvent.State.PROCESSED


def test_a_full_inbox_still_takes_hints_at_what_waits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "MAX_WAITING", 2)
    monkeypatch.setattr(hints, "FLOOD_SECONDS", -1.0)  # count every time
    assert [shop.hint(number) for number in (1, 2, 3, 4)] == [200, 200, 200, 429]
    assert shop.hint(2) == 200
    assert InboundEvent.objects.count() == 3


def test_what_was_read_since_is_not_read_again(stamped: Shop) -> None:
    Row.objects.create(store=stamped.store, external_id="7", title="Mug", remote_updated_at=NOON)
    for stamp in (NOON - timedelta(hours=1), NOON):
        stamped.hint(7, updated_at=stamp.isoformat())
    later(61)
    drain()
    assert stamped.reads == {}
    assert InboundEvent.objects.get().note == "read since"


@pytest.mark.parametrize("stamp", [NOON + timedelta(seconds=1), NOON.replace(year=2099), None])
def test_what_is_newer_or_not_dated_is_read(stamped: Shop, stamp: datetime | None) -> None:
    Row.objects.create(store=stamped.store, external_id="7", title="Mug", remote_updated_at=NOON)
    body = {} if stamp is None else {"updated_at": stamp.isoformat()}
    stamped.hint(7, updated_at=(NOON - timedelta(hours=1)).isoformat())
    stamped.hint(7, **body)
    # Out of order: the newest stamp counts, not the last.
    if stamp is not None:
        stamped.hint(7, updated_at=(NOON - timedelta(hours=2)).isoformat())
    later(61)
    drain()
    assert stamped.reads == {"7": 1}
    # A stamp from the future moved nothing but this one look.
    assert Row.objects.get(external_id="7").remote_updated_at == NOON


def test_a_product_that_is_gone_here_is_read_whatever_the_stamp(stamped: Shop) -> None:
    Row.objects.create(
        store=stamped.store,
        external_id="7",
        title="Mug",
        remote_updated_at=NOON,
        status=Row.Status.DELETED,
    )
    stamped.hint(7, updated_at=NOON.isoformat())
    later(61)
    drain()
    assert Row.objects.get(external_id="7").status == Row.Status.ACTIVE


def test_a_hint_names_products_of_its_own_store_only(shop: Shop) -> None:
    other = make_product()
    shop.hint(int(other.external_id))
    later(61)
    drain()
    other.refresh_from_db()
    assert other.title != "Mug"
    assert Row.objects.get(store=shop.store).external_id == other.external_id


def test_two_workers_never_look_at_the_same_hint(shop: Shop) -> None:
    shop.hint(7)
    later(61)
    rows = InboundEvent.objects.filter(state=InboundEvent.State.RECEIVED)
    assert len(claim(rows, owner=new_owner(), limit=5)) == 1
    assert claim(rows, owner=new_owner(), limit=5) == []


def test_hints_move_no_watermark(stamped: Shop) -> None:
    until = timezone.now() - timedelta(hours=1)
    Store.objects.update(synced_until=until)
    stamped.hint(7, updated_at="2099-01-01T00:00:00+00:00")
    later(61)
    drain()
    stamped.store.refresh_from_db()
    assert stamped.store.synced_until == until
    assert not SyncRun.objects.exists()
