"""Looking after a store: try its access, read its catalog, renew its secret, see what it sent."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from integrations import catalog, inbox_secrets
from integrations.api.refusals import refusals
from integrations.api.store_serializers import (
    InboundShown,
    SecretShown,
    SyncNew,
    SyncShown,
    TrialShown,
)
from integrations.api.stores import StoreView
from integrations.contract import Capabilities, PlatformError
from integrations.models import InboundEvent, SyncRun
from integrations.models.stores import StoreStatus
from integrations.registry import adapter_for
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.filters import TIMES, by_choice, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.outside import BUSY, place
from productviz.api.paging import page
from productviz.api.problems import Problem


class StoreTest(StoreView):
    """Whether a store still lets us in."""

    scopes = {"POST": "stores:write"}

    @extend_schema(
        operation_id="test_store",
        problems=(BUSY,),
        request=None,
        responses=TrialShown,
        tags=["stores"],
    )
    def post(self, request: Request, store_id: str) -> Response:
        """Ask the store what the access allows now; changes nothing."""
        store = self.store(store_id)
        if store.pushes:
            return Response(_trial(Capabilities(False, False, False, False, False)))
        if store.status == StoreStatus.DISCONNECTED:
            raise Problem("store_disconnected", store.status_reason)
        try:
            with place():
                return Response(_trial(adapter_for(store).check()))
        except PlatformError as error:
            return Response(_trial(None, error))


def _trial(found: Capabilities | None, error: PlatformError | None = None) -> Any:
    says = {
        "ok": error is None,
        "capabilities": found
        and {
            "read_products": found.read_products,
            "write_images": found.write_images,
            "roles": False,
            "delete_images": found.delete_images,
            "alt_text": True,
            "webhooks": found.webhooks,
        },
        "missing": list(found.missing) if found else [],
        "error": error and {"code": error.code, "message": str(error)},
    }
    return TrialShown(says).data


class StoreSync(StoreView):
    """Reading a store's catalog."""

    scopes = {"POST": "stores:write"}

    @extend_schema(
        operation_id="sync_store", request=SyncNew, responses={202: SyncShown}, tags=["stores"]
    )
    @idempotent()
    def post(self, request: Request, store_id: str) -> Response:
        """Begin a sweep, or join the one that is under way."""
        store = self.store(store_id)
        kind = self.read(SyncNew).get("kind", SyncRun.Kind.CHANGES)
        with refusals(current_status=lambda: store.status):
            run = catalog.request_sync(store, kind=kind)
        run.refresh_from_db()
        return Response(SyncShown(run).data, status=202)


class StoreSecret(StoreView):
    """The secret that the store's webhooks are signed with."""

    scopes = {"POST": "stores:write"}

    @extend_schema(
        operation_id="rotate_store_secret",
        problems=("store_unreachable", BUSY),
        request=None,
        responses=SecretShown,
        tags=["stores"],
    )
    def post(self, request: Request, store_id: str) -> Response:
        """Make a new secret, shown this once; the old one is good for 24 hours more.

        Where the store could not be told of it, the repetition tells it and makes no other.
        """
        answer = self._rotate(request, store_id)
        # Outside of the transaction, and of a repetition too: nobody knows how far the first came.
        store = self.store(store_id)
        with refusals(current_status=lambda: store.status):
            inbox_secrets.subscribe_again(store)
        return answer

    post.idempotency_required = False  # type: ignore[attr-defined]

    @idempotent()
    def _rotate(self, request: Request, store_id: str) -> Response:
        store = self.store(store_id)
        # Before the change: a secret that the store does not hear of would be told to nobody.
        calls = nullcontext() if store.pushes else place()
        with calls, refusals(current_status=lambda: store.status):
            secret = inbox_secrets.rotate(store)
        audit(request, "store.secret_rotated", store.public_id)
        until = store.old_inbox_secret_until
        told = {"url": store.inbox_url, "secret": secret, "old_secret_until": until}
        return Response(SecretShown(told).data)


class StoreInbox(StoreView):
    """What the store has sent."""

    scopes = {"GET": "stores:read"}
    filters = {**TIMES, "status": by_choice("state", InboundEvent.State.values)}

    @extend_schema(
        operation_id="list_store_inbox", responses=InboundShown(many=True), tags=["stores"]
    )
    def get(self, request: Request, store_id: str) -> Response:
        """List the webhooks received from the store, the newest first."""
        rows = narrowed(request, self.store(store_id).inbox.defer("body", "headers"), self.filters)
        found = page(request, rows)
        return Response(found.body([InboundShown(row).data for row in found.rows]))
