"""Publications by the API: ask, approve, hear what a store did, try again, put back, give up."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from generation.api.publication_serializers import (
    Confirm,
    PublicationNew,
    PublicationShown,
    Retry,
    Rollback,
)
from generation.api.refusals import refuse_unfit
from generation.delivery.storefront import file_for
from generation.keys import CONTENT_TYPES
from integrations import publish, pulling
from integrations.api.access import stores_of
from integrations.api.refusals import refusals
from integrations.models import Product, Publication, PublicationItem
from productviz.accounts.models import ApiKey
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.filters import CHANGES, by_choice, by_id, narrowed
from productviz.api.idempotency import idempotent, is_kept
from productviz.api.outside import BUSY, place
from productviz.api.paging import page
from productviz.api.problems import field_problem
from productviz.api.reach import find
from productviz.api.views import ApiView
from productviz.lib.ids import public_id

State = Publication.State
_PLACES = {
    "add": PublicationItem.Placement.LAST,
    "replace": PublicationItem.Placement.REPLACE,
    "set_primary": PublicationItem.Placement.FIRST,
}


def publications_of(key: ApiKey) -> QuerySet[Publication]:
    """The publications of the stores that the key may see."""
    return Publication.objects.filter(store__in=stores_of(key))


def _whole(rows: QuerySet[Publication]) -> QuerySet[Publication]:
    return rows.select_related("snapshot", "store").prefetch_related("items")


class Publications(ApiView):
    """All publications that the key may see."""

    scopes = {"GET": "publications:read", "POST": "publications:write"}
    filters = {
        **CHANGES,
        "status": by_choice("state", State.values),
        "store": by_id("store", "str"),
        "product": by_id("product", "prd"),
    }

    @extend_schema(
        operation_id="list_publications",
        responses=PublicationShown(many=True),
        tags=["publications"],
    )
    def get(self, request: Request) -> Response:
        """List publications, the newest first."""
        found = page(request, narrowed(request, _whole(publications_of(self.key)), self.filters))
        return Response(found.body([PublicationShown(row).data for row in found.rows]))

    @extend_schema(
        operation_id="create_publication",
        request=PublicationNew,
        responses={202: PublicationShown},
        tags=["publications"],
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        """Ask for pictures to be put into a product's gallery; ``approve`` lets them go at once."""
        asked = self.read(PublicationNew)
        product: Product = asked["product"]
        approve = asked.get("approve", False)
        with refusals(pointer="/items", current_status=lambda: product.store.status):
            row = publish.request(
                product=product,
                items=[_item(product, item) for item in asked["items"]],
                approved_by=self.key.created_by if approve else None,
                needs_approval=not approve,
                force=asked.get("on_conflict") == "overwrite",
                gallery_hash=asked.get("precondition", {}).get("gallery_hash", ""),
                metadata=asked.get("metadata", {}),
            )
        audit(request, "publication.requested", row.public_id, approve=approve)
        answer = _shown(self, row, status=202)
        answer["Location"] = f"/api/v1/publications/{row.public_id}"
        return answer


def _item(product: Product, asked: dict[str, Any]) -> publish.ItemRequest:
    refuse_unfit(asked["asset"])
    file = file_for(asked["asset"], product.store.platform)
    replaces = asked.get("replaces")
    usual = (replaces and replaces.alt) or product.title[:255]
    return publish.ItemRequest(
        asset_id=asked["asset"].pk,
        storage_key=file.key,
        sha256=file.sha256,
        content_type=CONTENT_TYPES[file.key.rpartition(".")[2]],
        alt=asked.get("alt_text", usual),
        placement=_PLACES[asked["action"]],
        replaces=replaces,
    )


def _shown(view: ApiView, row: Publication, *, status: int = 200) -> Response:
    fresh = _whole(Publication.objects.filter(pk=row.pk)).get()
    return view.show(fresh, PublicationShown(fresh).data, status=status)


class _One(ApiView):
    """An address of one publication."""

    scopes = {"POST": "publications:write"}

    def publication(self, publication_id: str) -> Publication:
        rows = publications_of(self.key).select_related("store", "snapshot")
        return find(rows, publication_id)

    def do(
        self, row: Publication, work: Callable[[], Publication], *, action: str, accepts: bool
    ) -> Response:
        """Do something with it; 202 where a worker or the store must do the rest."""
        before = row.state
        with refusals(current_status=lambda: _state(row)):
            work()
        audit(self.request, f"publication.{action}", row.public_id)
        changed = _state(row) != before
        return _shown(self, row, status=202 if accepts and changed else 200)


def _state(row: Publication) -> str:
    return Publication.objects.values_list("state", flat=True).get(pk=row.pk)


class OnePublication(_One):
    """One publication."""

    scopes = {"GET": "publications:read"}

    @extend_schema(
        operation_id="get_publication", responses=PublicationShown, tags=["publications"]
    )
    def get(self, request: Request, publication_id: str) -> Response:
        """Show a publication."""
        return _shown(self, self.publication(publication_id))


class ApprovePublication(_One):
    """A person's yes."""

    @extend_schema(
        operation_id="approve_publication",
        request=None,
        responses={200: PublicationShown, 202: PublicationShown},
        tags=["publications"],
    )
    @idempotent()
    def post(self, request: Request, publication_id: str) -> Response:
        """Let a publication go that waits for approval."""
        row = self.publication(publication_id)
        return self.do(
            row,
            lambda: publish.approve(row, self.key.created_by),
            action="approved",
            accepts=True,
        )


class ConfirmPublication(_One):
    """The word of a store that fetches its images itself."""

    @extend_schema(
        operation_id="confirm_publication",
        request=Confirm,
        responses=PublicationShown,
        tags=["publications"],
    )
    @idempotent()
    def post(self, request: Request, publication_id: str) -> Response:
        """Say of each picture whether the store shows it, or, after a rollback, no longer does."""
        row = self.publication(publication_id)
        answers = _answers(row, self.read(Confirm)["items"])
        return self.do(
            row, lambda: pulling.confirm(row, answers), action="confirmed", accepts=False
        )


def _answers(row: Publication, told: list[dict[str, Any]]) -> dict[uuid.UUID, pulling.Answer]:
    known = set(row.items.values_list("asset_id", flat=True))
    answers: dict[uuid.UUID, pulling.Answer] = {}
    for index, one in enumerate(told):
        asset = one["asset"]
        if asset not in known:
            raise field_problem(
                f"/items/{index}/asset", "not_found", "It is not part of this publication."
            )
        refused = "" if one["ok"] else one.get("error") or "The store does not show it."
        answers[asset] = pulling.Answer(
            remote_id=one.get("remote_id", public_id("ast", asset)),
            remote_url=one.get("remote_url", ""),
            refused=refused,
        )
    if len(answers) < max(len(known), len(told)):
        raise field_problem("/items", "required", "Say of each asset once what became of it.")
    return answers


class RetryPublication(_One):
    """Another try."""

    @extend_schema(
        operation_id="retry_publication",
        request=Retry,
        responses={202: PublicationShown},
        tags=["publications"],
    )
    @idempotent()
    def post(self, request: Request, publication_id: str) -> Response:
        """Try a failed publication again, with ``overwrite`` whatever the gallery is now."""
        row = self.publication(publication_id)
        overwrite = self.read(Retry).get("on_conflict") == "overwrite"
        return self.do(
            row, lambda: publish.retry(row, overwrite=overwrite), action="retried", accepts=True
        )


class RollBackPublication(_One):
    """The way back."""

    @extend_schema(
        operation_id="rollback_publication",
        problems=(BUSY,),
        request=Rollback,
        responses={200: PublicationShown, 202: PublicationShown},
        tags=["publications"],
    )
    def post(self, request: Request, publication_id: str) -> Response:
        """Put the gallery back as it was; what is put back already stays so (200)."""
        row = self.publication(publication_id)
        force = self.read(Rollback).get("force", False)
        kept = is_kept(request, required=True)
        asks = row.state == State.PUBLISHED and not row.store.fetches
        if asks and not force and not kept:
            with place(), refusals():
                publish.refuse_changed(row)
        return self._undo(request, row, force)

    post.idempotency_required = True  # type: ignore[attr-defined]

    @idempotent(required=True)
    def _undo(self, request: Request, row: Publication, force: bool) -> Response:
        return self.do(
            row, lambda: publish.undo(row, force=force), action="rolled_back", accepts=True
        )


class CancelPublication(_One):
    """The way out."""

    @extend_schema(
        operation_id="cancel_publication",
        request=None,
        responses=PublicationShown,
        tags=["publications"],
    )
    @idempotent()
    def post(self, request: Request, publication_id: str) -> Response:
        """Give up a publication that has written nothing yet."""
        row = self.publication(publication_id)
        return self.do(row, lambda: publish.cancel(row), action="canceled", accepts=False)
