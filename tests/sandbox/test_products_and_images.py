"""Products and their pictures over wc/v3, beyond what the recordings show."""

from __future__ import annotations

import pytest
import requests
from pytest_httpserver import HTTPServer

from tests.contracts.replay import picture
from tests.sandbox.conftest import Shop


def test_it_replaces_the_whole_gallery_in_the_given_order(shop: Shop) -> None:
    first, second = shop.upload("a.jpg"), shop.upload("b.jpg")

    shop.put({"images": [{"id": first}, {"id": second}]})
    shop.put({"images": [{"id": second}, {"id": first}]})

    assert [row["id"] for row in shop.product()["images"]] == [second, first]


@pytest.mark.parametrize("images", [None, [], [{}]])
def test_it_wipes_the_gallery_for_every_kind_of_nothing(shop: Shop, images: object) -> None:
    shop.put({"images": [{"id": shop.upload()}]})

    answer = shop.put({"images": images})

    assert (answer.status_code, answer.json()["images"]) == (200, [])


def test_it_serves_the_uploaded_bytes_unchanged(shop: Shop) -> None:
    data = picture()
    shop.put({"images": [{"id": shop.upload(data=data)}]})

    src = shop.product()["images"][0]["src"]

    assert requests.get(src, timeout=10).content == data


def test_it_downloads_a_source_again_under_a_new_name_each_time(
    shop: Shop, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/x.jpg").respond_with_data(picture())
    body = {"images": [{"src": httpserver.url_for("/x.jpg"), "alt": "front"}]}

    sources = [shop.put(body).json()["images"][0]["src"].rpartition("/")[2] for _ in range(2)]

    assert sources == ["x.jpg", "x-1.jpg"]


def test_it_changes_nothing_when_one_element_fails(shop: Shop) -> None:
    shop.put({"images": [{"id": shop.upload()}]})
    before = shop.product()

    answer = shop.put({"name": "New", "images": [{"id": before["images"][0]["id"]}, {"id": 999}]})

    assert answer.json()["message"] == "#999 is an invalid image ID."
    assert shop.product() == before


def test_it_takes_back_the_downloads_of_a_failed_create(shop: Shop, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x.jpg").respond_with_data(picture())
    images = [{"src": httpserver.url_for("/x.jpg")}, {"id": 999}]

    shop.call("POST", "wc/v3/products", json={"name": "Bad", "images": images})

    assert shop.store.state.tables.attachments == {}


def test_it_ignores_an_empty_alt_text_on_a_product_but_not_in_the_library(shop: Shop) -> None:
    number = shop.upload()
    shop.put({"images": [{"id": number, "alt": "front"}]})

    shop.put({"images": [{"id": number, "alt": ""}]})
    kept = shop.product()["images"][0]["alt"]
    shop.call("POST", f"wp/v2/media/{number}", json={"alt_text": ""})

    assert (kept, shop.product()["images"][0]["alt"]) == ("front", "")


def test_it_shrinks_a_large_upload_and_keeps_the_original_beside_it(shop: Shop) -> None:
    shop.put({"images": [{"id": shop.upload("big.jpg", picture(size=(2600, 1300)))}]})

    src = shop.product()["images"][0]["src"]

    assert src.endswith("/big-scaled.jpg")
    assert requests.get(src.replace("-scaled", ""), timeout=10).status_code == 200


def test_it_takes_broken_pictures_as_they_are(shop: Shop) -> None:
    number = shop.upload("broken.jpg", b"\xff\xd8\xff\xe0 and no picture")

    shop.put({"images": [{"id": number}]})

    assert shop.product()["images"][0]["srcset"] == ""


def test_it_refuses_a_sku_that_another_product_has(shop: Shop) -> None:
    answer = shop.put({"sku": "TOTE"})

    assert (answer.status_code, answer.json()["code"]) == (400, "product_invalid_sku")


def test_it_counts_batch_items_together_and_reports_failures_one_by_one(shop: Shop) -> None:
    number = shop.store.product("MUG").id
    body = {"update": [{"id": number, "name": "A"}, {"id": 999, "name": "B"}]}

    good = shop.call("POST", "wc/v3/products/batch", json=body)
    large = shop.call("POST", "wc/v3/products/batch", json={"update": [{"id": number}] * 101})

    assert good.json()["update"][1]["error"]["code"] == "woocommerce_rest_product_invalid_id"
    assert (good.json()["update"][0]["name"], large.status_code) == ("A", 413)


def test_it_gives_a_variation_its_own_picture_and_touches_the_parent(shop: Shop) -> None:
    parent, child = shop.store.product("TOTE").id, shop.store.product("TOTE-R").id
    shop.store.state.now = lambda: 4_000_000_000.0

    path = f"wc/v3/products/{parent}/variations/{child}"
    image = shop.call("PUT", path, json={"image": {"id": shop.upload()}}).json()["image"]

    assert shop.call("GET", path).json()["image"] == image
    assert shop.product("TOTE")["date_modified_gmt"] == "2096-10-02T07:06:40"


def test_it_logs_every_write_with_its_body_and_no_read_or_refusal(shop: Shop) -> None:
    shop.put({"name": "A"})
    shop.product()
    shop.put({"images": [{"id": 999}]})

    assert [(w.method, w.body) for w in shop.store.writes] == [("PUT", {"name": "A"})]
