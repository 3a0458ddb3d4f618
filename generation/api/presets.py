"""/presets: named recipes, their immutable versions, and what one would make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Prefetch, QuerySet, Value, When
from django.template.loader import render_to_string
from rest_framework.request import Request
from rest_framework.response import Response

from generation import preset_words, presets
from generation.api.owned import presets_of
from generation.api.preset_json import (
    STATUSES,
    PresetChanged,
    PresetShown,
    PresetVersionShown,
    PresetWanted,
    PreviewShown,
    PreviewWanted,
    VersionWanted,
    outputs_json,
    preset_json,
    presets_json,
    unavailable,
    version_json,
)
from generation.api.refusals import conflict, told
from generation.models import Preset, PresetVersion
from generation.paint_checks import refuse_paint, refuse_unused
from generation.spec import PresetSpec, parse_spec
from generation.templatetags.preset_drawing import draw, plate_picture
from productviz.accounts.models import Workspace
from productviz.api.audit import audit
from productviz.api.describe import extend_schema
from productviz.api.filters import CHANGES, by_choice, narrowed
from productviz.api.idempotency import idempotent
from productviz.api.paging import page
from productviz.api.problems import Problem, field_problem
from productviz.api.reach import find
from productviz.api.versions import require_match
from productviz.api.views import ApiView

PATH = "/api/v1/presets"


class PresetList(ApiView):
    """All presets."""

    scopes = {"GET": "presets:read", "POST": "presets:write"}
    filters = {**CHANGES, "status": by_choice("status", STATUSES)}

    @extend_schema(operation_id="list_presets", responses=PresetShown(many=True), tags=["presets"])
    def get(self, request: Request) -> Response:
        """List presets, the newest first; archived ones with ``status=archived``."""
        rows = _with_latest(presets_of(self.key))
        if "status" not in request.query_params:
            rows = rows.filter(archived_at=None)
        listed = page(request, narrowed(request, rows, self.filters))
        return Response(
            listed.body(presets_json((row, row.versions.all()[0]) for row in listed.rows))
        )

    @extend_schema(
        operation_id="create_preset",
        request=PresetWanted,
        responses={201: PresetShown},
        tags=["presets"],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make a preset with its first version."""
        asked = self.read(PresetWanted)
        spec = recipe(self.workspace, asked["spec"], "/spec")
        with _named():
            row = presets.create(
                self.workspace,
                asked["name"],
                spec.model_dump(mode="json"),
                metadata=asked.get("metadata"),
            )
        response = self.show(row, preset_json(row, row.latest), status=201)
        response["Location"] = f"{PATH}/{row.public_id}"
        return response


class PresetDetail(ApiView):
    """One preset."""

    scopes = {"GET": "presets:read", "PATCH": "presets:write", "DELETE": "presets:write"}

    @extend_schema(operation_id="get_preset", responses=PresetShown, tags=["presets"])
    def get(self, request: Request, pk: str) -> Response:
        """Show a preset with its newest recipe."""
        row = find(presets_of(self.key), pk)
        return self.show(row, preset_json(row, row.latest))

    @extend_schema(
        operation_id="change_preset",
        request=PresetChanged,
        responses=PresetShown,
        tags=["presets"],
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change the name or the metadata; the recipe changes by a new version."""
        with transaction.atomic():
            row = find(presets_of(self.key).select_for_update(), pk)
            require_match(request, row)
            if changes := self.read(PresetChanged):
                with _named():
                    presets.change(row, **changes)
        return self.show(row, preset_json(row, row.latest))

    @extend_schema(operation_id="archive_preset", responses={204: None}, tags=["presets"])
    def delete(self, request: Request, pk: str) -> Response:
        """Archive the preset: its images stay, its automations stop, nothing new is made of it."""
        with transaction.atomic():
            row = find(presets_of(self.key).select_for_update(), pk)
            require_match(request, row)
            if row.archived_at is None:
                presets.archive(row)
                audit(request, "preset.archived", row.public_id)
        return Response(status=204)


class VersionList(ApiView):
    """The recipes of a preset."""

    scopes = {"POST": "presets:write"}

    @extend_schema(
        operation_id="add_preset_version",
        problems=("state_conflict",),
        request=VersionWanted,
        responses={200: PresetVersionShown, 201: PresetVersionShown},
        tags=["presets"],
    )
    @idempotent()
    def post(self, request: Request, pk: str) -> Response:
        """Add a version; a recipe equal to the newest makes none and answers with that (200)."""
        row = find(presets_of(self.key), pk)
        spec = recipe(self.workspace, self.read(VersionWanted)["spec"], "/spec")
        if row.archived_at is not None:
            raise conflict("This preset is archived.", "archived")
        before = row.latest
        version = presets.add_version(row, spec.model_dump(mode="json"))
        response = Response(version_json(version), status=200 if version == before else 201)
        response["Location"] = f"{PATH}/{row.public_id}/versions/{version.number}"
        return response


class VersionDetail(ApiView):
    """One recipe of a preset."""

    scopes = {"GET": "presets:read"}

    @extend_schema(
        operation_id="get_preset_version", responses=PresetVersionShown, tags=["presets"]
    )
    def get(self, request: Request, pk: str, number: int) -> Response:
        """Show one version; it never changes."""
        row = find(presets_of(self.key), pk)
        return Response(version_json(version_of(row, number)))


class Preview(ApiView):
    """What a recipe would make."""

    scopes = {"POST": "presets:read"}

    @extend_schema(
        operation_id="preview_preset",
        request=PreviewWanted,
        responses={200: PreviewShown},
        tags=["presets"],
    )
    def post(self, request: Request, pk: str) -> Response:
        """Check a recipe and draw what it asks for; nothing is stored and no photo is needed."""
        row = find(presets_of(self.key), pk)
        asked = self.read(PreviewWanted)
        if "spec" in asked and "preset_version" in asked:
            raise field_problem("/preset_version", "invalid", "Give a spec or a version, not both.")
        if "spec" in asked:
            return Response(_preview(row, recipe(self.workspace, asked["spec"], "/spec")))
        number = asked.get("preset_version")
        version = row.latest if number is None else version_of(row, number, "/preset_version")
        return Response(_preview(row, version.parsed()))


def recipe(workspace: Workspace, data: Mapping[str, Any], pointer: str) -> PresetSpec:
    """The recipe in a request; raises Problem with a pointer to every field that is wrong."""
    with told(pointer):
        spec = parse_spec(data, strict=True)
        refuse_unused(spec)
        refuse_paint(workspace, spec)
    return spec


def version_of(row: Preset, number: int, pointer: str = "") -> PresetVersion:
    """A preset's version by its number; raises Problem, at ``pointer`` where a body named it."""
    version = row.versions.select_related("preset").filter(number=min(number, 2**31 - 1)).first()
    if version is None and pointer:
        raise field_problem(pointer, "not_found", "This preset has no such version.")
    if version is None:
        raise Problem("not_found")
    return version


@contextmanager
def _named() -> Iterator[None]:
    """Blame the name for what the house refuses; recipes are checked before."""
    try:
        yield
    except ValueError as error:
        raise field_problem("/name", "not_unique", str(error)) from None


def _with_latest(rows: QuerySet[Preset]) -> QuerySet[Preset]:
    """Fetch with each preset its newest version, and none of the others."""
    later = PresetVersion.objects.filter(preset=OuterRef("preset"), number__gt=OuterRef("number"))
    newest = PresetVersion.objects.exclude(Exists(later))
    status = Case(When(archived_at=None, then=Value(STATUSES[0])), default=Value(STATUSES[1]))
    return rows.annotate(status=status).prefetch_related(Prefetch("versions", queryset=newest))


def _preview(row: Preset, spec: PresetSpec) -> dict[str, Any]:
    obstacle = unavailable(spec)
    plate = plate_picture(spec)
    drawing = "" if plate else render_to_string("presets/_drawing.html", {"drawing": draw(spec)})
    return {
        "object": "preset_preview",
        "preset": row.public_id,
        "spec": spec.model_dump(mode="json"),
        "outputs": outputs_json(spec),
        "drawing": drawing.strip(),
        "plate_url": plate or None,
        "unavailable": obstacle,
        "warnings": [*([obstacle["message"]] if obstacle else ()), *preset_words.warnings(spec)],
    }
