"""Many products of a custom store in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import pushing
from integrations.api.product_serializers import (
    BatchNew,
    BatchShape,
    ProductBatchShown,
    ProductInBatch,
    ProductShown,
)
from integrations.api.products import pushed
from integrations.api.refusals import refusals
from integrations.api.stores import StoreView
from integrations.images import require_pushed
from integrations.models import Product, Store
from integrations.pushing import Pushed
from productviz.api.describe import extend_schema
from productviz.api.handler import as_problem
from productviz.api.idempotency import idempotent
from productviz.api.problems import Problem, field_problem

MAX_BATCH_BYTES = 5 * 1_048_576
# One product of a batch that can be written, or the id it gave and what is wrong with it.
Checked = Pushed | tuple[Any, Problem]


class StoreProducts(StoreView):
    """Many products of a custom store at once."""

    scopes = {"POST": "products:write"}
    max_bytes = MAX_BATCH_BYTES

    @extend_schema(
        operation_id="batch_store_products",
        request=BatchShape,
        responses=ProductBatchShown,
        tags=["products"],
    )
    @idempotent()
    def post(self, request: Request, store_id: str) -> Response:
        """Say what up to 100 products are; each has its own result, and none stops the others."""
        store = self.store(store_id)
        with refusals(current_status=lambda: store.status):
            require_pushed(store)
        asked = self.read(BatchNew)["products"]
        results = _with_parents(
            store, [self._checked(store, asked, index) for index in range(len(asked))]
        )
        good = {one.external_id: one for one in results if isinstance(one, Pushed)}
        is_new = pushing.push(store, list(good.values())) if good else {}
        rows = store.products.filter(external_id__in=list(good)).prefetch_related("images")
        found = {row.external_id: row for row in rows}
        return Response({"data": [_result(one, found, is_new) for one in results]})

    def _checked(self, store: Store, asked: list[dict[str, Any]], index: int) -> Checked:
        data = asked[index]
        named = [one.get("external_id") for one in asked]
        external_id = data.get("external_id")
        try:
            if named.count(external_id) > 1:
                raise field_problem(
                    "/external_id", "duplicate_external_id", "It is twice in this batch."
                )
            reader = ProductInBatch(data=data)
            reader.is_valid(raise_exception=True)
            values = dict(reader.validated_data)
            beside = {one for one in named if isinstance(one, str) and one != external_id}
            return pushed(store, values.pop("external_id"), values, beside=beside)
        except (Problem, serializers.ValidationError) as error:
            return external_id, as_problem(error)


def _with_parents(store: Store, checked: Sequence[Checked]) -> list[Checked]:
    """Refuse what names a parent beside it that is none: only one that is right itself can be."""
    good = {one.external_id: one for one in checked if isinstance(one, Pushed)}
    missing = {one.parent for one in good.values() if one.parent} - {
        key for key, one in good.items() if not one.parent
    }
    known = store.products.filter(external_id__in=missing - good.keys())
    missing -= set(known.values_list("external_id", flat=True))
    refusal = field_problem("/parent", "not_found", "There is no such product in this store.")
    return [
        (one.external_id, refusal) if isinstance(one, Pushed) and one.parent in missing else one
        for one in checked
    ]


def _result(
    one: Checked, found: Mapping[str, Product], is_new: Mapping[str, bool]
) -> dict[str, Any]:
    if isinstance(one, Pushed):
        return {
            "external_id": one.external_id,
            "status": 201 if is_new[one.external_id] else 200,
            "product": ProductShown(found[one.external_id]).data,
            "error": None,
        }
    external_id, problem = one
    error = {"code": problem.code, "detail": problem.detail, "errors": problem.errors or []}
    return {
        "external_id": external_id if isinstance(external_id, str) else None,
        "status": problem.known.status,
        "product": None,
        "error": error,
    }
