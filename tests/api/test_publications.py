"""Publications by the API, to a WooCommerce store over real HTTP: written once, undone exactly."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from generation.models import Asset
from integrations import publish
from integrations.models import Product, Publication
from integrations.sandbox.woocommerce import SandboxStore
from productviz.accounts.models import AuditEntry
from productviz.outbox.models import Event
from tests.api.caller import Caller
from tests.api.shops import (
    Shop,
    allow as allow,
    connect_woo,
    drain,
    gallery,
    hurry,
    make_asset,
    site as site,
    told,
    woo as woo,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


class Desk:
    """A connected WooCommerce store, and whoever publishes to it."""

    def __init__(self, woo: SandboxStore) -> None:
        self.woo, self.caller = woo, Caller()
        self.store = connect_woo(self.caller, woo)
        self.mug = Product.objects.get(sku="MUG")
        self.asset = make_asset(self.mug)
        self.keys = iter(range(1000))

    def body(self, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A request: by default the picture in the first photograph's place, at once."""
        photo = self.mug.images.order_by("position")[0]
        usual = {"asset": self.asset.public_id, "action": "replace", "replaces": photo.public_id}
        return {
            "product": self.mug.public_id,
            "items": list(items) or [usual],
            "approve": True,
            **fields,
        }

    def ask(self, *items: dict[str, Any], **fields: Any) -> tuple[int, Any]:
        """POST it."""
        key = f"k{next(self.keys)}"
        return self.caller.post("/publications", self.body(*items, **fields), key=key)

    def publish(self, *items: dict[str, Any], **fields: Any) -> Any:
        """Ask and work; the publication afterwards."""
        status, made = self.ask(*items, **fields)
        assert status == 202, made
        drain()
        return self.seen(made)

    def seen(self, made: Any) -> Any:
        """The publication now."""
        return self.caller.get(f"/publications/{made['id']}")[1]

    def do(self, made: Any, what: str, body: Any = None) -> tuple[int, Any]:
        """POST to one of its addresses."""
        key = f"k{next(self.keys)}"
        return self.caller.post(f"/publications/{made['id']}/{what}", body, key=key)


@pytest.fixture
def desk(woo: SandboxStore, site: str) -> Desk:
    """A synced store."""
    return Desk(woo)


def pk(made: Any) -> Any:
    return Publication.objects.latest("id").pk if made is None else _row(made).pk


def _row(made: Any) -> Publication:
    return next(row for row in Publication.objects.all() if row.public_id == made["id"])


def test_it_publishes_and_puts_back_exactly(desk: Desk) -> None:
    before = gallery(desk.woo, "MUG")
    status, made = desk.ask(metadata={"order": "A-17"})
    assert (status, made["status"], made["items"][0]["status"]) == (202, "queued", "queued")
    assert desk.caller.last["Location"] == f"/api/v1/publications/{made['id']}"
    drain()

    shown = desk.seen(made)
    assert (shown["status"], shown["error"], shown["metadata"]) == (
        "published",
        None,
        {"order": "A-17"},
    )
    item = shown["items"][0]
    after = gallery(desk.woo, "MUG")
    assert (item["status"], item["action"]) == ("published", "replace")
    assert str(after[0][0]) == item["remote_id"]
    assert after[1:] == before[1:]
    assert shown["snapshot_id"].startswith("snp_")
    assert [one["external_id"] for one in shown["gallery_before"]] == [str(n) for n, _ in before]

    status, rolling = desk.do(made, "rollback")
    assert (status, rolling["status"]) == (202, "rolling_back")
    drain()
    shown = desk.seen(made)
    assert (shown["status"], shown["differences"]) == ("rolled_back", [])
    assert gallery(desk.woo, "MUG") == before
    status, again = desk.do(made, "rollback")
    assert (status, again) == (200, shown), "twice is once"
    assert told(pk(made)) == [
        "publication.requested",
        "publication.published",
        "publication.rolled_back",
    ]
    sequences = Event.objects.filter(object_id=pk(made)).order_by("id")
    assert len({one.sequence for one in sequences}) == 3
    assert AuditEntry.objects.filter(object_id=made["id"]).count() == 3


def test_it_waits_for_a_persons_yes(desk: Desk) -> None:
    status, made = desk.ask(approve=False)
    assert (status, made["status"]) == (202, "pending_approval")
    assert drain() == 0
    status, approved = desk.do(made, "approve")
    assert (status, approved["status"]) == (202, "queued")
    drain()
    assert desk.seen(made)["status"] == "published"
    assert desk.do(made, "approve")[0] == 200
    assert _row(made).approved_by == desk.caller.key.created_by


def test_it_gives_up_what_is_not_written(desk: Desk) -> None:
    made = desk.ask(approve=False)[1]
    status, canceled = desk.do(made, "cancel")
    assert (status, canceled["status"]) == (200, "canceled")
    status, problem = desk.do(made, "approve")
    assert (status, problem["code"], problem["current_status"]) == (
        409,
        "state_conflict",
        "canceled",
    )
    assert desk.do(made, "rollback")[1]["current_status"] == "canceled"
    assert desk.do(made, "retry")[1]["current_status"] == "canceled"
    assert desk.do(made, "confirm", confirmed(desk.asset))[1]["current_status"] == "canceled"


def confirmed(asset: Asset, **fields: Any) -> dict[str, Any]:
    return {"items": [{"asset": asset.public_id, "ok": True, **fields}]}


def test_several_pictures_go_where_they_are_told(desk: Desk) -> None:
    before = gallery(desk.woo, "MUG")
    first, last = make_asset(desk.mug, "first"), make_asset(desk.mug, "last")
    shown = desk.publish(
        {"asset": last.public_id, "action": "add", "alt_text": "From behind"},
        {"asset": first.public_id, "action": "set_primary", "position": 0, "alt_text": "Main"},
        originals="keep",
    )

    after = gallery(desk.woo, "MUG")
    assert shown["status"] == "published", shown["error"]
    assert [alt for _, alt in after] == ["Main", "", "", "From behind"]
    assert after[1:3] == before


@pytest.mark.parametrize(
    ("item", "fields", "pointer"),
    [
        ({"roles": ["image"]}, {}, "/items/0/roles"),
        ({"position": 3}, {}, "/items/0/position"),
        ({"action": "add"}, {}, "/items/0/replaces"),
        ({"action": "add", "replaces": None, "position": 0}, {}, "/items/0/position"),
        ({"action": "hide"}, {}, "/items/0/action"),
        ({"alt_text": "x" * 256}, {}, "/items/0/alt_text"),
        ({"asset": "ast_00000000000000000000000000"}, {}, "/items/0/asset"),
        ({"replaces": "img_00000000000000000000000000"}, {}, "/items/0/replaces"),
        ({}, {"scope": "de"}, "/scope"),
        ({}, {"originals": "keep"}, "/originals"),
        ({}, {"product": "prd_00000000000000000000000000"}, "/product"),
        ({}, {"store": "str_00000000000000000000000000"}, "/store"),
        ({}, {"precondition": {"gallery_hash": "x"}}, "/precondition/gallery_hash"),
        ({}, {"on_conflict": "ask"}, "/on_conflict"),
        ({}, {"approve": "true"}, "/approve"),
        ({"status": "published"}, {}, "/items/0/status"),
        ({}, {"state": "published"}, "/state"),
    ],
)
def test_what_no_gallery_here_has_is_refused(
    desk: Desk, item: dict[str, Any], fields: dict[str, Any], pointer: str
) -> None:
    usual = desk.body()["items"][0]
    status, problem = desk.ask({**usual, **item}, **fields)

    assert (status, problem["errors"][0]["pointer"]) == (422, pointer), problem
    assert not Publication.objects.exists()


def test_nothing_of_others_can_be_named(desk: Desk) -> None:
    shop = Shop()
    foreign, vase = shop.photographed(), Product.objects.get(sku="VASE")
    usual = desk.body()["items"][0]
    for item, fields, pointer in (
        ({"asset": make_asset(foreign).public_id}, {}, "/items/0/asset"),
        ({"replaces": foreign.images.get().public_id}, {}, "/items/0/replaces"),
        ({}, {"product": foreign.public_id}, "/product"),
        ({}, {"store": foreign.store.public_id}, "/store"),
        ({"asset": make_asset(vase).public_id}, {}, "/items/0/asset"),
        ({"replaces": vase.images.get().public_id}, {}, "/items/0/replaces"),
    ):
        status, problem = desk.ask({**usual, **item}, **fields)
        assert (status, problem["errors"][0]["pointer"]) == (422, pointer), problem
    made = desk.ask(approve=False)[1]
    path = f"/publications/{made['id']}"
    assert shop.caller.get(path)[0] == 404
    for what in ("approve", "cancel", "retry", "rollback", "confirm"):
        assert shop.caller.post(f"{path}/{what}", {}, key=what)[0] in (404, 422), what
    assert _row(made).state == "pending_approval"


def test_a_test_key_writes_to_no_store(desk: Desk) -> None:
    made = desk.ask(approve=False)[1]
    tester = Caller(desk.caller.workspace, is_test=True)
    body = desk.body()

    assert tester.post("/publications", body, key="a")[1]["code"] == "insufficient_scope"
    path = f"/publications/{made['id']}"
    assert tester.post(f"{path}/approve", key="b")[1]["code"] == "insufficient_scope"
    assert tester.get(path)[0] == 200
    assert _row(made).state == "pending_approval"


def test_it_needs_a_key_for_what_must_happen_once(desk: Desk) -> None:
    body = desk.body()
    assert desk.caller.post("/publications", body)[1]["code"] == "idempotency_key_missing"
    made = desk.publish()
    path = f"/publications/{made['id']}/rollback"
    assert desk.caller.post(path)[1]["code"] == "idempotency_key_missing"
    first = desk.caller.post("/publications", body, key="same")
    assert desk.caller.post("/publications", body, key="same") == first
    assert Publication.objects.count() == 2


def test_a_write_whose_answer_is_lost_happens_once(desk: Desk) -> None:
    """P5."""
    media = set(desk.woo.state.tables.attachments)
    desk.woo.faults.add("timeout_after_write", path="/wp-json/", method="POST", count=1)
    desk.woo.faults.add("timeout_after_write", path="/products/", method="PUT", count=1)
    made = desk.publish()
    for _ in range(3):
        hurry()
        drain()

    assert desk.seen(made)["status"] == "published"
    assert len(set(desk.woo.state.tables.attachments) - media) == 1
    assert told(pk(made)).count("publication.published") == 1


def test_a_product_that_changed_meanwhile_is_a_conflict(desk: Desk) -> None:
    """P4."""
    before = gallery(desk.woo, "MUG")
    made = desk.ask(approve=False)[1]
    Product.objects.filter(pk=desk.mug.pk).update(inputs_hash="0" * 64)
    desk.do(made, "approve")
    drain()

    shown = desk.seen(made)
    assert (shown["status"], shown["error"]["code"]) == ("conflict", "gallery_changed")
    assert gallery(desk.woo, "MUG") == before
    assert told(pk(made)) == ["publication.requested", "publication.conflict"]
    status, again = desk.do(made, "retry", {"on_conflict": "overwrite"})
    assert (status, again["status"]) == (202, "queued")
    drain()
    assert desk.seen(made)["status"] == "published"


def test_a_product_that_is_gone_is_a_conflict(desk: Desk) -> None:
    """P4."""
    made = desk.ask(approve=False)[1]
    del desk.woo.state.tables.products[desk.woo.product("MUG").id]
    desk.do(made, "approve")
    drain()

    assert desk.seen(made)["status"] == "conflict"
    assert told(pk(made)) == ["publication.requested", "publication.conflict"]


@pytest.mark.parametrize(
    ("on_conflict", "state"), [("fail", "conflict"), ("overwrite", "published")]
)
def test_it_is_meant_for_the_gallery_that_was_seen(
    desk: Desk, on_conflict: str, state: str
) -> None:
    seen = desk.caller.get(f"/products/{desk.mug.public_id}")[1]["gallery_hash"]
    shown = desk.publish(precondition={"gallery_hash": seen})
    assert (shown["status"], shown["precondition"]["gallery_hash"]) == ("published", seen)

    last = {"asset": make_asset(desk.mug, "more").public_id, "action": "add"}
    late = desk.publish(last, precondition={"gallery_hash": seen}, on_conflict=on_conflict)
    assert late["status"] == state


def test_putting_back_over_others_changes_needs_force(desk: Desk) -> None:
    """P7."""
    before = gallery(desk.woo, "MUG")
    made = desk.publish()
    desk.woo.product("MUG").image_ids.append(desk.woo.gallery(desk.woo.product("VASE").id)[0])
    changed = gallery(desk.woo, "MUG")

    status, problem = desk.do(made, "rollback")
    assert (status, problem["code"]) == (409, "gallery_changed")
    assert (desk.seen(made)["status"], gallery(desk.woo, "MUG")) == ("published", changed)
    status, _ = desk.do(made, "rollback", {"force": True})
    assert status == 202
    drain()
    assert desk.seen(made)["status"] == "rolled_back"
    assert gallery(desk.woo, "MUG")[: len(before)] == before, "what was added stays, at the end"
    assert len(gallery(desk.woo, "MUG")) == len(before) + 1


def test_an_original_that_was_deleted_comes_back_from_the_snapshot(desk: Desk) -> None:
    """P7."""
    before = gallery(desk.woo, "MUG")
    made = desk.publish()
    del desk.woo.state.tables.attachments[before[0][0]]
    assert desk.do(made, "rollback")[0] == 202
    drain()

    shown = desk.seen(made)
    assert shown["status"] == "rolled_back", shown["error"]
    assert "was uploaded again" in shown["differences"][0]
    assert len(gallery(desk.woo, "MUG")) == len(before)


def test_a_store_that_is_gone_keeps_its_undo_until_it_is_back(desk: Desk) -> None:
    """P7."""
    made = desk.publish()
    desk.woo.faults.add("503", path="/wp-json/", count=None)
    assert desk.do(made, "rollback")[0] == 202, "the worker asks again"
    drain()
    assert desk.seen(made)["status"] == "rolling_back"
    desk.woo.faults.clear()
    hurry()
    drain()
    assert desk.seen(made)["status"] == "rolled_back"
    assert told(pk(made)).count("publication.rolled_back") == 1


def test_one_publication_a_product_at_a_time(desk: Desk) -> None:
    """P10."""
    first = desk.ask()[1]
    second = desk.ask({"asset": make_asset(desk.mug, "two").public_id, "action": "add"})[1]
    assert [row.public_id for row in publish.waiting()] == [first["id"]]
    drain()
    assert [desk.seen(made)["status"] for made in (first, second)] == ["published"] * 2


def test_it_lists_and_narrows(desk: Desk) -> None:
    first = desk.publish()
    second = desk.ask(approve=False)[1]

    def ids(query: str) -> list[str]:
        return [one["id"] for one in desk.caller.get(f"/publications?{query}")[1]["data"]]

    assert ids("") == [second["id"], first["id"]]
    assert ids("status=published") == [first["id"]]
    assert ids(f"product={desk.mug.public_id}&order=asc") == [first["id"], second["id"]]
    assert ids(f"store={Shop().store['id']}") == []


def test_a_store_whose_images_stay_here_takes_none(desk: Desk) -> None:
    path = f"/stores/{desk.store['id']}"
    assert desk.caller.ask("PATCH", path, {"write_mode": "none"})[0] == 200
    status, problem = desk.ask()
    assert (status, problem["code"], problem["current_status"]) == (
        409,
        "state_conflict",
        "connected",
    )


def _at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What two requests at the same moment are answered."""
    answers: list[Any] = []

    def do(deed: Callable[[], Any]) -> None:
        try:
            answers.append(deed())
        finally:
            connection.close()

    threads = [Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_approving_and_canceling_at_once_has_one_outcome(desk: Desk) -> None:
    """A21."""
    made = desk.ask(approve=False)[1]
    path = f"/publications/{made['id']}"
    callers = [Caller(desk.caller.workspace) for _ in range(2)]
    answers = _at_once(
        lambda: callers[0].post(f"{path}/approve"), lambda: callers[1].post(f"{path}/cancel")
    )

    assert not [one for one in answers if one[0] >= 500], answers
    drain()
    outcome = desk.seen(made)["status"]
    assert outcome in ("published", "canceled")
    writes = told(pk(made))
    assert writes.count("publication.published") == (outcome == "published")


def test_putting_back_twice_at_once_happens_once(desk: Desk) -> None:
    """A21."""
    before = gallery(desk.woo, "MUG")
    made = desk.publish()
    path = f"/publications/{made['id']}/rollback"
    callers = [Caller(desk.caller.workspace) for _ in range(2)]
    answers = _at_once(
        *[lambda one=one, key=str(n): one.post(path, key=key) for n, one in enumerate(callers)]
    )

    assert not [one for one in answers if one[0] >= 500], answers
    drain()
    assert desk.seen(made)["status"] == "rolled_back"
    assert gallery(desk.woo, "MUG") == before
    assert told(pk(made)).count("publication.rolled_back") == 1
