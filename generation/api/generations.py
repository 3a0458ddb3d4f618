"""/generations: ask for an image, follow it, decide about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from generation import review
from generation.api import patience, room
from generation.api.generation_estimate import estimate_json
from generation.api.generation_json import (
    PATH,
    GenerationShown,
    History,
    generation_json,
    histories,
    newest_candidate,
    with_all,
    with_request,
)
from generation.api.generation_requests import GenerationWanted, order_of, require_right
from generation.api.owned import generations_of
from generation.api.refusals import told
from generation.models import Candidate, Generation
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.fields import Choice, Strict
from productviz.api.filters import CHANGES, by_choice, by_id, by_text, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.problems import field_problem
from productviz.api.reach import find, refuse_live
from productviz.api.views import ApiView

RETRY_AFTER = "2"
FILTERS = {
    **CHANGES,
    "status": by_choice("status", Generation.Status.values),
    "store": by_id("product__store", "str"),
    "product": by_id("product", "prd"),
    "preset": by_id("preset_version__preset", "pre"),
    "batch": by_id("batch", "bat"),
    "external_id": by_text("product__external_id"),
}


def list_json(rows: Sequence[Generation]) -> list[dict[str, Any]]:
    """Some generations as lists show them."""
    told_of = histories(rows)
    return [generation_json(row, told_of[row.pk], candidate=newest_candidate(row)) for row in rows]


class ReviewWanted(Strict):
    """A person's decision about an image that verification held back."""

    decision = Choice(choices=["approve", "reject"])


class GenerationView(ApiView):
    """What the addresses of generations have in common."""

    def show_row(self, row: Generation, *, status: int = 200) -> Response:
        """The generation as it is now, with its place in the line."""
        fresh = with_all(generations_of(self.key)).get(pk=row.pk)
        history = histories([fresh])[fresh.pk]
        return self._show(fresh, history, newest_candidate(fresh), status=status)

    def accepted(self, row: Generation) -> Response:
        """202: where to look, and when."""
        return _see(self.show_row(row, status=202), row)

    def accepted_now(self, row: Generation) -> Response:
        """The same of a request that was accepted this moment: it has no history yet."""
        fresh = with_request(Generation.objects.all()).get(pk=row.pk)
        return _see(self._show(fresh, History(), None, status=202), row)

    def _show(
        self, row: Generation, history: History, candidate: Candidate | None, *, status: int
    ) -> Response:
        position = room.queue_position(row)
        eta = room.eta_seconds(row, position)
        body = generation_json(row, history, candidate=candidate, position=position, eta=eta)
        return self.show(row, body, status=status)


def _see(response: Response, row: Generation) -> Response:
    response["Location"] = f"{PATH}/{row.public_id}"
    response["Retry-After"] = RETRY_AFTER
    return response


# What is there at once, or what would be made: the two answers of status 200.
_ENDED_OR_ESTIMATE = {
    "anyOf": [{"$ref": "#/components/schemas/GenerationShown"}, {"type": "object"}]
}


class GenerationList(GenerationView):
    """All generations."""

    scopes = {"GET": "generations:read", "POST": "generations:write"}
    filters = FILTERS
    kinds = {"POST": "generate"}

    @extend_schema(
        operation_id="list_generations",
        responses=GenerationShown(many=True),
        tags=["generations"],
    )
    def get(self, request: Request) -> Response:
        """List generations, the newest first."""
        rows = narrowed(request, generations_of(self.key), self.filters)
        listed = page(request, with_all(rows))
        return Response(listed.body(list_json(listed.rows)))

    @extend_schema(
        operation_id="create_generation",
        problems=(
            "too_many_in_flight",
            "temporary-reduced-capacity",
            "store_disconnected",
            "state_conflict",
            "budget_exhausted",
        ),
        query={"validate_only": {"type": "boolean", "default": False}},
        headers={"Prefer": {"type": "string", "example": "wait=20"}},
        request=GenerationWanted,
        responses={200: _ENDED_OR_ESTIMATE, 202: GenerationShown},
        tags=["generations"],
    )
    def post(self, request: Request) -> Response:
        """Ask for an image: 202, and it is made by and by.

        With ``?validate_only=true`` nothing is made: 200 with the resolved settings, an estimate
        and warnings. ``Prefer: wait=20`` (30 at most) keeps the request open and answers 200 where
        the generation ends in time. ``count`` is 1: one generation makes one image.
        """
        if self._only_validates():
            return Response(estimate_json(order_of(self.key, self.read(GenerationWanted))))
        return self._waited(request, self._create(request))

    post.idempotency_required = True  # type: ignore[attr-defined]

    @idempotent(required=True)
    def _create(self, request: Request) -> Response:
        order = order_of(self.key, self.read(GenerationWanted))
        room.require_room(self.workspace)
        return self.accepted_now(order.place())

    def _waited(self, request: Request, response: Response) -> Response:
        seconds = patience.wished_seconds(request)
        if not seconds or "Idempotency-Replayed" in response:
            return response
        row = find(generations_of(self.key), response.data["id"])
        if not patience.wait_for(row.pk, seconds):
            return response
        row.refresh_from_db()
        ended = row.status in Generation.TERMINAL
        answer = self.show_row(row) if ended else self.accepted(row)
        answer["Location"] = f"{PATH}/{row.public_id}"
        answer["Preference-Applied"] = f"wait={seconds}"
        return answer

    def _only_validates(self) -> bool:
        text = self.request.query_params.get("validate_only", "false")
        if text not in ("true", "false"):
            raise field_problem("/validate_only", "not_one_of", "validate_only is true or false.")
        return text == "true"


class GenerationDetail(GenerationView):
    """One generation."""

    scopes = {"GET": "generations:read"}

    @extend_schema(operation_id="get_generation", responses=GenerationShown, tags=["generations"])
    def get(self, request: Request, pk: str) -> Response:
        """Show a generation; poll with If-None-Match, an unchanged one costs a 304.

        The place in the line and the time that is left move without a new version.
        """
        return self.show_row(find(generations_of(self.key), pk))


class Decision(GenerationView):
    """A POST that changes a generation's state."""

    scopes = {"POST": "generations:write"}

    def decide(self, pk: str, do: Callable[[Generation], object]) -> Generation:
        """Do it, or say in which state the generation is instead. A test key's own only."""
        row = find(generations_of(self.key), pk)
        refuse_live(self.key, is_test=row.is_test)
        with told(row=row):
            do(row)
        return row


class Cancel(Decision):
    """Stop a generation."""

    @extend_schema(
        operation_id="cancel_generation",
        problems=("state_conflict",),
        request=None,
        responses=GenerationShown,
        tags=["generations"],
    )
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Cancel at once; a worker that has it in hand drops what it makes."""
        return self.show_row(self.decide(pk, review.cancel))


class Retry(Decision):
    """Make it again."""

    kinds = {"POST": "generate"}

    @extend_schema(
        operation_id="retry_generation",
        problems=(
            "state_conflict",
            "too_many_in_flight",
            "temporary-reduced-capacity",
            "budget_exhausted",
        ),
        request=None,
        responses={202: GenerationShown},
        tags=["generations"],
    )
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Run a failed, rejected or canceled generation again: the same id, the next attempt.

        One that is published by itself takes publications:write as well, as when it was asked for.
        """
        row = find(generations_of(self.key), pk)
        require_right(self.key, row.publish)
        room.require_room(self.workspace)
        return self.accepted(self.decide(row.public_id, review.retry))


class Review(Decision):
    """Decide what verification left to a person."""

    @extend_schema(
        operation_id="review_generation",
        problems=("state_conflict",),
        request=ReviewWanted,
        responses={202: GenerationShown},
        tags=["generations"],
    )
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Approve (it goes on to storage) or reject, in the name of the key's maker.

        To approve one that is published by itself takes publications:write as well.
        """
        decision = self.read(ReviewWanted)["decision"]
        do = review.reject
        if decision == "approve":
            do = review.approve
            require_right(self.key, find(generations_of(self.key), pk).publish)
        row = self.decide(pk, lambda row: do(row, self.key.created_by))
        audit(request, f"generation.{decision}", row.public_id)
        return self.accepted(row)
