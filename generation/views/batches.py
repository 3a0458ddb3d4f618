"""Batches on the dashboard: all of them, one with its progress, and what may be asked of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import batches
from generation.batches import Progress, Written
from generation.consistency import consistency_of
from generation.first_pictures import waiting_in
from generation.models import Batch, Generation
from generation.presentation import STAGES, StageCount, with_pictures
from generation.views import common
from generation.views.common import act, mine, page_of, render
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person

SHEET = 120  # pictures of the contact sheet on one page
FAILURES = 50
# A large batch moves slowly in percent, and its page asks the database for more.
LARGE, OFTEN, SELDOM = 2000, 2, 10

SKIPPED = {
    "no_usable_source": "without the photographs that the preset takes",
    "invalid_request": "with photographs that do not go together",
    "internal_error": "that could not be read; the log has the details",
}


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All batches, the newest first."""
    rows = request.workspace.batches.select_related(
        "store", "preset_version__preset", "created_by"
    ).order_by("-id")
    page = page_of(request, rows, 20)
    context = {"page": page, "cards": batches.progress_of(page)}
    return render(request, "batches/list.html", context)


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
    progress, written = batches.progress(batch), batches.written(batch)
    generations = with_pictures(batch.generations.all())
    failed = generations.filter(status__in=[Generation.Status.FAILED, Generation.Status.REJECTED])
    return {
        "batch": batch,
        "progress": progress,
        "written": written,
        "stages": [StageCount(words, progress.stages.get(words.stage, 0)) for words in STAGES],
        "is_working": _is_working(batch, progress, written),
        "unqueued": progress.expected - progress.total,
        "to_undo": written.published + written.undoing + written.undone,
        "is_open": batch.state in Batch.OPEN,
        "poll_seconds": SELDOM if progress.expected > LARGE else OFTEN,
        "skipped": [(count, SKIPPED.get(why, why)) for why, count in batch.skipped_why.items()],
        "page": page_of(request, generations.order_by("id"), SHEET),
        "failures": failed.order_by("id")[:FAILURES],
        "failure_count": progress.failed + progress.rejected,
        "consistency": consistency_of(batch),
        "held_back": waiting_in(batch),
    }


def _is_working(batch: Batch, progress: Progress, written: Written) -> bool:
    moves = not progress.finished and not (batch.is_held and not progress.working)
    return moves or bool(batch.errand) or bool(written.busy + written.undoing)


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
@require_POST
def retry(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin everything that failed again."""
    return _control(request, pk, batches.retry_failed, "What failed is tried again.")


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
    context = {"batch": batch, "progress": progress, "written": batches.written(batch)}
    return render(request, "batches/undo.html", context)
