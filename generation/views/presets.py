"""Presets: the cards, and the form that makes one or adds a version to it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import presets
from generation.models import Preset
from generation.spec import MAX_SIDE, PresetSpec, SpecError, parse_spec
from generation.views.common import mine, render
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role

BACKGROUNDS = (("white", "White"), ("color", "Colour"), ("transparent", "Transparent"))
SHADOWS = (("contact", "Contact shadow"), ("none", "None"))
ANCHORS = (("center", "In the middle"), ("bottom", "On the ground"))
FORMATS = (("jpeg", "JPEG"), ("webp", "WebP"), ("png", "PNG"), ("avif", "AVIF"))
CHANNELS = (
    ("", "No particular channel"),
    ("woocommerce.product", "WooCommerce product"),
    ("shopify.product", "Shopify product"),
    ("google.image_link", "Google Shopping"),
    ("amazon.main", "Amazon main image"),
)
THUMBNAIL_SIDE = 400
# Where the spec names a field, the form shows its sentence at this field.
_FIELD_OF = {
    "background.color": "color",
    "background": "background",
    "shadow.strength": "strength",
    "shadow": "shadow",
    "composition.margin": "margin",
    "outputs": "format",
    "channels": "channel",
}


class PresetForm(forms.Form):
    """A packshot recipe in a merchant's words; ``spec`` is its exact form."""

    name = forms.CharField(label="Name", max_length=100, help_text="Such as “Summer catalog”")
    background = forms.ChoiceField(label="Background", choices=BACKGROUNDS, initial="white")
    color = forms.RegexField(
        label="Background colour",
        regex=r"^#[0-9a-fA-F]{6}$",
        initial="#f2efe9",
        required=False,
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text="Used when the background is a colour",
    )
    shadow = forms.ChoiceField(label="Shadow", choices=SHADOWS, initial="contact")
    strength = forms.IntegerField(
        label="Shadow strength",
        min_value=10,
        max_value=150,
        initial=100,
        help_text="In percent; 100 is a studio’s own",
    )
    margin = forms.IntegerField(
        label="Margin",
        min_value=2,
        max_value=40,
        initial=6,
        help_text="In percent of the shorter side",
    )
    anchor = forms.ChoiceField(label="Product stands", choices=ANCHORS, initial="center")
    width = forms.IntegerField(
        label="Width", min_value=64, max_value=MAX_SIDE, initial=2000, help_text="In pixels"
    )
    height = forms.IntegerField(
        label="Height", min_value=64, max_value=MAX_SIDE, initial=2000, help_text="In pixels"
    )
    format = forms.ChoiceField(label="File format", choices=FORMATS, initial="jpeg")
    channel = forms.ChoiceField(
        label="Check against the rules of",
        choices=CHANNELS,
        required=False,
        help_text="An image that breaks a rule is held back for review",
    )

    def spec(self) -> dict[str, Any]:
        """The preset's recipe as the spec writes it; call after validation."""
        asked = self.cleaned_data
        is_colour = asked["background"] == "color"
        main = {key: asked[key] for key in ("width", "height", "format")}
        return {
            "background": {
                "type": asked["background"],
                "color": asked["color"] if is_colour else None,
            },
            "shadow": {"type": asked["shadow"], "strength": asked["strength"] / 100},
            "composition": {"margin": asked["margin"] / 100, "anchor": asked["anchor"]},
            "outputs": [{"name": "main", **main}, {"name": "thumbnail", **_thumbnail(asked)}],
            "channels": [asked["channel"]] if asked["channel"] else [],
        }

    def refuse(self, error: ValueError) -> None:
        """Show each of the spec's sentences at the field that it is about."""
        problems = error.problems if isinstance(error, SpecError) else (("name", str(error)),)
        for path, sentence in problems:
            known = next((key for key in _FIELD_OF if path.startswith(key)), "")
            field = _FIELD_OF.get(known, "name" if path == "name" else None)
            self.add_error(field, sentence)


def _thumbnail(asked: dict[str, Any]) -> dict[str, Any]:
    """A small copy of the same shape, in a format that can do what the main one can."""
    scale = min(1.0, THUMBNAIL_SIDE / max(asked["width"], asked["height"]))
    small = {"width": round(asked["width"] * scale), "height": round(asked["height"] * scale)}
    sizes = {side: max(64, pixels) for side, pixels in small.items()}
    return {
        **sizes,
        "format": "webp" if asked["background"] == "transparent" else "jpeg",
        "quality": 85,
    }


def _values(preset: Preset, spec: PresetSpec) -> dict[str, Any]:
    return {
        "name": preset.name,
        "background": spec.background.type,
        "color": spec.background.color or "#f2efe9",
        "shadow": spec.shadow.type,
        "strength": round(spec.shadow.strength * 100),
        "margin": round(spec.composition.margin * 100),
        "anchor": spec.composition.anchor,
        "width": spec.main.width,
        "height": spec.main.height,
        "format": spec.main.format,
        "channel": next(iter(spec.channels), ""),
    }


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
        return _page(request, PresetForm())
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
    values = _values(preset, preset.latest.parsed())
    if request.method != "POST":
        return _page(request, PresetForm(initial=values), preset)
    form = PresetForm({**values, **request.POST.dict(), "name": preset.name})
    if form.is_valid():
        try:
            version = presets.add_version(preset, form.spec())
        except ValueError as error:
            form.refuse(error)
        else:
            messages.success(request, f"“{preset}” is at version {version.number} now.")
            return redirect("presets")
    return _page(request, form, preset)


def _page(
    request: WorkspaceRequest, form: PresetForm, preset: Preset | None = None
) -> HttpResponse:
    context = {"form": form, "preset": preset, "spec": _sketch(form)}
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
    preset.automations.update(enabled=False)
    preset.archived_at = timezone.now()
    preset.save(update_fields=["archived_at"])
    messages.success(request, f"“{preset}” is put away. Images made with it stay.")
    return redirect("presets")
