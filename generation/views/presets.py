"""Presets: the cards, and the form that makes one or adds a version to it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import availability, originals, plates, preset_words, presets
from generation.models import Preset, PresetVersion
from generation.ready_paint import READY
from generation.spec import PresetSpec, SpecError, parse_spec
from generation.views.common import mine, render
from generation.views.paint_fields import SHOWN_FOR, is_hash, sketched, with_reference
from generation.views.preset_form import ADVANCED, PresetForm, recipe_values, values
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role


def _presets(request: WorkspaceRequest) -> QuerySet[Preset]:
    return request.workspace.presets.filter(archived_at=None)


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """The presets as cards."""
    rows = _presets(request).prefetch_related("versions").order_by("name")
    known = [(preset, preset.latest, preset.latest.parsed()) for preset in rows]
    outlook = availability.outlook(spec for _, _, spec in known)
    cards = [
        (*one, preset_words.obstacle(one[2], outlook), preset_words.delay(one[2], outlook))
        for one in known
    ]
    taken = {preset.name for preset in rows}
    ready = [(start, one) for start, one in READY.items() if one.name not in taken]
    return render(request, "presets/list.html", {"cards": cards, "ready": ready})


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Make a preset."""
    if request.method != "POST":
        return _page(request, PresetForm(initial=_start(request)))
    form = _sent(request)
    if form.is_valid():
        try:
            preset = presets.create(request.workspace, form.cleaned_data["name"], form.spec())
        except ValueError as error:
            form.refuse(error)
        else:
            messages.success(request, f"“{preset}” is ready to use.")
            _warn(request, preset.latest)
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
    form = _sent(request, initial=now, name=preset.name)
    if form.is_valid():
        try:
            version = presets.add_version(preset, form.changes(preset, spec))
        except ValueError as error:
            form.refuse(error)
        else:
            messages.success(request, f"“{preset}” is at version {version.number} now.")
            _warn(request, version)
            return redirect("presets")
    return _page(request, form, preset)


def _warn(request: WorkspaceRequest, version: PresetVersion) -> None:
    for sentence in preset_words.warnings(version.parsed()):
        messages.warning(request, sentence)


def _sent(request: WorkspaceRequest, *, initial: Any = None, name: str = "") -> PresetForm:
    """The form as it came, the picture that came with it kept."""
    data, wrong = with_reference(
        request.workspace, request.POST, request.FILES.get("reference_file")
    )
    if name:
        data["name"] = name
    form = PresetForm(data, initial=initial)
    if wrong:
        form.add_error("reference", wrong)
    return form


def _start(request: WorkspaceRequest) -> dict[str, Any]:
    """What a new preset starts from: a ready recipe, or a kind alone."""
    ready = READY.get(request.GET.get("start", ""))
    if ready is not None:
        return {**recipe_values(ready.spec), "name": ready.name}
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
        **_paint(request, form),
        "is_advanced_open": any(form[name].errors for name in ADVANCED),
    }
    return render(request, "presets/form.html", context)


def _paint(request: WorkspaceRequest, form: PresetForm) -> dict[str, Any]:
    """The people and pictures to choose from; the chosen one stays on the page, come what may."""
    people = request.workspace.people.filter(archived_at=None).order_by("name")
    kept = form["reference"].value() or ""
    hashes = [*(one.portrait for one in people), kept]
    pictures = originals.pictures_of(request.workspace, hashes)
    return {
        "people": [(one, pictures.get(one.portrait)) for one in people],
        "offers": originals.offers(request.workspace),
        "kept": kept if is_hash(kept) else "",
        "fast_letters": preset_words.fast_letters(),
        "kept_picture": pictures.get(kept),
        "shown_for": SHOWN_FOR,
        "painted_kinds": SHOWN_FOR["line_up"],
    }


def _sketch(form: PresetForm) -> PresetSpec:
    """What the form's drawing shows: the form's values where they make sense."""
    filled = {name: form[name].value() for name in form.fields}
    copy = PresetForm(sketched({**filled, "name": filled["name"] or "-"}))
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
