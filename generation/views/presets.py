"""Presets: the cards, and the form that makes one or adds a version to it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import plates, preset_words, presets
from generation.models import Preset
from generation.spec import PresetSpec, SpecError, parse_spec
from generation.views.common import mine, render
from generation.views.preset_form import ADVANCED, PresetForm, values
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role


def _presets(request: WorkspaceRequest) -> QuerySet[Preset]:
    return request.workspace.presets.filter(archived_at=None)


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """The presets as cards."""
    rows = _presets(request).prefetch_related("versions").order_by("name")
    cards = [(preset, preset.latest, preset.latest.parsed()) for preset in rows]
    return render(request, "presets/list.html", {"cards": cards})


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Make a preset."""
    if request.method != "POST":
        return _page(request, PresetForm(initial=_asked_kind(request)))
    form = PresetForm(request.POST)
    if form.is_valid():
        try:
            preset = presets.create(request.workspace, form.cleaned_data["name"], form.spec())
        except ValueError as error:
            form.refuse(error)
        else:
            messages.success(request, f"“{preset}” is ready to use.")
            return redirect("presets")
    return _page(request, form)


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Add a version to a preset; what was made with earlier ones stays as it is."""
    preset = mine(_presets(request), pk)
    spec = preset.latest.parsed()
    now = values(preset, spec)
    if request.method != "POST":
        return _page(request, PresetForm(initial=now), preset)
    data = request.POST.copy()
    data["name"] = preset.name
    form = PresetForm(data, initial=now)
    if form.is_valid():
        try:
            version = presets.add_version(preset, form.changes(preset, spec))
        except ValueError as error:
            form.refuse(error)
        else:
            messages.success(request, f"“{preset}” is at version {version.number} now.")
            return redirect("presets")
    return _page(request, form, preset)


def _asked_kind(request: WorkspaceRequest) -> dict[str, str]:
    kind = request.GET.get("kind", "")
    return {"kind": kind} if kind in {one.value for one in preset_words.KINDS} else {}


def _page(
    request: WorkspaceRequest, form: PresetForm, preset: Preset | None = None
) -> HttpResponse:
    cards = plates.installed()
    context = {
        "form": form,
        "preset": preset,
        "spec": _sketch(form),
        "plates": cards,
        "installed": [card.name for card in cards],
        "further": preset.latest.parsed().outputs[1:] if preset else (),
        "channels": preset_words.channels(),
        "advanced": [form[name] for name in ADVANCED if name != "shrink_to_source"],
        "is_advanced_open": any(form[name].errors for name in ADVANCED),
    }
    return render(request, "presets/form.html", context)


def _sketch(form: PresetForm) -> PresetSpec:
    """What the form's drawing shows: the form's values where they make sense."""
    filled = {name: form[name].value() for name in form.fields}
    copy = PresetForm({**filled, "name": filled["name"] or "-"})
    try:
        return parse_spec(copy.spec()) if copy.is_valid() else PresetSpec()
    except SpecError:
        return PresetSpec()


@member(Role.VIEWER)
@require_safe
def drawing(request: WorkspaceRequest) -> HttpResponse:
    """The form's drawing alone, while the form is being filled in."""
    form = PresetForm(request.GET)
    return render(request, "presets/_sketch.html", {"spec": _sketch(form)})


@member(Role.EDITOR)
@require_POST
def archive(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a preset off the list; its images stay, its automations stop."""
    preset = mine(_presets(request), pk)
    presets.archive(preset)
    messages.success(request, f"“{preset}” is put away. Images made with it stay.")
    return redirect("presets")
