"""A whole catalog by a bulk operation: waiting, losing, finding again, and never half a catalog."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.contract import NotReady, Permanent, Retryable, RightMissing, SyncPage
from integrations.platforms.shopify import bulk, joined
from integrations.platforms.shopify.client import Client
from integrations.platforms.shopify.documents import document
from productviz.lib import scratch
from tests.integrations.conftest import allow
from tests.shopify.bulk_shop import BulkShop, catalog
from tests.shopify.conftest import SHOP, Tokens, app_at

__all__ = ["allow"]

Page = SyncPage


@pytest.fixture
def shop(allow: Callable[[str], None], settings: Any, tmp_path: Path) -> Iterator[BulkShop]:
    """A shop of 120 products with three images and two variants each."""
    settings.DATA_DIR = tmp_path
    made = BulkShop(b"".join(catalog(120)))
    allow(made.url)
    yield made
    made.close()


def paged(cursor: str | None) -> Iterator[Page]:
    """Two pages, as the paged reading yields them."""
    if cursor is None:
        yield SyncPage((), "second", 9)
    yield SyncPage((), None, 9)


def read(shop: BulkShop, cursor: str | None = None) -> Iterator[Page]:
    return bulk.pages(Client(SHOP, app_at(shop.url), Tokens()), cursor, paged)


def ids(pages: list[Page]) -> list[str]:
    return [one.external_id for page in pages for one in page.products]


def test_it_yields_every_product_with_its_images_and_variants(shop: BulkShop) -> None:
    pages = list(read(shop))

    found = [one for page in pages for one in page.products]
    assert len(found) == len({one.external_id for one in found}) == 120 * 3
    assert [len(page.products) for page in pages] == [0, 150, 150, 60]
    assert {page.total for page in pages[1:]} == {120}
    assert pages[-1].cursor is None
    bowl, red = found[3], found[4]
    assert bowl.external_id == "gid://shopify/Product/1"
    assert [image.external_id for image in bowl.images] == [
        f"gid://shopify/MediaImage/{number}" for number in (100, 101, 102)
    ]
    assert bowl.images[1].variant_ids == ("gid://shopify/ProductVariant/101",)
    assert bowl.variant_external_ids == (
        "gid://shopify/ProductVariant/100",
        "gid://shopify/ProductVariant/101",
    )
    assert (red.parent_external_id, red.options) == (bowl.external_id, {"Color": "Red"})
    assert [image.external_id for image in red.images] == ["gid://shopify/MediaImage/100"]


def test_the_order_of_the_lines_does_not_matter_but_for_images(
    shop: BulkShop, tmp_path: Path
) -> None:
    lines = list(catalog(30))
    random.Random(1).shuffle(lines)
    shop.file = b"".join(lines)
    shop.declared = len(shop.file)
    assert sorted(set(ids(list(read(shop))))) == sorted(ids(list(read(shop))))
    assert len(ids(list(read(shop)))) == 90


def test_it_saves_the_operation_before_it_waits_and_blocks_no_worker(shop: BulkShop) -> None:
    shop.statuses = ["CREATED", "RUNNING", "COMPLETED"]
    pages = read(shop)
    cursor = next(pages).cursor
    with pytest.raises(NotReady, match="7 products so far") as caught:
        next(pages)
    assert caught.value.after == pytest.approx(5.0)
    with pytest.raises(NotReady):
        list(read(shop, cursor))
    assert len(ids(list(read(shop, cursor)))) == 360
    assert shop.asked.count("BulkRun") == 1


@pytest.mark.parametrize(("minutes", "seconds"), [(0, 5), (1, 15), (3, 45), (90, 60)])
def test_it_looks_less_often_the_longer_it_takes(
    shop: BulkShop, minutes: float, seconds: float
) -> None:
    shop.statuses = ["RUNNING"]
    operation = shop.begin("{}", minutes_ago=minutes)
    with pytest.raises(NotReady) as caught:
        list(read(shop, bulk.Progress(operation.id, starts=1).cursor))
    assert caught.value.after == pytest.approx(seconds, abs=1)


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "CANCELED"])
def test_a_lost_operation_is_begun_anew(shop: BulkShop, status: str) -> None:
    lost = shop.begin(document(bulk.CATALOG))
    lost.statuses = [status]
    assert len(ids(list(read(shop, bulk.Progress(lost.id, 40, 1).cursor)))) == 360


def test_an_operation_that_nobody_knows_is_begun_anew(shop: BulkShop) -> None:
    cursor = bulk.Progress("gid://shopify/BulkOperation/99", starts=1).cursor
    assert len(ids(list(read(shop, cursor)))) == 360


def test_partial_data_is_never_taken_for_the_catalog(shop: BulkShop) -> None:
    shop.statuses, shop.error = ["FAILED"], "TIMEOUT"
    pages = list(read(shop))
    assert shop.downloads == 0
    assert shop.asked.count("BulkRun") == bulk.MOST_STARTS
    # In the end it is read page by page, and goes on there.
    assert [page.cursor for page in pages[-3:]] == ["pages:", "pages:second", None]
    assert [page.cursor for page in read(shop, "pages:second")] == [None]


def test_a_right_that_lacks_is_the_merchants_to_grant(shop: BulkShop) -> None:
    shop.statuses, shop.error = ["FAILED"], "ACCESS_DENIED"
    with pytest.raises(RightMissing, match="may not read"):
        list(read(shop))


def test_a_query_that_shopify_refuses_is_read_by_pages(shop: BulkShop) -> None:
    shop.refusals = [{"code": "INVALID", "message": "too deep"}]
    assert [page.cursor for page in read(shop)] == ["pages:", "pages:second", None]


@pytest.mark.parametrize("code", ["LIMIT_REACHED", "OPERATION_IN_PROGRESS"])
def test_it_waits_its_turn_behind_other_exports(shop: BulkShop, code: str) -> None:
    shop.statuses = ["RUNNING"]
    other = shop.begin("{ orders { edges { node { id } } } }", minutes_ago=60)
    shop.refusals = [{"code": code, "message": "busy"}]
    with pytest.raises(NotReady, match="other exports"):
        list(read(shop))
    assert other.statuses == ["RUNNING"]


def test_it_makes_room_by_cancelling_a_stale_one_of_ours(shop: BulkShop) -> None:
    shop.statuses = ["RUNNING"]
    stale = shop.begin(document(bulk.CATALOG), minutes_ago=60)
    shop.refusals = [{"code": "LIMIT_REACHED", "message": "busy"}]
    with pytest.raises(NotReady):
        list(read(shop))
    assert stale.statuses == ["CANCELED"]


def test_it_adopts_the_one_that_a_killed_worker_had_just_begun(shop: BulkShop) -> None:
    shop.statuses = ["RUNNING", "COMPLETED"]
    begun = shop.begin(document(bulk.CATALOG), minutes_ago=1)
    page = next(read(shop))
    assert json.loads(page.cursor or "")["operation"] == begun.id
    assert "BulkRun" not in shop.asked


def test_an_empty_shop_has_no_file(shop: BulkShop) -> None:
    shop.file, shop.declared = b"", 0
    assert [(page.products, page.cursor, page.total) for page in read(shop)][1:] == [((), None, 0)]


def test_it_goes_on_after_any_page_without_a_product_twice(shop: BulkShop) -> None:
    pages = list(read(shop))
    for at, page in enumerate(pages[:-1]):
        rest = list(read(shop, page.cursor))
        assert ids(pages[: at + 1]) + ids(rest) == ids(pages)


def test_it_downloads_once_while_the_file_is_there(shop: BulkShop) -> None:
    pages = read(shop)
    cursors = [next(pages).cursor for _ in range(3)]
    pages.close()  # type: ignore[attr-defined]
    list(read(shop, cursors[-1]))
    assert shop.downloads == 1
    assert list(scratch.folder("bulk").iterdir()) == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_whose_address_has_died_is_asked_for_anew(shop: BulkShop, status: int) -> None:
    shop.file_status = status
    pages = read(shop)
    next(pages)
    again = next(pages)
    shop.file_status = 200
    assert len(ids(list(read(shop, again.cursor)))) == 360


def test_a_file_that_is_not_as_long_as_declared_is_tried_again(shop: BulkShop) -> None:
    shop.declared += 1
    with pytest.raises(Retryable, match="broke off"):
        list(read(shop))
    assert list(scratch.folder("bulk").iterdir()) == []


def test_storage_that_is_down_is_tried_again(shop: BulkShop) -> None:
    shop.file_status = 503
    with pytest.raises(Retryable):
        list(read(shop))


def test_a_file_larger_than_allowed_is_an_error(
    shop: BulkShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_BYTES", 1000)
    with pytest.raises(Permanent, match="larger"):
        list(read(shop))


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"7",
        b"{}",
        b'{"id": 7}',
        b'{"id": "gid://shopify/Order/1"}',
        b'{"id": "gid://shopify/MediaImage/1", "__parentId": 7}',
        b'{"id": "gid://shopify/MediaImage/1", "__parentId": "gid://shopify/Product/nobody"}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"x" * 200_000,
        b'{"id": "gid://shopify/Product/x", "options": [7]}',
        b"",
    ],
)
def test_a_line_that_makes_no_sense_stops_nothing(
    shop: BulkShop, line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joined, "MAX_LINE", 100_000)
    lines = list(catalog(3))
    shop.file = b"".join([*lines[:2], line + b"\n", *lines[2:]])
    shop.declared = len(shop.file)
    assert len(ids(list(read(shop)))) == 9
