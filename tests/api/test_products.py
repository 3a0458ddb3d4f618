"""Products by the API: a custom store's program brings them, and they are like everybody's."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from integrations.catalog import catalog_changed
from integrations.inputs import inputs_hash
from integrations.models import Product, Store
from productviz.outbox.models import Event
from tests.api.caller import Caller
from tests.api.shops import Shop, told
from tests.factories import make_product, make_store

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def heard() -> Iterator[list[uuid.UUID]]:
    """The product ids of every catalog_changed, in order."""
    ids: list[uuid.UUID] = []

    def listen(sender: Any, *, product_ids: list[uuid.UUID], **kwargs: Any) -> None:
        ids.extend(product_ids)

    catalog_changed.connect(listen)
    yield ids
    catalog_changed.disconnect(listen)


WHOLE: dict[str, Any] = {
    "title": "Mug",
    "sku": "M-1",
    "description": "<p>Blue &amp; <b>round</b></p>",
    "brand": "Clay",
    "category_path": "Home/Mugs",
    "options": {"Color": "Blue"},
    "attributes": {"material": "clay"},
    "tags": ["blue", "mug"],
    "locale": "en",
    "url": "https://shop.example/mug",
    "status": "draft",
    "remote_updated_at": "2026-11-22T09:31:02.120Z",
    "metadata": {"row": "7"},
}


def test_it_makes_a_product_and_then_changes_it(heard: list[uuid.UUID]) -> None:
    shop = Shop()
    status, made = shop.put(**WHOLE)
    product = Product.objects.get()

    assert status == 201
    assert shop.caller.last["Location"] == f"/api/v1/products/{product.public_id}"
    assert {name: made[name] for name in WHOLE} == {**WHOLE, "description": "Blue & round"}
    assert made["input_hash"] == inputs_hash(product)
    assert heard == [product.pk]

    status, same = shop.put(**WHOLE)
    assert (status, same) == (200, made), "nothing changed, so nothing is told"
    status, changed = shop.put(title="Cup")
    assert (status, changed["version"], changed["sku"]) == (200, made["version"] + 1, "")
    assert changed["metadata"] == {"row": "7"}, "what is the client's own stays"
    assert told(product.pk) == ["product.created", "product.inputs_changed"]
    assert heard == [product.pk, product.pk]


def test_what_no_picture_depends_on_is_an_update(heard: list[uuid.UUID]) -> None:
    shop = Shop()
    product = shop.product()
    heard.clear()
    shop.put(brand="Clay", tags=["a"])

    assert told(product.pk) == ["product.created", "product.updated"]
    assert heard == []
    event = Event.objects.latest("id")
    assert event.sequence == Product.objects.get().version == 2
    assert event.data["object"]["external_id"] == "MUG-1"


@pytest.mark.parametrize("external_id", ["a/b", "50%", "x+y", "ünï", "..", " lead", "a?b#c", "a b"])
def test_it_takes_every_id_that_a_store_has(external_id: str) -> None:
    shop = Shop()
    path = f"{shop.path}/products/ext:{quote(external_id, safe='')}"
    status, made = shop.caller.ask("PUT", path, {"title": "Odd"})

    assert (status, made["external_id"]) == (201, external_id)
    assert shop.caller.get(path)[1]["id"] == made["id"]
    by_id = f"/products/ext:{quote(external_id, safe='')}"
    assert shop.caller.get(by_id)[1]["id"] == made["id"]
    assert shop.caller.get(f"{by_id}/images")[1]["data"] == []
    assert shop.caller.ask("PATCH", path, {"title": "Odder"})[1]["title"] == "Odder"
    assert shop.caller.ask("DELETE", path)[0] == 204
    assert Product.objects.get().status == "deleted"


@pytest.mark.parametrize("external_id", ["%00", "a%07b", "%C2%85", "x" * 192])
def test_it_refuses_ids_that_no_store_has(external_id: str) -> None:
    shop = Shop()
    path = f"{shop.path}/products/ext:{external_id}"

    assert shop.caller.ask("PUT", path, {"title": "Odd"})[0] == 422
    assert shop.caller.get(path)[0] == 404
    assert shop.caller.get(f"/products/ext:{external_id}")[0] == 404
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 501),
        ("title", ""),
        ("title", 7),
        ("title", None),
        ("description", "x" * 20_001),
        ("attributes", {str(n): "a" for n in range(201)}),
        ("attributes", {"a": "x" * 1001}),
        ("attributes", {"a": 1}),
        ("attributes", ["a"]),
        ("tags", "blue"),
        ("tags", ["a"] * 251),
        ("status", "deleted"),
        ("type", "thing"),
        ("type", "variant"),
        ("parent", "ext:nobody"),
        ("parent", "ext:MUG-1"),
        ("remote_updated_at", "0000-01-01T00:00:00Z"),
        ("remote_updated_at", "2026-11-22T09:31:02"),
        ("metadata", {"a": "x" * 501}),
        ("url", "javascript:alert(1)"),
    ],
)
def test_it_names_the_field_that_is_wrong(field: str, value: Any) -> None:
    shop = Shop()
    status, problem = shop.put(**{field: value})

    assert (status, problem["code"]) == (422, "validation_failed")
    pointer = problem["errors"][0]["pointer"]
    assert pointer.startswith(f"/{field}") or (field, pointer) == ("type", "/type")
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "field", ["id", "store", "version", "images", "input_hash", "external_id", "is_generated"]
)
def test_it_takes_no_field_that_is_not_the_stores(field: str) -> None:
    shop = Shop()
    path = f"{shop.path}/products/ext:MUG-1"
    status, problem = shop.caller.ask("PUT", path, {"title": "Mug", field: "x"})
    assert (status, problem["code"]) == (422, "unknown_field")


def test_only_a_custom_stores_program_says_what_a_product_is() -> None:
    caller = Caller()
    product = make_product(make_store(caller.workspace))
    path = f"/stores/{product.store.public_id}/products"

    for method, where, body in (
        ("PUT", f"{path}/ext:{product.external_id}", {"title": "Other"}),
        ("POST", f"{path}:batch", {"products": [{"external_id": "a", "title": "A"}]}),
        ("PATCH", f"/products/{product.public_id}", {"title": "Other"}),
        ("DELETE", f"/products/{product.public_id}", None),
        ("POST", f"/products/{product.public_id}/images", {"url": "https://a.example/a.jpg"}),
        ("DELETE", f"/images/{product.images.get().public_id}", None),
    ):
        status, problem = caller.ask(method, where, body)
        assert (status, problem["code"]) == (409, "state_conflict"), where
        assert "WooCommerce" in problem["detail"]
        assert "current_status" in problem
    assert Product.objects.get().title == product.title
    status, shown = caller.ask("PATCH", f"/products/{product.public_id}", {"metadata": {"a": "b"}})
    assert (status, shown["metadata"], shown["version"]) == (200, {"a": "b"}, 2)
    assert told(product.pk) == ["product.updated"]


def test_each_of_a_batch_has_its_own_result() -> None:
    shop = Shop()
    old = shop.product("OLD")
    products: list[Any] = [
        {"external_id": "OLD", "title": "New title"},
        {"external_id": "A", "title": "A"},
        {"external_id": "B", "title": ""},
        {"title": "nameless"},
        {"external_id": "TWICE", "title": "1"},
        {"external_id": "TWICE", "title": "2"},
        {"external_id": "RED", "title": "Red", "parent": "ext:SHIRT", "options": {"Color": "Red"}},
        {"external_id": "SHIRT", "title": "Shirt", "type": "parent"},
        {"external_id": "LOST", "title": "Lost", "parent": "ext:B"},
        {"external_id": "DEEP", "title": "Deep", "parent": "ext:RED"},
        {"external_id": "BLUE", "title": "Blue", "parent": old.public_id},
        {"external_id": "X", "title": "X", "workspace": "w"},
    ]
    status, found = shop.caller.post(f"{shop.path}/products:batch", {"products": products})

    assert status == 200
    assert [(one["external_id"], one["status"]) for one in found["data"]] == [
        ("OLD", 200), ("A", 201), ("B", 422), (None, 422), ("TWICE", 422), ("TWICE", 422),
        ("RED", 201), ("SHIRT", 201), ("LOST", 422), ("DEEP", 422), ("BLUE", 201), ("X", 422),
    ]  # fmt: skip
    assert found["data"][-1]["error"]["code"] == "unknown_field"
    assert found["data"][2]["error"]["errors"][0]["pointer"] == "/title"
    red = Product.objects.get(external_id="RED")
    assert (red.parent and red.parent.external_id, red.type) == ("SHIRT", "variant")
    assert Product.objects.count() == 5


def test_a_parent_that_is_told_again_keeps_its_variants() -> None:
    shop = Shop()
    shop.product("SHIRT", type="parent")
    red = shop.product("RED", parent="ext:SHIRT")
    shop.put("SHIRT", type="parent", title="Shirt, new")

    assert Product.objects.get(pk=red.pk).status == "active"
    status, shown = shop.caller.ask("PATCH", f"/products/{red.public_id}", {"title": "Red, new"})
    assert (status, shown["type"]) == (200, "variant")
    assert shown["parent"] == Product.objects.get(external_id="SHIRT").public_id
    shop.caller.ask("DELETE", f"{shop.path}/products/ext:SHIRT")
    assert set(Product.objects.values_list("status", flat=True)) == {"deleted"}
    assert told(red.pk)[-1] == "product.deleted"


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_one_to_a_hundred(count: int) -> None:
    shop = Shop()
    products = [{"external_id": str(n), "title": "A"} for n in range(count)]
    assert shop.caller.post(f"{shop.path}/products:batch", {"products": products})[0] == 422
    assert not Product.objects.exists()


def test_a_batch_may_be_larger_than_other_bodies() -> None:
    shop = Shop()
    products = [
        {"external_id": str(n), "title": "A", "description": "x" * 19_000} for n in range(60)
    ]
    status, found = shop.caller.post(f"{shop.path}/products:batch", {"products": products})

    assert (status, {one["status"] for one in found["data"]}) == (200, {201})


def test_a_hundred_cost_few_statements(django_assert_max_num_queries: Any) -> None:
    shop = Shop()
    products = [{"external_id": str(n), "title": f"P{n}"} for n in range(100)]
    with django_assert_max_num_queries(140):
        status, _ = shop.caller.post(f"{shop.path}/products:batch", {"products": products})
    assert status == 200
    assert Event.objects.filter(type="product.created").count() == 100


def test_it_shows_nothing_of_others() -> None:
    shop, stranger = Shop(), Caller()
    product = shop.product()
    elsewhere = Shop(base_url="https://b.example", caller=shop.caller)
    narrowed = Caller(shop.caller.workspace, stores=[str(Store.objects.latest("id").pk)])

    for caller in (stranger, narrowed):
        assert caller.get(f"/products/{product.public_id}")[0] == 404
        assert caller.get("/products/ext:MUG-1")[0] == 404
        assert caller.get("/products")[1]["data"] == []
        assert caller.get(f"/products?store={shop.store['id']}")[1]["data"] == []
        assert caller.ask("PATCH", f"/products/{product.public_id}", {"title": "x"})[0] == 404
    elsewhere.put()
    assert "More than one" in shop.caller.get("/products/ext:MUG-1")[1]["detail"]
    found = shop.caller.get(f"/products?store={elsewhere.store['id']}&external_id=MUG-1")[1]
    assert len(found["data"]) == 1


def test_it_does_not_change_what_somebody_changed_first() -> None:
    shop = Shop()
    product = shop.product()
    shop.put(title="Cup")
    late = {"If-Match": '"v1"'}

    path = f"/products/{product.public_id}"
    assert shop.caller.ask("PATCH", path, {"title": "X"}, late)[1]["code"] == "version_conflict"
    assert shop.caller.ask("DELETE", path, None, late)[1]["code"] == "version_conflict"
    put = shop.caller.ask("PUT", f"{shop.path}/products/ext:MUG-1", {"title": "X"}, late)
    assert put[1]["code"] == "version_conflict"
    assert Product.objects.get().title == "Cup"
    assert shop.caller.get(path, **{"If-None-Match": '"v2"'})[0] == 304


def test_a_product_comes_back_as_it_is_told_again() -> None:
    shop = Shop()
    product = shop.product()
    shop.caller.ask("DELETE", f"/products/{product.public_id}")
    assert shop.caller.get(f"/products/{product.public_id}")[1]["status"] == "deleted"
    assert shop.put()[1]["status"] == "active"
    assert told(product.pk) == ["product.created", "product.deleted", "product.updated"]
