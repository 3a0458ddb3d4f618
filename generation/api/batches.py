"""/batches: images of many products, started, watched and undone as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from generation import batches
from generation.api import room
from generation.api.batch_json import (
    PATH,
    BatchEstimateShown,
    BatchShown,
    BatchWanted,
    batch_json,
    sample_json,
)
from generation.api.batch_requests import BatchOrder, batch_order_of
from generation.api.generation_json import GenerationShown, with_all
from generation.api.generation_requests import require_right
from generation.api.generations import FILTERS as GENERATION_FILTERS, RETRY_AFTER, list_json
from generation.api.owned import batches_of
from generation.api.refusals import told
from generation.batches.told import counts as counts_of
from generation.first_pictures import waiting_in
from generation.models import Batch
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.filters import CHANGES, by_choice, by_id, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.reach import find, refuse_live
from productviz.api.views import ApiView

FILTERS = {
    **CHANGES,
    "status": by_choice("state", Batch.State.values),
    "store": by_id("store", "str"),
    "preset": by_id("preset_version__preset", "pre"),
}


class BatchView(ApiView):
    """What the addresses of batches have in common."""

    def find_batch(self, pk: str) -> Batch:
        """The batch of the path. Raises Problem."""
        return find(batches_of(self.key).select_related("preset_version", "store"), pk)

    def show_row(self, row: Batch, *, status: int = 200) -> Response:
        """The batch as it is now."""
        fresh = batches_of(self.key).select_related("preset_version").get(pk=row.pk)
        now = batches.progress(fresh)
        counts = counts_of(now)
        waits = [str(one) for one in waiting_in(fresh)]
        body = batch_json(fresh, counts, now.eta_seconds, waits)
        return self.show(fresh, body, status=status, moving=[sorted(counts.items()), waits])


class BatchList(BatchView):
    """All batches."""

    scopes = {"GET": "generations:read", "POST": "generations:write"}
    filters = FILTERS

    @extend_schema(operation_id="list_batches", responses=BatchShown(many=True), tags=["batches"])
    def get(self, request: Request) -> Response:
        """List batches, the newest first."""
        rows = narrowed(
            request, batches_of(self.key).select_related("preset_version"), self.filters
        )
        listed = page(request, rows)
        shown = batches.progress_of(listed.rows)
        return Response(listed.body([batch_json(row, counts_of(now)) for row, now in shown]))

    @extend_schema(
        operation_id="create_batch",
        problems=(
            "temporary-reduced-capacity",
            "store_disconnected",
            "state_conflict",
        ),
        request=BatchWanted,
        responses={200: BatchEstimateShown, 202: BatchShown},
        tags=["batches"],
    )
    def post(self, request: Request) -> Response:
        """Start a batch: 202, and workers make its images. It counts as many as its products.

        With ``dry_run`` nothing is started: 200 with the number, an estimate and 20 samples.
        """
        if isinstance(request.data, dict) and request.data.get("dry_run") is True:
            return Response(_estimate(batch_order_of(self.key, self.read(BatchWanted))))
        return self._create(request)

    post.idempotency_required = True  # type: ignore[attr-defined]

    @idempotent(required=True)
    def _create(self, request: Request) -> Response:
        order = batch_order_of(self.key, self.read(BatchWanted))
        room.require_capacity()
        self.charge("generate", max(order.estimate().products, 1))
        row = order.place()
        audit(request, "batch.started", row.public_id)
        response = self.show_row(row, status=202)
        response["Location"] = f"{PATH}/{row.public_id}"
        response["Retry-After"] = RETRY_AFTER
        return response


class BatchDetail(BatchView):
    """One batch."""

    scopes = {"GET": "generations:read"}

    @extend_schema(operation_id="get_batch", responses=BatchShown, tags=["batches"])
    def get(self, request: Request, pk: str) -> Response:
        """Show a batch, its counts and the time that is left; the ETag is of all but the time."""
        return self.show_row(self.find_batch(pk))


class ItemList(BatchView):
    """The images of a batch."""

    scopes = {"GET": "generations:read"}
    filters = GENERATION_FILTERS

    @extend_schema(
        operation_id="list_batch_items", responses=GenerationShown(many=True), tags=["batches"]
    )
    def get(self, request: Request, pk: str) -> Response:
        """List the batch's generations, the oldest first; filters as of generations."""
        rows = narrowed(request, with_all(self.find_batch(pk).generations.all()), self.filters)
        listed = page(request, rows, newest_first=False)
        return Response(listed.body(list_json(listed.rows)))


class BatchDecision(BatchView):
    """A POST that changes a whole batch; ``do`` says how.

    Where it ``makes`` images again it takes the rights that starting the batch took.
    """

    scopes = {"POST": "generations:write"}
    makes = False

    def decide(self, request: Request, pk: str, do: Callable[[Batch], object]) -> Response:
        """Do it, or say in which state the batch is instead. A test key's own only."""
        row = self.find_batch(pk)
        if self.makes:
            require_right(self.key, row.publish)
        refuse_live(self.key, is_test=row.is_test)
        with told(row=row):
            do(row)
        audit(request, f"batch.{getattr(do, '__name__', '')}", row.public_id)
        return self.show_row(row, status=202)


def _described(name: str) -> dict[str, Any]:
    return {
        "operation_id": name,
        "problems": ("state_conflict",),
        "request": None,
        "responses": {202: BatchShown},
        "tags": ["batches"],
    }


class CancelBatch(BatchDecision):
    """End a batch."""

    @extend_schema(**_described("cancel_batch"))
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Cancel what has not ended; images that exist stay."""
        return self.decide(request, pk, batches.cancel)


class RetryFailed(BatchDecision):
    """Try again."""

    makes = True

    @extend_schema(**_described("retry_failed_of_batch"))
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Run everything that failed again, under the same ids.

        A batch that is published by itself takes publications:write as well.
        """
        return self.decide(request, pk, batches.retry_failed)


class PauseBatch(BatchDecision):
    """Hold a batch."""

    @extend_schema(**_described("pause_batch"))
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Begin no more of it; what a worker has in hand is finished."""
        return self.decide(request, pk, batches.pause)


class ResumeBatch(BatchDecision):
    """Go on with a batch."""

    makes = True

    @extend_schema(**_described("resume_batch"))
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Go on where it was paused.

        A batch that is published by itself takes publications:write as well.
        """
        return self.decide(request, pk, batches.resume)


class UndoBatch(BatchDecision):
    """Take a batch back."""

    scopes = {"POST": "publications:write"}

    @extend_schema(**_described("undo_batch"))
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Cancel what has not ended, and put every gallery back as it was."""
        return self.decide(request, pk, batches.undo)


def _estimate(order: BatchOrder) -> dict[str, Any]:
    found = order.estimate()
    return {
        "object": "batch_estimate",
        "store": order.store.public_id,
        "preset": order.version.preset.public_id,
        "preset_version": order.version.number,
        "products": found.products,
        "skipped": found.skipped,
        "estimate": {"seconds": found.seconds, "budget_left": found.budget_left},
        "samples": [sample_json(product) for product in found.samples],
        "warnings": list(order.warnings),
    }
