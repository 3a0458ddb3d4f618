"""Galleries with videos in them, long ones, and the moves that bring one into order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, strategies as st

from integrations.contract import Gone, ImageFile, ImageGone, ProductRef
from integrations.gallery import Piece, plan
from integrations.platforms.shopify import galleries, reading
from integrations.platforms.shopify.adapter import ShopifyAdapter
from integrations.platforms.shopify.client import Client
from integrations.platforms.shopify.galleries import arranged, moves_between
from integrations.sandbox.shopify import SandboxShopify
from tests.integrations.conftest import picture
from tests.shopify.conftest import Tokens
from tests.shopify.shop import DEMO, app_of, open_shop, product_ref, token_of

PRODUCT = "gid://shopify/Product/1"
FRONT, BACK, NEW = (f"gid://shopify/MediaImage/{n}" for n in (10, 11, 12))
VIDEO = "gid://shopify/Video/20"


class Gallery(Client):
    """One product's gallery in memory: what the sandbox, which keeps images only, cannot show."""

    def __init__(self, *media: str) -> None:
        self.order = list(media)
        self.files = dict.fromkeys((*media, NEW), "")
        self.changed: list[str] = []

    def run(self, name: str, variables: Any = None) -> Any:
        if name == "files_by_id":
            return {"nodes": [self._file(one) for one in variables["ids"]]}
        assert name == "gallery"
        end = {"pageInfo": {"hasNextPage": False, "endCursor": None}}
        media = [self._file(one) for one in self.order]
        return {
            "product": {
                "id": PRODUCT,
                "media": {**end, "nodes": media},
                "variants": {**end, "nodes": []},
            }
        }

    def _file(self, one: str) -> dict[str, Any] | None:
        if one not in self.files:
            return None
        kind = one.split("/")[3]
        row = {"__typename": kind, "id": one, "alt": self.files[one], "fileStatus": "READY"}
        image = {"image": {"url": f"https://cdn.example/{one[-2:]}.jpg"}}
        return row | (image if kind == "MediaImage" else {})

    def change(self, name: str, variables: Any, *, subjects: Any = ()) -> Any:
        if name == "media_reorder":
            for move in variables["moves"]:
                self.order.remove(move["id"])
                self.order.insert(int(move["newPosition"]), move["id"])
            return {"job": {"id": "gid://shopify/Job/1", "done": True}}
        assert name == "file_update"
        for one in variables["files"]:
            self.changed.append(one["id"])
            self.files[one["id"]] = one.get("alt", self.files[one["id"]])
            self.order += [one["id"]] if one.get("referencesToAdd") else []
            if one.get("referencesToRemove"):
                self.order.remove(one["id"])
        return {"files": []}


def test_a_video_keeps_its_place_when_a_picture_is_replaced() -> None:
    shop = Gallery(VIDEO, FRONT, BACK)
    before = galleries.read(shop, PRODUCT).state
    assert (before.images[0].external_id, before.images[0].url) == (VIDEO, "")
    assert before.images[0].name == "Video"
    file = ImageFile("new.jpg", "image/jpeg", b"", "", "new words")
    wanted = plan(before, [Piece(file, "replace", FRONT, NEW)], targets={FRONT: FRONT})
    galleries.write(shop, PRODUCT, cast(Any, wanted))
    assert shop.order == [VIDEO, NEW, BACK]
    galleries.write(shop, PRODUCT, before.images)
    assert shop.order == [VIDEO, FRONT, BACK]
    assert VIDEO not in shop.changed


def test_a_video_that_is_gone_is_named() -> None:
    shop = Gallery(VIDEO, FRONT)
    before = galleries.read(shop, PRODUCT).state
    shop.order.remove(VIDEO)
    del shop.files[VIDEO]
    with pytest.raises(ImageGone) as caught:
        galleries.write(shop, PRODUCT, before.images)
    assert caught.value.external_id == VIDEO


def test_writing_what_is_there_writes_nothing() -> None:
    shop = Gallery(VIDEO, FRONT)
    galleries.write(shop, PRODUCT, galleries.read(shop, PRODUCT).state.images)
    assert shop.changed == []


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_moves_bring_any_gallery_into_any_order(wanted: list[int], leaving: set[int]) -> None:
    now = [str(n) for n in range(6)]
    kept = [str(n) for n in wanted if n not in leaving]
    target = arranged(now, kept)
    assert [one for one in target if one in kept] == kept
    current = list(now)
    for one, place in moves_between(now, target):
        current.remove(one)
        current.insert(place, one)
    assert current == target


@pytest.fixture
def big(tmp_path: Path, allow: Callable[[str], None]) -> Iterator[SandboxShopify]:
    """A product with 60 images and 120 variants, every second of which shows one."""
    for n in range(60):
        (tmp_path / f"{n}.jpg").write_bytes(picture(str(n)))
    rows = [
        {"sku": f"S-{n}", "options": {"Size": str(n)}, "photo": f"{n // 2}.jpg" if n % 2 else ""}
        for n in range(120)
    ]
    photos = [f"{n}.jpg" for n in range(60)]
    products = [
        {"name": "Big", "photos": photos, "variations": rows},
        *({"name": f"Plain {n}", "sku": f"P-{n}"} for n in range(25)),
    ]
    with open_shop(tmp_path, products=products) as shopify:
        allow(shopify.url)
        yield shopify


@pytest.fixture
def client(big: SandboxShopify) -> Client:
    return Client(DEMO, app_of(big), Tokens([token_of(big)]))


def test_a_long_product_is_read_to_its_end(big: SandboxShopify, client: Client) -> None:
    ref = product_ref(big, "Big")
    product = reading.product(client, ref)
    assert len(product.images) == 60
    assert len(product.variant_external_ids) == 120
    assert galleries.read(client, ref.external_id).state.images == product.images
    assert sum(len(image.variant_ids) for image in product.images) == 60


def test_the_list_holds_long_products_whole(big: SandboxShopify, client: Client) -> None:
    pages = list(reading.pages(client, changed_since=None, cursor=None))
    found = [one for page in pages for one in page.products]
    assert len(found) == len({one.external_id for one in found}) == 1 + 120 + 25
    assert [page.cursor is None for page in pages] == [False, False, True]
    rest = list(reading.pages(client, changed_since=None, cursor=pages[0].cursor))
    assert [page.products for page in rest] == [page.products for page in pages[1:]]


def test_only_what_changed_is_listed_and_a_little_more(big: SandboxShopify, client: Client) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    for row in big.shop.products.values():
        row.updated = long_ago.timestamp()
    big.edit_product("Plain 3", title="Plain three")
    since = datetime.now(UTC) + timedelta(minutes=4)
    pages = list(reading.pages(client, changed_since=since, cursor=None))
    assert [one.title for page in pages for one in page.products] == ["Plain three"]


def test_a_reference_of_another_kind_is_gone(big: SandboxShopify) -> None:
    adapter = ShopifyAdapter(DEMO, app_of(big), Tokens([token_of(big)]))
    with pytest.raises(Gone):
        adapter.product(ProductRef("999999"))
