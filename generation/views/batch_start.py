"""A new batch: which products are meant, what it will make, take and cost, and its start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from generation import batches
from generation.intake.accept import Refused
from generation.models import Batch, Preset, PublishMode
from generation.presentation import Picture, photo
from generation.selection import MOST_IDS, Selector, usable
from generation.views.common import render
from generation.views.products import RequestForm, asked_for, chosen_store
from integrations.models import Product, Store
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.lib.ids import parse_public_id


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Show how many images the chosen products make, and what that takes; start when asked to."""
    wanted = request.POST if request.method == "POST" else request.GET
    store = chosen_store(request, wanted.get("store", ""))
    if store is None:
        return redirect("store_connect")
    selector = _selector(wanted)
    form = RequestForm(request.workspace, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and selector is not None:
        started = _start(request, store=store, form=form, selector=selector)
        if started is not None:
            return redirect("batch", started.pk)
    context = {
        "form": form,
        "store": store,
        "wanted": wanted,
        "chosen_ids": wanted.getlist("product"),
        "presets": form.fields["preset"].queryset,  # type: ignore[attr-defined]
        "modes": PublishMode.choices,
        **_expected(request, store, selector, _preset(request, form)),
    }
    pictures = [picture for _, picture in context["samples"]]
    return render(request, "batches/new.html", context, pictures=pictures)


@member(Role.EDITOR)
@require_safe
def expected(request: WorkspaceRequest) -> HttpResponse:
    """What the chosen preset would make of the chosen products: a part of the page above."""
    store = chosen_store(request, request.GET.get("store", ""))
    if store is None:
        return redirect("store_connect")
    form = RequestForm(request.workspace, request.GET)
    form.is_valid()
    context = _expected(request, store, _selector(request.GET), _preset(request, form))
    pictures = [picture for _, picture in context["samples"]]
    return render(request, "batches/_expected.html", context, pictures=pictures)


def _selector(wanted: QueryDict) -> Selector | None:
    """All that the filters find, or the ticked products; None where nothing is chosen."""
    found = asked_for(wanted) if "all" in wanted else Selector(product_ids=_ticked(wanted))
    if "all" not in wanted and not found.product_ids:
        return None
    return replace(found, variants="variants" in wanted)


def _ticked(wanted: QueryDict) -> tuple[Any, ...]:
    ids = [parse_public_id(Product.PREFIX, text) for text in wanted.getlist("product")]
    return tuple(pk for pk in ids if pk)[:MOST_IDS]


def _preset(request: WorkspaceRequest, form: RequestForm) -> Preset | None:
    """The preset that the estimate is for: the chosen one, else the first of the page."""
    chosen: Preset | None = form.cleaned_data.get("preset") if form.is_bound else None
    return chosen or form.fields["preset"].queryset.first()  # type: ignore[attr-defined]


def _expected(
    request: WorkspaceRequest, store: Store, selector: Selector | None, preset: Preset | None
) -> dict[str, Any]:
    if selector is None or preset is None:
        return {"store": store, "chosen": 0, "samples": []}
    told = batches.estimate(store=store, version=preset.latest, selector=selector)
    kind = preset.latest.parsed().kind
    alone = replace(selector, variants=False).products(store)
    whole = replace(selector, variants=True).products(store)
    samples = [(one, _photo(one, request)) for one in told.samples]
    return {
        "store": store,
        "preset": preset,
        "chosen": told.products + told.skipped,
        "estimate": told,
        "variants": usable(whole, kind).count() - usable(alone, kind).count(),
        "with_variants": selector.variants,
        "samples": samples,
    }


def _photo(product: Product, request: WorkspaceRequest) -> Picture | None:
    own = [image for image in product.images.all() if not image.is_generated]
    return photo(own[0], request.workspace) if own else None


def _start(
    request: WorkspaceRequest, *, store: Store, form: RequestForm, selector: Selector
) -> Batch | None:
    try:
        batch = batches.start(
            store=store,
            version=form.version,
            publish=PublishMode(form.cleaned_data["publish"]),
            selector=selector,
            requested_by=request.user,
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return None
    messages.success(request, "The batch has begun. Its images are being queued.")
    return batch
