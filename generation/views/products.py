"""Products: the catalog as a grid to choose from, and one product with all that was made of it."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from generation.intake.accept import Refused, Source, accept
from generation.models import Generation, Lane, Preset, PresetVersion, PublishMode
from generation.presentation import Picture, photo, with_pictures
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


class RequestForm(forms.Form):
    """Which preset, and what happens to the images."""

    preset: forms.ModelChoiceField[Preset] = forms.ModelChoiceField(
        queryset=Preset.objects.none(), empty_label=None
    )
    publish = forms.ChoiceField(choices=PublishMode.choices, initial=PublishMode.APPROVAL)

    def __init__(self, workspace: Workspace, data: QueryDict | None = None) -> None:
        super().__init__(data)
        presets = workspace.presets.filter(archived_at=None).order_by("name")
        self.fields["preset"].queryset = presets  # type: ignore[attr-defined]

    @property
    def version(self) -> PresetVersion:
        """The chosen preset as it is now."""
        latest: PresetVersion = self.cleaned_data["preset"].latest
        return latest


def catalog(workspace: Workspace) -> QuerySet[Product]:
    """The workspace's living products."""
    return Product.objects.filter(store__workspace=workspace).exclude(status=Product.Status.DELETED)


def has_photo() -> Exists:
    """Whether a product has a photo of its own to work from."""
    return Exists(SourceImage.objects.filter(product=OuterRef("pk"), is_generated=False))


def chosen_store(request: WorkspaceRequest, asked: str) -> Store | None:
    """The store asked for; the first one without a wish; None without any store."""
    stores = request.workspace.stores.order_by("name")
    pk = parse_public_id(Store.PREFIX, asked)
    return mine(stores, pk or uuid.UUID(int=0)) if asked else stores.first()


def filtered(rows: QuerySet[Product], wanted: QueryDict) -> QuerySet[Product]:
    """Products by words in title or SKU, by status and by the state of their latest image."""
    text = wanted.get("q", "").replace("\x00", "").strip()
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(sku__icontains=text))
    if wanted.get("status") in Product.Status.values:
        rows = rows.filter(status=wanted["status"])
    made = wanted.get("made")
    if made not in dict(MADE) or not made:
        return rows
    newest = Generation.objects.filter(product=OuterRef("pk")).order_by("-id")
    rows = rows.annotate(made=Subquery(newest.values("status")[:1]))
    if made == "none":
        return rows.filter(made=None)
    return rows.filter(made__in=Generation.WAITING if made == "working" else [made])


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """The catalog of one store."""
    store = chosen_store(request, request.GET.get("store", ""))
    rows = catalog(request.workspace).filter(store=store, parent=None)
    rows = filtered(rows, request.GET).order_by("title", "id")
    page = page_of(request, _with_latest(rows))
    photos = {product.pk: _first_photo(product, request.workspace) for product in page}
    context = {
        "store": store,
        "stores": request.workspace.stores.order_by("name"),
        "page": page,
        "cards": [(product, photos[product.pk], _latest(product)) for product in page],
        "statuses": [choice for choice in Product.Status.choices if choice[0] != "deleted"],
        "made": MADE,
        "is_filtered": any(request.GET.get(name) for name in ("q", "status", "made")),
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
    context = {
        "product": product,
        "gallery": [pair for pair in images if not pair[0].replaced_by_us],
        "originals": [pair for pair in images if pair[0].replaced_by_us],
        "sources": [(image, shown) for image, shown in images if not image.is_generated],
        "variants": variants,
        "generations": with_pictures(product.generations.all()).order_by("-id")[:24],
        "publications": product.publications.order_by("-id")[:24],
        "form": RequestForm(request.workspace),
    }
    shown = [picture for _, picture in [*images, *variants]]
    return render(request, "products/product.html", context, pictures=shown)


@member(Role.EDITOR)
@require_POST
def generate(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Start one generation from the chosen photo."""
    product = mine(catalog(request.workspace).select_related("store"), pk)
    form = RequestForm(request.workspace, request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a preset and what happens to the image.")
        return redirect("product", product.pk)
    source = request.POST.get("source")
    try:
        generation = accept(
            product=product,
            version=form.version,
            publish=PublishMode(form.cleaned_data["publish"]),
            lane=Lane.INTERACTIVE,
            requested_by=request.user,
            sources=_source(product, source) if source else None,
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("product", product.pk)
    return redirect("generation", generation.pk)


def _source(product: Product, asked: str) -> list[Source]:
    pk = parse_public_id(SourceImage.PREFIX, asked)
    return [Source(mine(product.images.all(), pk or uuid.UUID(int=0)))]
