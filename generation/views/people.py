"""People: the virtual models of the workspace, and the form that makes one."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import originals, people
from generation.models import Asset, Person
from generation.people import LONGEST_DESCRIPTION, LONGEST_NAME, PersonRefused
from generation.views.common import mine, render
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person
from productviz.lib.ids import parse_public_id

KEEP = "keep"


class PersonForm(forms.Form):
    """A person in words; the portrait is one of the workspace's pictures of a virtual model."""

    name = forms.CharField(label="Name", max_length=LONGEST_NAME, help_text="As you call them")
    description = forms.CharField(
        label="In words",
        max_length=LONGEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Age, build, hair and manner, such as “a woman of forty, short grey hair, calm”",
    )
    portrait = forms.CharField(required=False)


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """The people as cards."""
    rows = list(_people(request).order_by("name"))
    pictures = originals.pictures_of(request.workspace, [one.portrait for one in rows])
    cards = [(one, pictures.get(one.portrait)) for one in rows]
    return render(request, "people/list.html", {"people": cards, **_portraits(request)})


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Make a person from words."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _made(request, form):
        return redirect("people")
    return render(request, "people/new.html", {"form": form, **_portraits(request)})


def _made(request: WorkspaceRequest, form: PersonForm) -> bool:
    asked = form.cleaned_data
    portrait = _asset(request, asked.pop("portrait"))
    try:
        made = people.create(request.workspace, portrait=portrait, **asked)
    except PersonRefused as refused:
        form.add_error(refused.field, str(refused))
        return False
    by_person(request, "person.created", made, name=made.name)
    messages.success(request, f"“{made}” can wear your garments now.")
    return True


@member(Role.EDITOR)
@require_POST
def change(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a person another name or portrait."""
    person = mine(_people(request), pk)
    changes: dict[str, Any] = {"name": request.POST.get("name", "").replace("\x00", "")}
    if (wish := request.POST.get("portrait", KEEP)) != KEEP:
        changes["portrait"] = _asset(request, wish)
    try:
        other = people.change(person, **changes)
    except PersonRefused as refused:
        messages.error(request, str(refused))
    else:
        if other:
            by_person(request, "person.changed", person, name=person.name, changed=other)
        messages.success(request, f"“{person}” is changed.")
    return redirect("people")


@member(Role.EDITOR)
@require_POST
def archive(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Put a person away; the pictures stay."""
    person = mine(_people(request), pk)
    people.archive(person)
    by_person(request, "person.archived", person)
    messages.success(request, f"“{person}” is put away. The pictures stay.")
    return redirect("people")


def _people(request: WorkspaceRequest) -> QuerySet[Person]:
    return request.workspace.people.filter(archived_at=None)


def _asset(request: WorkspaceRequest, wish: str) -> Asset | None:
    """The chosen image; 404 for any that is not the workspace's own."""
    if not wish:
        return None
    pk = parse_public_id(Asset.PREFIX, wish)
    return mine(request.workspace.assets.all(), pk or uuid.UUID(int=0))


def _portraits(request: WorkspaceRequest) -> dict[str, Any]:
    """What an editor may choose a portrait from."""
    may_edit = request.membership.may(Role.EDITOR)
    return {"portraits": originals.of_people(request.workspace) if may_edit else []}
