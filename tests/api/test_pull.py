"""Stores that fetch their pictures themselves: what they are told, what they say, how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation.intake.sources import choose_sources
from integrations import work
from integrations.inputs import inputs_hash
from integrations.models import Product, Publication, PublishedImage
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.api.shops import Shop, drain, make_asset, told

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class Program:
    """The program of a shop with one product of two photographs."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.caller = self.shop.caller
        self.product = self.shop.photographed("MUG-1", "front", "back")
        self.front, self.back = self.product.images.order_by("position")
        self.keys = iter(range(1000))

    def ask(self, *actions: str, **fields: Any) -> Any:
        """Ask for a picture for each action, and let a worker offer them."""
        items = []
        for action in actions or ("replace",):
            asset = make_asset(self.product, str(next(self.keys)))
            item = {"asset": asset.public_id, "action": action}
            if action == "replace":
                item["replaces"] = self.front.public_id
            items.append(item)
        body = {"product": self.product.public_id, "items": items, "approve": True, **fields}
        status, made = self.caller.post("/publications", body, key=f"p{next(self.keys)}")
        assert status == 202, made
        drain()
        return self.seen(made)

    def seen(self, made: Any) -> Any:
        """The publication now."""
        return self.caller.get(f"/publications/{made['id']}")[1]

    def confirm(self, made: Any, *oks: bool, **fields: Any) -> tuple[int, Any]:
        """Say of each picture whether it is shown."""
        oks = oks or (True,) * len(made["items"])
        items = [
            {"asset": item["asset"], "ok": ok, **_names(item, ok), **fields}
            for item, ok in zip(made["items"], oks, strict=True)
        ]
        return self.caller.post(f"/publications/{made['id']}/confirm", {"items": items})

    def roll_back(self, made: Any) -> tuple[int, Any]:
        """Ask for the gallery as it was."""
        return self.caller.post(
            f"/publications/{made['id']}/rollback", {}, key=f"r{next(self.keys)}"
        )

    def images(self) -> list[tuple[str, bool]]:
        """The product's gallery as the mirror shows it, and which pictures are ours."""
        rows = self.product.images.filter(replaced_by_us=False).order_by("position", "id")
        return [(row.external_id, row.is_generated) for row in rows]

    def row(self, made: Any) -> Publication:
        """Its row."""
        return next(one for one in Publication.objects.all() if one.public_id == made["id"])

    def told(self, made: Any) -> list[tuple[str, str]]:
        """What it was told, with the status at that moment."""
        events = Event.objects.filter(object_id=self.row(made).pk).order_by("id")
        return [(one.type.partition(".")[2], one.data["object"]["status"]) for one in events]


def _names(item: Any, ok: bool) -> dict[str, str]:
    if not ok:
        return {"error": "Too dark."}
    remote = f"media-{item['asset'][-6:]}"
    return {"remote_id": remote, "remote_url": f"https://cdn.example/{remote}.jpg"}


def test_it_is_offered_and_confirmed_and_put_back() -> None:
    program = Program()
    before = program.images()
    hash_before = Product.objects.get().inputs_hash
    made = program.ask()

    assert (made["status"], made["items"][0]["status"]) == ("awaiting_store",) * 2
    assert made["expires_at"] is not None
    assert [one["external_id"] for one in made["gallery_before"]] == ["photo-front", "photo-back"]
    status, shown = program.confirm(made)
    assert (status, shown["status"], shown["error"]) == (200, "published", None)
    remote = shown["items"][0]["remote_id"]
    assert program.images() == [(remote, True), ("photo-back", False)]
    assert PublishedImage.objects.get().stands_for == "photo-front"

    product = Product.objects.get()
    assert product.inputs_hash == hash_before == inputs_hash(product), "ours is no input"
    sources = choose_sources(product, "packshot")
    assert [source.image for source in sources] == [program.front]

    status, rolling = program.roll_back(made)
    assert (status, rolling["status"]) == (202, "rolling_back")
    assert drain() == 0, "nobody here can do it for the store"
    status, back = program.confirm(made)
    assert (status, back["status"]) == (200, "rolled_back")
    assert program.images() == before
    assert Product.objects.get().inputs_hash == hash_before
    assert program.roll_back(made) == (200, back)
    assert program.told(made) == [
        ("requested", "queued"),
        ("requested", "awaiting_store"),
        ("published", "published"),
        ("requested", "rolling_back"),
        ("rolled_back", "rolled_back"),
    ]


def test_the_same_word_again_changes_nothing() -> None:
    program = Program()
    made = program.ask()
    first = program.confirm(made)
    assert program.confirm(made) == first
    assert program.told(made).count(("published", "published")) == 1
    status, problem = program.confirm(made, remote_id="another")
    assert (status, problem["code"], problem["current_status"]) == (
        409,
        "state_conflict",
        "published",
    )


def test_a_picture_that_the_store_refuses_stops_no_other() -> None:
    program = Program()
    made = program.ask("replace", "add")
    status, shown = program.confirm(made, True, False)

    assert (status, shown["status"]) == (200, "partially_published")
    assert [item["status"] for item in shown["items"]] == ["published", "failed"]
    assert shown["items"][1]["error"] == "Too dark."
    assert shown["error"]["code"] == "delivery_failed"
    assert [ours for _, ours in program.images()] == [True, False]
    assert program.told(made)[-1] == ("partially_published", "partially_published")
    status, again = program.caller.post(f"/publications/{made['id']}/retry")
    assert (status, again["status"]) == (202, "queued")
    drain()
    assert program.confirm(made)[1]["status"] == "published"
    assert [ours for _, ours in program.images()] == [True, False, True]
    program.roll_back(made)
    program.confirm(made)
    assert program.images() == [("photo-front", False), ("photo-back", False)]


def test_a_store_that_shows_none_has_failed() -> None:
    program = Program()
    made = program.ask()
    before = program.images()
    shown = program.confirm(made, False)[1]

    assert (shown["status"], shown["error"]["message"]) == ("failed", "Too dark.")
    assert program.images() == before
    assert program.roll_back(made)[1]["code"] == "state_conflict", "there is nothing to put back"


def test_it_hears_no_word_for_three_days() -> None:
    program = Program()
    made = program.ask()
    assert work.poll() == 0
    Publication.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert (work.poll(), work.poll()) == (1, 0)
    shown = program.seen(made)
    assert (shown["status"], shown["error"]["code"]) == ("expired", "deadline_exceeded")
    assert program.told(made)[-1] == ("expired", "expired")
    assert program.confirm(made)[1]["current_status"] == "expired"


def test_a_way_back_that_nobody_confirms_fails_and_can_be_asked_for_again() -> None:
    program = Program()
    made = program.ask()
    program.confirm(made)
    program.roll_back(made)
    Publication.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    work.poll()

    assert program.seen(made)["status"] == "rollback_failed"
    assert program.roll_back(made)[1]["status"] == "rolling_back"
    assert program.confirm(made, False)[1]["status"] == "rollback_failed"
    assert program.roll_back(made)[0] == 202
    assert program.confirm(made)[1]["status"] == "rolled_back"
    names = [name for name, _ in program.told(made)]
    assert names.count("rollback_failed") == 2
    assert names.count("rolled_back") == 1


def test_it_has_72_hours() -> None:
    made = Program().ask()
    left = Publication.objects.get().expires_at - timezone.now()  # type: ignore[operator]
    assert timedelta(hours=71, minutes=59) < left <= timedelta(hours=72)
    assert made["status"] == "awaiting_store"


def test_the_next_one_waits_until_the_store_has_spoken() -> None:
    program = Program()
    first = program.ask()
    second = program.ask("add")
    assert (first["status"], program.seen(second)["status"]) == ("awaiting_store", "queued")
    program.confirm(first)
    drain()
    assert program.seen(second)["status"] == "awaiting_store"


def test_a_store_goes_on_telling_us_of_its_products_meanwhile() -> None:
    program = Program()
    program.ask()
    assert program.shop.put(title="Cup")[1]["title"] == "Cup"


def test_a_product_that_changed_since_is_not_offered() -> None:
    """P4."""
    program = Program()
    made = program.ask(approve=False)
    program.shop.put(title="Cup")
    program.caller.post(f"/publications/{made['id']}/approve")
    drain()
    assert program.seen(made)["status"] == "conflict"
    assert [name for name, _ in program.told(made)] == ["requested", "conflict"]


def test_a_photograph_that_is_gone_is_not_replaced() -> None:
    """P4."""
    program = Program()
    made = program.ask(approve=False)
    Publication.objects.update(inputs_hash="")
    program.caller.ask("DELETE", f"/images/{program.front.public_id}")
    program.caller.post(f"/publications/{made['id']}/approve")
    drain()
    assert program.seen(made)["error"]["code"] == "gallery_changed"


def test_a_deleted_product_is_not_offered() -> None:
    """P4."""
    program = Program()
    made = program.ask(approve=False)
    program.caller.ask("DELETE", f"/products/{program.product.public_id}")
    program.caller.post(f"/publications/{made['id']}/approve")
    drain()
    assert (program.seen(made)["status"], program.seen(made)["error"]["code"]) == (
        "conflict",
        "not_found",
    )


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"asset": "ast_00000000000000000000000000", "ok": True}],
        [{"asset": "MINE", "ok": "yes"}],
        [{"asset": "MINE", "ok": True, "remote_url": "javascript:alert(1)"}],
        [{"asset": "MINE", "ok": True}, {"asset": "MINE", "ok": False}],
        [{"asset": "MINE", "ok": True, "status": "published"}],
    ],
)
def test_a_word_that_says_nothing_is_refused(items: list[dict[str, Any]]) -> None:
    program = Program()
    made = program.ask()
    mine = made["items"][0]["asset"]
    items = [{**one, "asset": str(one["asset"]).replace("MINE", mine)} for one in items]
    path = f"/publications/{made['id']}/confirm"

    assert program.caller.post(path, {"items": items})[0] == 422
    assert program.seen(made)["status"] == "awaiting_store"


def test_a_word_about_some_of_them_is_refused() -> None:
    program = Program()
    made = program.ask("replace", "add")
    body = {"items": [{"asset": made["items"][0]["asset"], "ok": True}]}
    status, problem = program.caller.post(f"/publications/{made['id']}/confirm", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/items")


def test_it_can_be_given_up_before_the_store_has_spoken() -> None:
    program = Program()
    made = program.ask()
    assert program.caller.post(f"/publications/{made['id']}/cancel")[1]["status"] == "canceled"
    assert program.confirm(made)[1]["current_status"] == "canceled"


def test_its_way_of_writing_stays_while_something_is_under_way() -> None:
    program = Program()
    made = program.ask()
    status, problem = program.caller.ask("PATCH", program.shop.path, {"write_mode": "none"})
    assert (status, problem["code"]) == (409, "state_conflict")
    program.confirm(made)
    assert program.caller.ask("PATCH", program.shop.path, {"write_mode": "none"})[0] == 200


def test_a_worker_that_dies_while_offering_offers_once_more() -> None:
    program = Program()
    made = program.ask(approve=False)
    program.caller.post(f"/publications/{made['id']}/approve")
    Publication.objects.update(state="in_progress", lease_owner="dead", attempt=1)
    Publication.objects.update(lease_owner="", lease_until=None)
    work.publications(new_owner())

    assert program.seen(made)["status"] == "awaiting_store"
    assert told(program.row(made).pk) == ["publication.requested"] * 2
