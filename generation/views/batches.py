"""Batches: choose products and a preset, see how many images it will be, watch, stop, undo."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import batches
from generation.consistency import consistency_of
from generation.intake.accept import Refused
from generation.models import Batch, Generation, PublishMode
from generation.presentation import STAGES, StageCount, with_pictures
from generation.views import common
from generation.views.common import act, mine, page_of, render
from generation.views.products import RequestForm, catalog, chosen_store, filtered, has_photo
from integrations.models import Product, Publication, Store
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person
from productviz.lib.ids import parse_public_id

SHEET = 120  # pictures of the contact sheet on one page
PREVIEW = 8


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All batches, the newest first."""
    rows = request.workspace.batches.select_related(
        "store", "preset_version__preset", "created_by"
    ).order_by("-id")
    page = page_of(request, rows, 20)
    cards = [(batch, batches.progress(batch)) for batch in page]
    return render(request, "batches/list.html", {"page": page, "cards": cards})


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Show how many images the chosen products make; start them when asked to."""
    wanted = request.POST if request.method == "POST" else request.GET
    store = chosen_store(request, wanted.get("store", ""))
    if store is None:
        return redirect("store_connect")
    rows = _chosen(store, wanted)
    usable = rows.filter(has_photo())
    form = RequestForm(request.workspace, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        started = _start(request, store=store, form=form, products=usable)
        if started is not None:
            return redirect("batch", started.pk)
    context = {
        "form": form,
        "store": store,
        "wanted": wanted,
        "chosen_ids": wanted.getlist("product"),
        "chosen": rows.count(),
        "images": usable.count(),
        "variants": _variants(store, wanted).filter(has_photo()).count(),
        "with_variants": "variants" in wanted,
        "presets": form.fields["preset"].queryset,  # type: ignore[attr-defined]
        "modes": PublishMode.choices,
        "sample": usable[:PREVIEW],
    }
    return render(request, "batches/new.html", context)


def _chosen(store: Store, wanted: QueryDict) -> QuerySet[Product]:
    """The listed products or all that the filter finds; with their variants if asked for."""
    top = _top(store, wanted)
    if "variants" not in wanted:
        return top.select_related("store").order_by("title", "id")
    ids = top.values("pk")
    every = catalog(store.workspace).filter(Q(pk__in=ids) | Q(parent__in=ids), store=store)
    return every.select_related("store").order_by("title", "id")


def _top(store: Store, wanted: QueryDict) -> QuerySet[Product]:
    rows = catalog(store.workspace).filter(store=store, parent=None)
    if "all" in wanted:
        return filtered(rows, wanted)
    ids = [parse_public_id(Product.PREFIX, text) for text in wanted.getlist("product")]
    return rows.filter(pk__in=[pk for pk in ids if pk])


def _variants(store: Store, wanted: QueryDict) -> QuerySet[Product]:
    return catalog(store.workspace).filter(parent__in=_top(store, wanted).values("pk"))


def _start(
    request: WorkspaceRequest, *, store: Store, form: RequestForm, products: QuerySet[Product]
) -> Batch | None:
    try:
        batch = batches.start(
            store=store,
            version=form.version,
            publish=PublishMode(form.cleaned_data["publish"]),
            products=products,
            requested_by=request.user,
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return None
    messages.success(request, "The batch has begun.")
    return batch


def _find(request: WorkspaceRequest, pk: uuid.UUID) -> Batch:
    rows = request.workspace.batches.select_related("store", "preset_version__preset", "created_by")
    return mine(rows, pk)


@member(Role.VIEWER)
@require_safe
def detail(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One batch: progress, contact sheet, failures."""
    return render(request, "batches/batch.html", _context(request, _find(request, pk)))


@member(Role.VIEWER)
@require_safe
def live(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """The moving part of a batch."""
    context = _context(request, _find(request, pk))
    return common.live(request, "batches/_body.html", context, finished=not context["is_working"])


def _context(request: WorkspaceRequest, batch: Batch) -> dict[str, Any]:
    progress = batches.progress(batch)
    generations = with_pictures(batch.generations.all())
    failed = generations.filter(status__in=[Generation.Status.FAILED, Generation.Status.REJECTED])
    return {
        "batch": batch,
        "progress": progress,
        "ended": progress.total - progress.waiting - progress.working,
        "stages": [StageCount(words, progress.stages.get(words.stage, 0)) for words in STAGES],
        "is_working": not progress.finished or _is_publishing(batch),
        "page": page_of(request, generations.order_by("id"), SHEET),
        "failures": failed.order_by("id")[:50],
        "failure_count": failed.count(),
        "waiting_approval": batch.generations.filter(
            publication__state=Publication.State.PENDING_APPROVAL
        ).count(),
        "undo_count": progress.published,
        "consistency": consistency_of(batch),
    }


def _is_publishing(batch: Batch) -> bool:
    return batch.generations.filter(publication__state__in=Publication.WAITING).exists()


def _control(
    request: WorkspaceRequest, pk: uuid.UUID, do: Callable[[Batch], object], done: str
) -> HttpResponse:
    batch = _find(request, pk)
    act(request, do=lambda: do(batch), done=done)
    return redirect("batch", batch.pk)


@member(Role.EDITOR)
@require_POST
def pause(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Start no more images."""
    return _control(request, pk, batches.pause, "Paused. Images in work are finished first.")


@member(Role.EDITOR)
@require_POST
def resume(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Go on."""
    return _control(request, pk, batches.resume, "The batch goes on.")


@member(Role.EDITOR)
@require_POST
def cancel(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop for good; finished images stay."""
    return _control(request, pk, batches.cancel, "Canceled. Finished images stay.")


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask first, then put every gallery of the batch back as it was."""
    batch = _find(request, pk)
    if request.method == "POST":
        by_person(request, "batch.undone", batch)
        return _control(request, pk, batches.undo, "Undoing: every gallery goes back as it was.")
    progress = batches.progress(batch)
    if not progress.total:
        raise Http404
    return render(request, "batches/undo.html", {"batch": batch, "progress": progress})
