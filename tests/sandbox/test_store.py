"""Faults, restarts, the command line, the shop a customer sees."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from integrations.sandbox.woocommerce import SandboxStore
from productviz.env import ROOT
from tests.contracts.replay import picture
from tests.sandbox.conftest import ROWS, Inbox, Shop


def arm(shop: Shop, **fault: object) -> None:
    """Set a fault over HTTP, as for a store in another process."""
    url = f"{shop.store.url}/__sandbox/faults"
    assert requests.post(url, json=fault, timeout=10).status_code == 200


def test_it_asks_for_patience_after_n_requests(shop: Shop) -> None:
    arm(shop, kind="429", after=1, path="/products", seconds=7)

    answers = [shop.call("GET", "wc/v3/products") for _ in range(3)]

    assert [a.status_code for a in answers] == [200, 429, 200]
    assert answers[1].headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("503", 503, "Service Unavailable"),
        ("maintenance", 200, "scheduled maintenance"),
        ("revoked_key", 401, "woocommerce_rest_cannot_view"),
        ("empty_list", 200, "[]"),
    ],
)
def test_it_answers_in_the_stores_place(shop: Shop, kind: str, status: int, words: str) -> None:
    arm(shop, kind=kind)

    answer = shop.call("GET", "wc/v3/products")

    assert (answer.status_code, words in answer.text) == (status, True)


def test_it_finishes_the_write_whose_answer_is_lost(shop: Shop) -> None:
    arm(shop, kind="timeout_after_write", method="PUT")

    with pytest.raises(requests.ConnectionError):
        shop.put({"name": "Written"})

    assert shop.product()["name"] == "Written"


def test_it_cuts_json_in_half(shop: Shop) -> None:
    arm(shop, kind="truncated_json")

    with pytest.raises(requests.JSONDecodeError):
        shop.product()


@pytest.mark.parametrize(("kind", "status"), [("image_404", 404), ("image_html", 200)])
def test_it_breaks_a_picture(shop: Shop, kind: str, status: int) -> None:
    shop.put({"images": [{"id": shop.upload()}]})
    arm(shop, kind=kind)

    answer = requests.get(shop.product()["images"][0]["src"], timeout=10)

    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "text/html; charset=utf-8",
    )


def test_it_drops_a_delivery_and_disables_hooks_on_request(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("product.updated", inbox.url)
    arm(shop, kind="drop_webhook")
    shop.put({"name": "Lost"})
    shop.store.deliver_webhooks()
    arm(shop, kind="disable_webhooks")
    shop.put({"name": "Never queued"})
    shop.store.deliver_webhooks()

    assert inbox.deliveries() == []


def test_it_refuses_a_fault_that_does_not_exist(shop: Shop) -> None:
    answer = requests.post(f"{shop.store.url}/__sandbox/faults", json={"kind": "flood"}, timeout=10)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("There is no fault 'flood'; choose one of 429, 503")


def test_it_describes_its_galleries(shop: Shop) -> None:
    number = shop.upload()
    shop.put({"images": [{"id": number, "alt": "front"}]})

    state = requests.get(f"{shop.store.url}/__sandbox/state", timeout=10).json()

    gallery = state["galleries"][str(shop.store.product("MUG").id)]
    assert [(row["id"], row["alt"]) for row in gallery] == [(number, "front")]
    assert state["counts"]["products"] == 2


def test_it_survives_a_restart(tmp_path: Path) -> None:
    with SandboxStore(ROWS, data=tmp_path) as store:
        shop = Shop(store, ("admin", store.create_app_password().password))
        shop.put({"name": "Kept", "images": [{"id": shop.upload()}]})

    with SandboxStore(data=tmp_path) as store:
        product = Shop(store, shop.auth).product()
        picture_status = requests.get(product["images"][0]["src"], timeout=10).status_code

    assert (product["name"], picture_status) == ("Kept", 200)


def test_it_makes_a_product_of_every_picture_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "blue_stone-mug.jpg").write_bytes(picture(size=(60, 40)))
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    (tmp_path / "notes.txt").write_text("not a product")

    with SandboxStore(photos=tmp_path) as store:
        products = list(store.state.tables.products.values())

    assert [row.name for row in products] == ["Blue stone mug", "Broken"]
    assert [len(row.image_ids) for row in products] == [1, 1]


def test_it_delivers_by_itself_when_a_delay_is_set(
    inbox: Inbox, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    with SandboxStore(ROWS, webhook_delay=0.0) as store:
        shop = Shop(store, ("admin", store.create_app_password().password))
        shop.subscribe("product.updated", inbox.url)
        shop.put({"name": "Soon"})
        wait_until(lambda: bool(inbox.deliveries()))

    assert inbox.deliveries()[0].get_json()["name"] == "Soon"


def test_it_runs_from_the_command_line(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_text('[{"name": "Bowl", "sku": "B1", "price": "9.00"}]')
    command = [
        sys.executable,
        "-m",
        "integrations.sandbox",
        "woocommerce",
        "--catalog",
        str(catalog),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        page = requests.get(line.rpartition(" ")[2].strip(), timeout=10)
        process.terminate()

    assert line.startswith("listening on http://127.0.0.1:")
    assert "Bowl" in page.text


def test_it_shows_shoppers_the_gallery_and_hides_drafts(shop: Shop) -> None:
    shop.put({"images": [{"id": shop.upload("a.jpg")}, {"id": shop.upload("b.jpg")}]})
    shop.put({"status": "draft"}, sku="TOTE")

    front = requests.get(shop.store.url, timeout=10).text
    page = requests.get(f"{shop.store.url}/product/stone-mug/", timeout=10).text

    assert ("Stone Mug" in front, "Tote" in front) == (True, False)
    assert page.count("<div class='main'>") == 2
    assert "24.00" in page


def test_it_escapes_what_a_merchant_typed(shop: Shop) -> None:
    shop.put(
        {
            "name": "Mug <script>alert(1)</script>",
            "images": [{"id": shop.upload(), "alt": "\"'><b>"}],
        }
    )

    page = requests.get(f"{shop.store.url}/product/stone-mug/", timeout=10).text

    assert "<script>" not in page
    assert "alt='&quot;&#x27;&gt;'" in page
