"""One picture of several products: their order, each one's photo and real height, and a preset."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from generation.intake.accept import Refused, Source, accept
from generation.intake.sources import GROUPS, ITEM
from generation.models import Generation, Lane, PublishMode
from generation.presentation import Picture, photo
from generation.selection import has_photo
from generation.spec import MAX_GROUP
from generation.views.common import render
from generation.views.products import RequestForm, catalog, chosen_store
from integrations.models import Product, SourceImage, Store
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role, Workspace
from productviz.lib.ids import parse_public_id

LEAST, MOST_CM = 2, 1000.0


@dataclass(frozen=True, slots=True)
class Line:
    """One product of the picture; ``height`` is as typed, ``height_cm`` what it means."""

    product: Product
    photos: tuple[tuple[SourceImage, Picture | None], ...]
    chosen: SourceImage
    height: str = ""
    height_cm: float | None = None
    error: str = ""

    @property
    def picture(self) -> Picture | None:
        """The chosen photo."""
        return next(shown for image, shown in self.photos if image == self.chosen)


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def together(request: WorkspaceRequest) -> HttpResponse:
    """Put the chosen products in order, then make one picture of them."""
    wanted = request.POST if request.method == "POST" else request.GET
    store = chosen_store(request, wanted.get("store", ""))
    if store is None:
        return redirect("store_connect")
    lines = _moved(_lines(store, wanted), wanted.get("move", ""))
    is_start = request.method == "POST" and "move" not in wanted
    data = request.POST if request.method == "POST" else None
    form = RequestForm(request.workspace, data, kinds=GROUPS)
    if is_start and form.is_valid() and not any(line.error for line in lines):
        made = _start(request, form, lines)
        if made is not None:
            return redirect("generation", made.pk)
    context = {
        "store": store,
        "lines": lines,
        "form": form,
        "wanted": wanted,
        "presets": form.fields["preset"].queryset,  # type: ignore[attr-defined]
        "modes": PublishMode.choices,
        "least": LEAST,
        "most": MAX_GROUP,
        "is_possible": LEAST <= len(lines) <= MAX_GROUP,
        "left_out": len(set(wanted.getlist("product"))) - len(lines),
    }
    pictures = [shown for line in lines for _, shown in line.photos]
    return render(request, "products/together.html", context, pictures=pictures)


def _lines(store: Store, wanted: QueryDict) -> list[Line]:
    """The listed products of the store that have a photo, in the order they are listed."""
    ids = [parse_public_id(Product.PREFIX, text) for text in wanted.getlist("product")]
    rows = catalog(store.workspace).filter(
        has_photo(), store=store, pk__in=[pk for pk in ids if pk]
    )
    found = {row.pk: row for row in rows.select_related("store").prefetch_related("images")}
    order = dict.fromkeys(found[pk] for pk in ids if pk in found)
    return [_line(product, store.workspace, wanted) for product in order]


def _line(product: Product, workspace: Workspace, wanted: QueryDict) -> Line:
    own = [image for image in product.images.all() if not image.is_generated]
    asked = wanted.get(f"photo-{product.public_id}", "")
    chosen = next((image for image in own if image.public_id == asked), own[0])
    photos = tuple((image, photo(image, workspace)) for image in own)
    return _measured(Line(product, photos, chosen), wanted.get(f"height-{product.public_id}", ""))


def _measured(line: Line, typed: str) -> Line:
    text = typed.strip()
    if not text:
        return line
    try:
        height = float(text.replace(",", "."))
    except ValueError:
        height = 0.0
    if 0.1 <= height <= MOST_CM:
        return replace(line, height=text, height_cm=height)
    return replace(line, height=text, error="Tell the height in centimetres, such as 12.5.")


def _moved(lines: list[Line], asked: str) -> list[Line]:
    """The lines with one of them a place further up or down; "up:prd_..." names it."""
    way, _, which = asked.partition(":")
    at = next((n for n, line in enumerate(lines) if line.product.public_id == which), None)
    if at is None or way not in ("up", "down"):
        return lines
    other = at + (1 if way == "down" else -1)
    if not 0 <= other < len(lines):
        return lines
    lines[at], lines[other] = lines[other], lines[at]
    return lines


def _start(request: WorkspaceRequest, form: RequestForm, lines: list[Line]) -> Generation | None:
    if not lines:
        return None
    try:
        return accept(
            product=lines[0].product,
            version=form.version,
            publish=PublishMode(form.cleaned_data["publish"]),
            lane=Lane.INTERACTIVE,
            requested_by=request.user,
            sources=[Source(line.chosen, ITEM, line.height_cm) for line in lines],
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return None
