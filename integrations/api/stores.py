"""Stores: connect them, look after them, let go of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import connect, custom, opening, privacy
from integrations.api.access import stores_of
from integrations.api.refusals import refusals
from integrations.api.store_serializers import (
    LAST_RUNS,
    StoreChange,
    StoreNew,
    StoreShown,
)
from integrations.models import Store
from integrations.models.stores import Platform, StoreStatus
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.filters import CHANGES, by_choice, narrowed
from productviz.api.idempotency import idempotent, is_kept
from productviz.api.outside import BUSY, place
from productviz.api.paging import page
from productviz.api.problems import Problem, field_problem
from productviz.api.reach import find
from productviz.api.versions import require_match
from productviz.api.views import ApiView
from productviz.lib.http import OutboundError, check_url

_ELSEWHERE = {
    Platform.SHOPIFY: "A Shopify store connects itself: install ProductViz in the Shopify admin"
    " and open it there under Apps.",
    Platform.MAGENTO: "Magento stores cannot be connected yet. Bring the catalog by the API as a"
    " custom store meanwhile.",
}


_OWN = ("name", "write_mode", "locale", "metadata")


def shown(stores: Sequence[Store]) -> list[Any]:
    """Stores as answers show them."""
    prefetch_related_objects(list(stores), LAST_RUNS)
    return list(StoreShown(stores, many=True).data)


class StoreView(ApiView):
    """An address below one store."""

    def store(self, store_id: str) -> Store:
        """The store of the path, if the key may see it. Raises Problem."""
        return find(stores_of(self.key), store_id)


class Stores(ApiView):
    """All stores that the key may see."""

    scopes = {"GET": "stores:read", "POST": "stores:write"}
    filters = {
        **CHANGES,
        "status": by_choice("status", StoreStatus.values),
        "kind": by_choice("platform", Platform.values),
    }

    @extend_schema(operation_id="list_stores", responses=StoreShown(many=True), tags=["stores"])
    def get(self, request: Request) -> Response:
        """List stores, the newest first."""
        found = page(request, narrowed(request, stores_of(self.key), self.filters))
        return Response(found.body(shown(found.rows)))

    @extend_schema(
        operation_id="create_store",
        problems=(BUSY,),
        request=StoreNew,
        responses={200: StoreShown, 201: StoreShown},
        tags=["stores"],
    )
    def post(self, request: Request) -> Response:
        """Connect a store; one that is known already gets the new credentials (200)."""
        if self.key.stores:
            raise Problem("insufficient_scope", "This key is for some stores only.")
        asked = self.read(StoreNew)
        if asked["kind"] in _ELSEWHERE:
            raise field_problem("/kind", "not_supported", _ELSEWHERE[asked["kind"]])
        _check_address(asked["base_url"])
        access = None
        if asked["kind"] == Platform.WOOCOMMERCE and not is_kept(request):
            access = self._tried(asked)
        return self._create(request, asked, access)

    def _tried(self, asked: dict[str, Any]) -> opening.Access:
        if "credentials" not in asked:
            raise field_problem("/credentials", "required", "A WooCommerce store needs them.")
        with refusals(pointer="/write_mode"):
            custom.require_mode(asked["kind"], asked.get("write_mode", ""))
        with place(), _trying():
            return connect.try_access(
                self.workspace, asked["kind"], asked["base_url"], asked["credentials"]
            )

    post.idempotency_required = False  # type: ignore[attr-defined]

    @idempotent()
    def _create(
        self, request: Request, asked: dict[str, Any], access: opening.Access | None
    ) -> Response:
        own = {name: asked[name] for name in _OWN if name in asked}
        if asked["kind"] == Platform.CUSTOM:
            store, is_new = self._custom(asked, own), True
        elif access is None:  # the first answer was forgotten this very moment
            raise Problem("idempotency_in_progress", headers={"Retry-After": "1"})
        else:
            with refusals(pointer="/base_url"):
                store, is_new = opening.keep(self.workspace, access, **own)
        audit(request, "store.connected", store.public_id, base_url=store.base_url)
        store.refresh_from_db()
        answer = self.show(store, shown([store])[0], status=201 if is_new else 200)
        answer["Location"] = f"/api/v1/stores/{store.public_id}"
        return answer

    def _custom(self, asked: dict[str, Any], own: dict[str, Any]) -> Store:
        if "credentials" in asked:
            raise field_problem("/credentials", "not_supported", "Nobody calls a custom store.")
        with refusals(pointer="/write_mode"):
            return custom.create(self.workspace, base_url=asked["base_url"], **own)


def _check_address(url: str) -> None:
    try:
        check_url(url)
    except OutboundError as error:
        fault = {"pointer": "/base_url", "code": error.code, "detail": str(error)}
        raise Problem(error.code, str(error), errors=[fault]) from error


@contextmanager
def _trying() -> Iterator[None]:
    """What keeps us out of a store is at fault in its credentials, or in its address."""
    try:
        with refusals(pointer="/base_url"):
            yield
    except Problem as problem:
        if problem.code != "store_disconnected":
            raise
        raise field_problem("/credentials", "refused", problem.detail) from problem


class OneStore(StoreView):
    """One store."""

    scopes = {"GET": "stores:read", "PATCH": "stores:write", "DELETE": "stores:write"}

    @extend_schema(operation_id="get_store", responses=StoreShown, tags=["stores"])
    def get(self, request: Request, store_id: str) -> Response:
        """Show a store."""
        store = self.store(store_id)
        return self.show(store, shown([store])[0])

    @extend_schema(
        operation_id="update_store",
        problems=(BUSY,),
        request=StoreChange,
        responses=StoreShown,
        tags=["stores"],
    )
    def patch(self, request: Request, store_id: str) -> Response:
        """Change its name, locale, metadata or write mode, or give new credentials."""
        store = self.store(store_id)
        require_match(request, store)
        asked = self.read(StoreChange)
        credentials = asked.pop("credentials", None)
        if credentials:
            self._renew(store, credentials)
        with transaction.atomic():
            row = Store.objects.select_for_update().get(pk=store.pk)
            if not credentials:
                require_match(request, row)
            self._change(row, asked)
        audit(request, "store.changed", store.public_id, fields=sorted(request.data))
        return self.show(row, shown([row])[0])

    def _renew(self, store: Store, credentials: dict[str, str]) -> None:
        if store.platform != Platform.WOOCOMMERCE:
            raise field_problem("/credentials", "not_supported", "This store has none to give.")
        with place(), _trying():
            access = opening.tried(
                self.workspace,
                store.platform,
                base_url=store.base_url,
                name=store.name,
                credentials=credentials,
            )
            opening.keep(self.workspace, access)

    def _change(self, row: Store, asked: dict[str, Any]) -> None:
        if "write_mode" in asked and asked["write_mode"] != row.write_mode:
            with refusals(pointer="/write_mode", current_status=lambda: row.status):
                custom.require_mode(row.platform, asked["write_mode"])
                custom.require_quiet(row)
        changed = {name: value for name, value in asked.items() if getattr(row, name) != value}
        for name, value in changed.items():
            setattr(row, name, value)
        if changed:
            row.save(update_fields=list(changed))

    @extend_schema(operation_id="delete_store", responses={202: None}, tags=["stores"])
    def delete(self, request: Request, store_id: str) -> Response:
        """Give its access back and remove all its data; ``store.deleted`` says when it is done."""
        store = self.store(store_id)
        require_match(request, store)
        privacy.request_deletion(store)
        audit(request, "store.deleted", store.public_id, base_url=store.base_url)
        return Response(status=202)
