"""Products: what every store has; a custom store's own program brings them here."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, prefetch_related_objects
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import events, pushing
from integrations.api.access import product_in, product_of, products_of
from integrations.api.product_serializers import (
    ExternalId,
    ProductPatch,
    ProductPut,
    ProductShown,
)
from integrations.api.refusals import refusals
from integrations.api.stores import StoreView
from integrations.contract import Permanent
from integrations.images import require_pushed
from integrations.models import Product, Store
from integrations.pushing import Pushed
from productviz.api.describe import extend_schema
from productviz.api.filters import CHANGES, by_choice, by_id, by_text, narrowed
from productviz.api.paging import page
from productviz.api.problems import field_problem
from productviz.api.versions import require_match
from productviz.api.views import ApiView


def shown(product: Product) -> dict[str, Any]:
    """A product as answers show it."""
    prefetch_related_objects([product], "images")
    return dict(ProductShown(product).data)


class Products(ApiView):
    """All products that the key may see."""

    scopes = {"GET": "products:read"}
    filters = {
        **CHANGES,
        "store": by_id("store", "str"),
        "status": by_choice("status", Product.Status.values),
        "type": by_choice("type", Product.Type.values),
        "external_id": by_text("external_id"),
        "sku": by_text("sku"),
    }

    @extend_schema(
        operation_id="list_products", responses=ProductShown(many=True), tags=["products"]
    )
    def get(self, request: Request) -> Response:
        """List products, the newest first."""
        rows = narrowed(request, products_of(self.key), self.filters)
        found = page(request, rows.prefetch_related("images"))
        return Response(found.body(list(ProductShown(found.rows, many=True).data)))


class _One(StoreView):
    """What can be done with one product, however the path names it."""

    def show_product(self, product: Product) -> Response:
        return self.show(product, shown(product))

    def change(self, request: Request, product: Product) -> Response:
        require_match(request, product)
        asked = self.read(ProductPatch)
        with transaction.atomic():
            product = _locked(product)
            require_match(request, product)
            if set(asked) == {"metadata"}:
                _describe(product, asked["metadata"])
            elif asked:
                _push_some(product, asked)
        return self.show_product(_fresh(product))

    def drop(self, request: Request, product: Product) -> Response:
        require_match(request, product)
        with refusals(current_status=lambda: product.status):
            pushing.delete(product)
        return Response(status=204)


class OneProduct(_One):
    """One product, by its id or by ``ext:`` and the store's own id."""

    scopes = {"GET": "products:read", "PATCH": "products:write", "DELETE": "products:write"}

    @extend_schema(operation_id="get_product", responses=ProductShown, tags=["products"])
    def get(self, request: Request, product_id: str) -> Response:
        """Show a product."""
        return self.show_product(product_of(self.key, product_id))

    @extend_schema(
        operation_id="update_product",
        request=ProductPatch,
        responses=ProductShown,
        tags=["products"],
    )
    def patch(self, request: Request, product_id: str) -> Response:
        """Change some fields of a custom store's product; of others' the metadata only."""
        return self.change(request, product_of(self.key, product_id))

    @extend_schema(operation_id="delete_product", responses={204: None}, tags=["products"])
    def delete(self, request: Request, product_id: str) -> Response:
        """Say that a custom store's product is gone."""
        return self.drop(request, product_of(self.key, product_id))


class StoreProduct(_One):
    """One product of a store, by the store's own id."""

    scopes = {
        "GET": "products:read",
        "PUT": "products:write",
        "PATCH": "products:write",
        "DELETE": "products:write",
    }

    @extend_schema(operation_id="get_store_product", responses=ProductShown, tags=["products"])
    def get(self, request: Request, store_id: str, external_id: str) -> Response:
        """Show a product."""
        return self.show_product(product_in(self.store(store_id), external_id))

    @extend_schema(
        operation_id="put_store_product",
        request=ProductPut,
        responses={200: ProductShown, 201: ProductShown},
        tags=["products"],
    )
    def put(self, request: Request, store_id: str, external_id: str) -> Response:
        """Say what a custom store's product is: made where it is new (201), else changed (200)."""
        store = self.store(store_id)
        _check_external_id(external_id)
        asked = self.read(ProductPut)
        with refusals(current_status=lambda: store.status):
            require_pushed(store)
        one = pushed(store, external_id, asked)
        with transaction.atomic():
            known = store.products.select_for_update().filter(external_id=external_id).first()
            if known is not None:
                require_match(request, known)
            is_new = pushing.push(store, [one])[external_id]
        product = product_in(store, external_id)
        answer = self.show(product, shown(product), status=201 if is_new else 200)
        answer["Location"] = f"/api/v1/products/{product.public_id}"
        return answer

    @extend_schema(
        operation_id="update_store_product",
        request=ProductPatch,
        responses=ProductShown,
        tags=["products"],
    )
    def patch(self, request: Request, store_id: str, external_id: str) -> Response:
        """Change some fields."""
        return self.change(request, product_in(self.store(store_id), external_id))

    @extend_schema(operation_id="delete_store_product", responses={204: None}, tags=["products"])
    def delete(self, request: Request, store_id: str, external_id: str) -> Response:
        """Say that it is gone."""
        return self.drop(request, product_in(self.store(store_id), external_id))


def _check_external_id(text: str) -> None:
    try:
        ExternalId().run_validation(text)
    except serializers.ValidationError:
        raise field_problem(
            "/external_id", "invalid", "1 to 191 characters, none of them a control character."
        ) from None


def pushed(store: Store, external_id: str, values: dict[str, Any], *, beside: Any = ()) -> Pushed:
    """The product with its parent found. Raises Problem."""
    named = values.pop("parent", None)
    try:
        parent = pushing.parent_of(store, named, beside=beside)
    except Permanent as error:
        raise field_problem("/parent", error.code, str(error)) from error
    if parent == external_id:
        raise field_problem("/parent", "invalid", "A product is not its own parent.")
    is_variant = values.get("type", "variant" if parent else "simple") == "variant"
    if is_variant != bool(parent):
        raise field_problem("/type", "invalid", "A variant has a parent, and nothing else has.")
    return Pushed(external_id, values, parent)


def _locked(product: Product) -> Product:
    rows = Product.objects.select_for_update(of=("self",)).select_related("store", "parent")
    return rows.get(pk=product.pk)


def _fresh(product: Product) -> Product:
    return Product.objects.select_related("store", "parent").get(pk=product.pk)


def _push_some(product: Product, asked: dict[str, Any]) -> None:
    with refusals(current_status=lambda: product.status):
        require_pushed(product.store)
    values = {**pushing.values_of(product), **asked}
    if "parent" not in asked and product.parent:
        values["parent"] = product.parent.public_id
    if "parent" in asked and "type" not in asked:
        values.pop("type")
    pushing.push(product.store, [pushed(product.store, product.external_id, values)])


def _describe(product: Product, metadata: dict[str, str]) -> None:
    """Change what is the client's own, of any store's product."""
    if metadata == product.metadata:
        return
    rows = Product.objects.filter(pk=product.pk)
    rows.update(metadata=metadata, version=F("version") + 1, updated_at=timezone.now())
    product.refresh_from_db()
    events.products(product.store, [events.change_of(product, "updated")])
