"""Products: the catalog as a grid to choose from, and one product with all that was made of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST, require_safe

from generation import selection
from generation.intake.accept import Refused, Source, accept
from generation.intake.sources import BACK, FRONT, GROUPS, INSIDE, choose_sources
from generation.models import Generation, Lane, Preset, PresetVersion, PublishMode
from generation.presentation import Picture, photo, with_pictures
from generation.preset_words import delay, obstacle
from generation.selection import LONGEST, MOST_WORDS, STATUSES, Selector
from generation.spec import Kind, PresetSpec
from generation.views.common import mine, page_of, render
from integrations.models import Product, SourceImage, Store
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role, Workspace
from productviz.lib.ids import parse_public_id

MADE = (
    ("", "All images"),
    ("none", "Without an image"),
    ("working", "Working"),
    ("awaiting_review", "Needs review"),
    ("succeeded", "Done"),
    ("failed", "Failed"),
)

FILTERS = ("q", "status", "tag", "category", "made")
ROLES = ((FRONT, "Front"), (INSIDE, "Inside"), (BACK, "Back"))


class RequestForm(forms.Form):
    """Which preset, and what happens to the images."""

    preset: forms.ModelChoiceField[Preset] = forms.ModelChoiceField(
        queryset=Preset.objects.none(), empty_label=None
    )
    publish = forms.ChoiceField(choices=PublishMode.choices, initial=PublishMode.APPROVAL)

    def __init__(
        self,
        workspace: Workspace,
        data: QueryDict | None = None,
        *,
        kinds: frozenset[Kind] | None = None,
    ) -> None:
        super().__init__(data)
        presets = workspace.presets.filter(archived_at=None).order_by("name")
        if kinds is not None:
            fitting = [one.pk for one in presets if one.latest.parsed().kind in kinds]
            presets = presets.filter(pk__in=fitting)
        self.fields["preset"].queryset = presets  # type: ignore[attr-defined]

    def clean_preset(self) -> Preset:
        """Refuse a preset that this installation cannot run now, with the reason."""
        preset: Preset = self.cleaned_data["preset"]
        if reason := obstacle(self.version.parsed()):
            raise forms.ValidationError(reason)
        return preset

    @property
    def chosen(self) -> Preset | None:
        """The preset that is named, also one that cannot be used now."""
        try:
            preset: Preset = self.fields["preset"].clean(self["preset"].value())
        except forms.ValidationError:
            return None
        return preset

    @cached_property
    def version(self) -> PresetVersion:
        """The chosen preset as it is when the form is looked at."""
        latest: PresetVersion = self.cleaned_data["preset"].latest
        return latest


def catalog(workspace: Workspace) -> QuerySet[Product]:
    """The workspace's living products."""
    return Product.objects.filter(store__workspace=workspace).exclude(status=Product.Status.DELETED)


def chosen_store(request: WorkspaceRequest, asked: str) -> Store | None:
    """The store asked for; the first one without a wish; None without any store."""
    stores = request.workspace.stores.order_by("name")
    pk = parse_public_id(Store.PREFIX, asked)
    return mine(stores, pk or uuid.UUID(int=0)) if asked else stores.first()


def asked_for(wanted: QueryDict) -> Selector:
    """The filters of a form or an address; what makes no sense is as good as not given."""

    def text(name: str) -> str:
        return wanted.get(name, "").replace("\x00", "").strip()[:LONGEST]

    tags = [word.strip() for word in text("tag").split(",")]
    return Selector(
        status=tuple(one for one in [text("status")] if one in STATUSES),
        tags=tuple(word for word in tags if word)[:MOST_WORDS],
        category=text("category"),
        query=text("q"),
        made=text("made") if text("made") in selection.MADE else "",
    )


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """The catalog of one store."""
    store = chosen_store(request, request.GET.get("store", ""))
    rows = asked_for(request.GET).products(store) if store else Product.objects.none()
    rows = rows.order_by("title", "id")
    page = page_of(request, _with_latest(rows))
    photos = {product.pk: _first_photo(product, request.workspace) for product in page}
    context = {
        "store": store,
        "stores": request.workspace.stores.order_by("name"),
        "page": page,
        "cards": [(product, photos[product.pk], _latest(product)) for product in page],
        "statuses": [choice for choice in Product.Status.choices if choice[0] in STATUSES],
        "made": MADE,
        "is_filtered": any(request.GET.get(name) for name in FILTERS),
    }
    return render(request, "products/list.html", context, pictures=photos.values())


def _with_latest(rows: QuerySet[Product]) -> QuerySet[Product]:
    newest = Generation.objects.filter(product=OuterRef("product")).order_by("-id").values("pk")[:1]
    latest = with_pictures(Generation.objects.filter(pk=Subquery(newest)))
    return rows.prefetch_related("images", Prefetch("generations", queryset=latest))


def _latest(product: Product) -> Generation | None:
    return next(iter(product.generations.all()), None)


def _first_photo(product: Product, workspace: Workspace) -> Picture | None:
    images = list(product.images.all())
    own = [image for image in images if not image.is_generated] or images
    return photo(own[0], workspace) if own else None


@member(Role.VIEWER)
@require_safe
def detail(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One product: the store's gallery, its variants, its generations and publications."""
    product = mine(catalog(request.workspace).select_related("store", "parent"), pk)
    images = [(image, photo(image, request.workspace)) for image in product.images.all()]
    variants = [
        (variant, _first_photo(variant, request.workspace))
        for variant in product.variants.prefetch_related("images").order_by("title", "id")
    ]
    form = RequestForm(request.workspace)
    first = form.fields["preset"].queryset.first()  # type: ignore[attr-defined]
    context = {
        "product": product,
        "gallery": [pair for pair in images if not pair[0].replaced_by_us],
        "originals": [pair for pair in images if pair[0].replaced_by_us],
        "has_sources": any(not image.is_generated for image, _ in images),
        "variants": variants,
        "generations": with_pictures(product.generations.all()).order_by("-id")[:24],
        "publications": product.publications.order_by("-id")[:24],
        "form": form,
        **_source_choice(product, request.workspace, first),
    }
    shown = [picture for _, picture in [*images, *variants]]
    return render(request, "products/product.html", context, pictures=shown)


@member(Role.EDITOR)
@require_safe
def sources(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Which photos the chosen preset takes: a part of the product's page."""
    product = mine(catalog(request.workspace).select_related("store"), pk)
    form = RequestForm(request.workspace, request.GET)
    context = _source_choice(product, request.workspace, form.chosen)
    return render(request, "products/_sources.html", context)


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """One photo to choose, and the part that it has unless somebody says otherwise."""

    image: SourceImage
    picture: Picture | None
    role: str


def _source_choice(
    product: Product, workspace: Workspace, preset: Preset | None
) -> dict[str, object]:
    """The photos that a preset's kind can take, with the choice it makes by itself."""
    spec = preset.latest.parsed() if preset else PresetSpec()
    kind = spec.kind
    chosen = {source.image: source.role for source in choose_sources(product, kind)}
    own = list(product.images.usable())
    shown = list(chosen) if kind in GROUPS else own
    return {
        "obstacle": obstacle(spec),
        "delay": delay(spec),
        "kind": kind,
        "is_group": kind in GROUPS,
        "roles": ROLES,
        "choices": [
            SourceChoice(image, photo(image, workspace), chosen.get(image, "")) for image in shown
        ],
    }


@member(Role.EDITOR)
@require_POST
def generate(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Start one generation from the chosen photo."""
    product = mine(catalog(request.workspace).select_related("store"), pk)
    form = RequestForm(request.workspace, request.POST)
    if not form.is_valid():
        reasons = [str(one) for one in form.errors.get("preset", []) if "preset" in form.data]
        messages.error(request, " ".join(reasons) or "Choose what happens to the image.")
        return redirect("product", product.pk)
    kind = form.version.parsed().kind
    try:
        generation = accept(
            product=product,
            version=form.version,
            publish=PublishMode(form.cleaned_data["publish"]),
            lane=Lane.INTERACTIVE,
            requested_by=request.user,
            sources=_asked_sources(product, kind, request.POST),
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("product", product.pk)
    return redirect("generation", generation.pk)


def _asked_sources(product: Product, kind: Kind, asked: QueryDict) -> list[Source] | None:
    """The photos that the person chose for this kind; None leaves the choice to the kind."""
    if kind in GROUPS:
        return None
    if kind == "ghost_mannequin":
        return _with_roles(product, asked)
    photo_id = asked.get("source", "")
    if not photo_id:
        return None
    pk = parse_public_id(SourceImage.PREFIX, photo_id)
    return [Source(mine(product.images.all(), pk or uuid.UUID(int=0)))]


def _with_roles(product: Product, asked: QueryDict) -> list[Source] | None:
    named = [(image, asked.get(f"role-{image.public_id}", "")) for image in product.images.all()]
    found = [Source(image, role) for image, role in named if role in dict(ROLES)]
    return sorted(found, key=lambda source: source.role != FRONT) or None
