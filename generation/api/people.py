"""/people: virtual models, and the portraits that keep them the same person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from generation import originals, people
from generation.api.owned import assets_of, people_of
from generation.models import Person
from generation.people import LONGEST_DESCRIPTION, LONGEST_NAME, PersonRefused
from generation.presentation import Picture
from productviz.accounts.models import Workspace
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.fields import Metadata, Moment, Owned, PublicId, Strict, Text
from productviz.api.filters import CHANGES, by_choice, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.problems import field_problem
from productviz.api.reach import find
from productviz.api.versions import require_match
from productviz.api.views import ApiView
from productviz.lib.text import rfc3339

PATH = "/api/v1/people"
STATUSES = ("active", "archived")


class PersonWanted(Strict):
    """A new person, in words; ``portrait`` is a picture of a virtual model of the workspace."""

    name = Text(max_length=LONGEST_NAME)
    description = Text(max_length=LONGEST_DESCRIPTION)
    portrait = Owned("ast", assets_of, required=False, allow_null=True)
    metadata = Metadata(required=False)


class PersonChanged(Strict):
    """What of a person may change; its words and its seed are who it is."""

    name = Text(max_length=LONGEST_NAME, required=False)
    portrait = Owned("ast", assets_of, required=False, allow_null=True)
    metadata = Metadata(required=False)


class PersonShown(serializers.Serializer[Any]):
    """A person. ``portrait`` is the SHA-256 of the picture that later ones refer to; null before
    there is one. ``portrait_url`` shows it for an hour or two, where a file of it may be shown."""

    id = PublicId("per")
    object = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    seed = serializers.IntegerField()
    status = serializers.ChoiceField(STATUSES)
    portrait = serializers.CharField(allow_null=True)
    portrait_url = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment()
    metadata = Metadata()


def people_json(workspace: Workspace, rows: Sequence[Person]) -> list[dict[str, Any]]:
    """People as the API shows them."""
    portraits = originals.pictures_of(workspace, [row.portrait for row in rows])
    return [_person_json(row, portraits.get(row.portrait)) for row in rows]


def _person_json(row: Person, shown: Picture | None) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "object": "person",
        "name": row.name,
        "description": row.description,
        "seed": row.seed,
        "status": STATUSES[row.archived_at is not None],
        "portrait": row.portrait or None,
        "portrait_url": shown.url if shown else None,
        "version": row.version,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "metadata": row.metadata,
    }


class PersonView(ApiView):
    """What the addresses of people have in common."""

    def show_row(self, row: Person, *, status: int = 200) -> Response:
        """One person."""
        return self.show(row, people_json(self.workspace, [row])[0], status=status)


class PersonList(PersonView):
    """All people."""

    scopes = {"GET": "presets:read", "POST": "presets:write"}
    filters = {**CHANGES, "status": by_choice("status", STATUSES)}

    @extend_schema(operation_id="list_people", responses=PersonShown(many=True), tags=["people"])
    def get(self, request: Request) -> Response:
        """List people, the newest first; those put away with ``status=archived``."""
        rows = people_of(self.key)
        if "status" not in request.query_params:
            rows = rows.filter(archived_at=None)
        listed = page(request, narrowed(request, rows, self.filters))
        return Response(listed.body(people_json(self.workspace, listed.rows)))

    @extend_schema(
        operation_id="create_person",
        request=PersonWanted,
        responses={201: PersonShown},
        tags=["people"],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a person from words; it gets a seed of its own. Adults who are nobody in life."""
        with _told():
            row = people.create(self.workspace, **self.read(PersonWanted))
        audit(request, "person.created", row.public_id, name=row.name)
        response = self.show_row(row, status=201)
        response["Location"] = f"{PATH}/{row.public_id}"
        return response


class PersonDetail(PersonView):
    """One person."""

    scopes = {"GET": "presets:read", "PATCH": "presets:write", "DELETE": "presets:write"}

    @extend_schema(operation_id="get_person", responses=PersonShown, tags=["people"])
    def get(self, request: Request, pk: str) -> Response:
        """Show a person."""
        row = find(people_of(self.key), pk)
        return self.show_row(row)

    @extend_schema(
        operation_id="change_person",
        request=PersonChanged,
        responses=PersonShown,
        tags=["people"],
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change the name, the portrait (null: the next picture makes a new one), the metadata."""
        with transaction.atomic():
            row = find(people_of(self.key).select_for_update(), pk)
            require_match(request, row)
            if changes := self.read(PersonChanged):
                with _told():
                    other = people.change(row, **changes)
                if other:
                    audit(request, "person.changed", row.public_id, name=row.name, changed=other)
        return self.show_row(row)

    @extend_schema(operation_id="archive_person", responses={204: None}, tags=["people"])
    def delete(self, request: Request, pk: str) -> Response:
        """Put a person away: its pictures stay, its presets make no new ones."""
        with transaction.atomic():
            row = find(people_of(self.key).select_for_update(), pk)
            require_match(request, row)
            if row.archived_at is None:
                people.archive(row)
                audit(request, "person.archived", row.public_id)
        return Response(status=204)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except PersonRefused as refused:
        raise field_problem(f"/{refused.field}", refused.code, str(refused)) from None
