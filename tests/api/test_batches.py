"""/batches over real requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from generation import work as generation_work
from generation.api.batch_json import BatchEstimateShown, BatchShown
from generation.models import Batch, Generation
from productviz.accounts.keys import SCOPES
from productviz.lib.lease import new_owner
from tests.api.caller import Caller
from tests.api.rows import Shop, make_shop
from tests.conftest import Serve
from tests.factories import make_product, make_store

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = ("preparing", "running")
NOBODY = f"prd_{'0' * 26}"


def start(shop: Shop, *, key: str = "one", **changes: Any) -> tuple[int, Any]:
    """Ask for a batch over the whole store."""
    selector = {"store": shop.store.public_id, **changes.pop("selector", {})}
    body = {"preset": shop.preset.public_id, "selector": selector, **changes}
    return shop.caller.post("/batches", body, key=key)


def test_it_starts_shows_and_lists_a_batch(photos: Serve) -> None:
    shop = make_shop(photos("mug.jpg"))
    make_product(shop.store, image_url=photos("cup.jpg"))

    status, made = start(
        shop,
        concurrency=5,
        metadata={"season": "winter"},
        undo_at=(timezone.now() + timedelta(days=20)).isoformat(),
    )
    location = shop.caller.last["Location"].removeprefix("/api/v1")
    retry_after = shop.caller.last["Retry-After"]
    work()
    done = shop.caller.get(location)[1]
    items = shop.caller.get(f"{location}/items")[1]["data"]

    assert (status, retry_after) == (202, "2")
    assert set(made) == set(BatchShown().fields)
    assert made["status"] in OPEN
    assert (made["concurrency"], made["metadata"]) == (5, {"season": "winter"})
    assert done["counts"]["succeeded"] == done["counts"]["total"] == 2
    assert [item["status"] for item in items] == ["succeeded", "succeeded"]
    assert {item["batch"] for item in items} == {made["id"]}
    assert shop.caller.get(f"{location}/items?status=failed")[1]["data"] == []
    assert [one["id"] for one in shop.caller.get("/batches")[1]["data"]] == [made["id"]]
    assert shop.caller.get(f"/generations?batch={made['id']}&limit=1")[1]["has_more"]
    assert shop.caller.get(location)[0] == 200
    tag = {"If-None-Match": shop.caller.last["ETag"]}
    assert shop.caller.get(location, **tag) == (304, None)


def work() -> None:
    """Do all that is due, as workers would."""
    owner = new_owner()
    while sum(source(owner) for source in generation_work.SOURCES):
        pass


def test_it_tells_what_it_would_be_without_starting_it() -> None:
    shop = make_shop()
    bare = make_product(shop.store)
    bare.images.all().delete()
    for _ in range(21):
        make_product(shop.store)

    status, found = shop.caller.post(
        "/batches",
        {
            "preset": shop.preset.public_id,
            "selector": {"store": shop.store.public_id},
            "dry_run": True,
        },
    )

    assert status == 200
    assert set(found) == set(BatchEstimateShown().fields)
    assert (found["products"], found["skipped"], len(found["samples"])) == (22, 1, 20)
    assert set(found["samples"][0]) == {"id", "external_id", "title"}
    assert Batch.objects.count() == 0
    assert Generation.objects.count() == 0


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"count": 2}, "/count", "out_of_range"),
    ({"concurrency": 21}, "/concurrency", "out_of_range"),
    ({"concurrency": 0}, "/concurrency", "out_of_range"),
    ({"undo_at": "2020-01-01T00:00:00Z"}, "/undo_at", "out_of_range"),
    ({"dry_run": "true"}, "/dry_run", "invalid"),
    ({"selector": {"status": ["sold"]}}, "/selector/status/0", "not_one_of"),
    ({"selector": {"sku": "x"}}, "/selector/sku", "unknown_field"),
    ({"selector": {"product_ids": []}}, "/selector/product_ids", "too_short"),
    ({"selector": {"product_ids": ["x"]}}, "/selector/product_ids/0", "not_found"),
    ({"selector": {"product_ids": [NOBODY] * 1001}}, "/selector/product_ids", "too_long"),
    ({"selector": {"tags": "sale"}}, "/selector/tags", "not_a_list"),
    ({"state": "completed"}, "/state", "unknown_field"),
    ({"preset": f"pre_{'0' * 26}"}, "/preset", "not_found"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "pointer", "code"), WRONG)
def test_it_points_at_what_is_wrong(changes: dict[str, Any], pointer: str, code: str) -> None:
    status, problem = start(make_shop(), **changes)

    assert status == 422
    error = problem["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert Batch.objects.count() == 0


def test_it_finds_nothing_of_another_workspace() -> None:
    mine, theirs = make_shop(), make_shop()
    row = start(theirs)[1]
    nobody = f"/batches/bat_{'0' * 26}"

    body = start(mine, selector={"product_ids": [theirs.product.public_id]})
    store = start(mine, key="two", selector={"store": theirs.store.public_id})
    for method, tail in (
        ("GET", ""),
        ("GET", "/items"),
        ("POST", "/cancel"),
        ("POST", "/retry-failed"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/undo"),
    ):
        stranger = mine.caller.ask(method, f"/batches/{row['id']}{tail}")
        none = mine.caller.ask(method, nobody + tail)
        assert stranger[0] == none[0] == 404
        assert stranger[1]["detail"] == none[1]["detail"]

    assert (body[0], body[1]["errors"][0]["pointer"]) == (422, "/selector/product_ids/0")
    assert (store[0], store[1]["errors"][0]["pointer"]) == (422, "/selector/store")
    assert mine.caller.get("/batches")[1]["data"] == []
    assert Batch.objects.get().state in OPEN


def test_it_shows_a_key_of_one_store_nothing_of_another() -> None:
    shop = make_shop()
    row = start(shop)[1]
    other = make_store(shop.caller.workspace)
    narrow = Caller(shop.caller.workspace, stores=[str(other.pk)])

    assert narrow.get("/batches")[1]["data"] == []
    assert narrow.get(f"/batches/{row['id']}")[0] == 404


def test_it_pauses_resumes_and_cancels() -> None:
    shop = make_shop()
    path = f"/batches/{start(shop)[1]['id']}"

    early = shop.caller.post(f"{path}/resume")
    paused = shop.caller.post(f"{path}/pause")
    resumed = shop.caller.post(f"{path}/resume")
    canceled = shop.caller.post(f"{path}/cancel")
    late = shop.caller.post(f"{path}/cancel")

    assert (early[0], early[1]["code"]) == (409, "state_conflict")
    assert early[1]["current_status"] in OPEN
    assert (paused[0], paused[1]["status"]) == (202, "paused")
    assert resumed[1]["status"] in OPEN
    assert canceled[1]["status"] == "canceled"
    assert (late[0], late[1]["current_status"]) == (409, "canceled")


def test_it_runs_what_failed_again(photos: Serve) -> None:
    shop = make_shop(photos("bad.jpg", b"no picture"))
    path = f"/batches/{start(shop)[1]['id']}"
    early = shop.caller.post(f"{path}/retry-failed")
    work()
    failed = shop.caller.get(path)[1]["counts"]["failed"]

    again = shop.caller.post(f"{path}/retry-failed")

    assert (early[0], early[1]["code"]) == (409, "state_conflict")
    assert failed == 1
    assert again[0] == 202
    assert again[1]["counts"]["queued"] == 1
    assert Generation.objects.count() == 1


def test_it_asks_for_the_right_to_publish() -> None:
    shop = make_shop()
    path = f"/batches/{start(shop)[1]['id']}"
    writer = Caller(shop.caller.workspace, scopes=["generations:write"])
    body = {
        "preset": shop.preset.public_id,
        "selector": {"store": shop.store.public_id},
        "publish": {"mode": "auto"},
    }

    for answer in (writer.post(f"{path}/undo"), writer.post("/batches", body, key="a")):
        assert (answer[0], answer[1]["required_scopes"]) == (403, ["publications:write"])
    assert shop.caller.post(f"{path}/undo")[0] == 202
    missing = shop.caller.post("/batches", body)
    assert (missing[0], missing[1]["code"]) == (400, "idempotency_key_missing")


def test_it_counts_as_many_as_it_makes(settings: Any) -> None:
    settings.API_LIMITS = {**settings.API_LIMITS, "generate": (3, 60)}
    shop = make_shop()
    make_product(shop.store)

    first = start(shop, key="1")
    second = start(shop, key="2")

    assert first[0] == 202
    assert (second[0], second[1]["violated-policies"]) == (429, ["generate"])
    assert Batch.objects.count() == 1
    assert start(shop, key="1") == first, "a repetition makes nothing and costs nothing"


def test_it_publishes_nothing_that_a_test_key_asked_for(photos: Serve) -> None:
    shop = make_shop(photos("mug.jpg"), is_test=True)

    status, made = start(shop, publish={"mode": "auto"})
    work()

    assert (status, made["test"], made["publish"]) == (202, True, {"mode": "none"})
    row = Generation.objects.get()
    assert (row.is_test, row.publish, row.status) == (True, "none", "succeeded")


def test_it_starts_nothing_where_no_product_has_a_photograph() -> None:
    shop = make_shop()
    shop.product.images.all().delete()

    status, problem = start(shop)

    assert (status, problem["errors"][0]["code"]) == (422, "no_usable_source")
    assert Batch.objects.count() == 0


def test_going_on_takes_the_right_that_starting_took(photos: Serve) -> None:
    shop = make_shop(photos("mug.jpg"))
    weak = Caller(shop.caller.workspace, scopes=SCOPES - {"publications:write"})
    path = f"/batches/{start(shop, publish={'mode': 'auto'})[1]['id']}"

    refused = [weak.post(f"{path}/{what}") for what in ("retry-failed", "resume")]

    assert [(one[0], one[1]["required_scopes"]) for one in refused] == [
        (403, ["publications:write"])
    ] * 2
    assert weak.post(f"{path}/pause")[0] == 202
