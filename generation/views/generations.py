"""Generations: the list, and one generation from request to delivered image."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from generation import first_pictures, paint_words, presentation, review
from generation.corrections import is_ready
from generation.delivery import storefront
from generation.models import Generation
from generation.presentation import Picture
from generation.preset_words import LOCKED
from generation.views.common import act, back, live as live_part, mine, page_of, render
from integrations.models import Publication
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role

Status = Generation.Status
CAN_RETRY = (Status.FAILED, Status.REJECTED, Status.CANCELED)
PUBLISHABLE_AGAIN = (
    Publication.State.CANCELED,
    Publication.State.ROLLED_BACK,
    Publication.State.FAILED,
    Publication.State.EXPIRED,
)


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All generations, the newest first."""
    rows = presentation.with_pictures(request.workspace.generations.all()).order_by("-id")
    wanted = request.GET.get("status", "")
    if wanted == "working":
        rows = rows.filter(status__in=Generation.WAITING)
    elif wanted in Status.values:
        rows = rows.filter(status=wanted)
    ended = [(value, label) for value, label in Status.choices if value not in Generation.WAITING]
    tabs = [("", "All"), ("working", "Working"), *ended]
    context = {"page": page_of(request, rows), "tabs": tabs, "wanted": wanted}
    return render(request, "generations/list.html", context)


def _find(request: WorkspaceRequest, pk: uuid.UUID) -> Generation:
    return mine(presentation.with_pictures(request.workspace.generations.all()), pk)


@member(Role.VIEWER)
@require_safe
def detail(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One generation: its stages, its picture beside the photo, its quality report, its files."""
    generation = _find(request, pk)
    context, pictures = _context(request, generation)
    return render(request, "generations/generation.html", context, pictures=pictures)


@member(Role.VIEWER)
@require_safe
def live(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """The same while it is being made."""
    generation = _find(request, pk)
    context, _ = _context(request, generation)
    return live_part(request, "generations/_body.html", context, finished=not context["is_working"])


def _context(
    request: WorkspaceRequest, generation: Generation
) -> tuple[dict[str, Any], list[Picture | None]]:
    photos = presentation.source_photos(generation)
    before = photos[0].picture if len(photos) == 1 else None
    candidate = presentation.latest_candidate(generation)
    files = presentation.result_files(generation)
    publication = generation.publication
    made = generation.asset or candidate
    kind = generation.preset_version.spec.get("kind", "")
    context = {
        "generation": generation,
        "is_working": generation.status in Generation.WAITING,
        "steps": presentation.steps(generation),
        "seconds": sum(generation.stage_times.values()),
        "before": before,
        "photos": photos,
        "after": files[0].picture if files else None,
        "overlay": presentation.overlay(generation),
        "files": files,
        "report": getattr(candidate, "report", None),
        "candidate": candidate,
        "manifest": made.manifest if made else None,
        "painted": paint_words.told(kind, made.manifest if made else None),
        "is_locked": kind in LOCKED,
        "waits": first_pictures.words_for(generation),
        "steps_done": paint_words.steps_done(generation),
        "publication": publication,
        "can_publish": generation.asset is not None
        and generation.asset.deleted_at is None
        and (publication is None or publication.state in PUBLISHABLE_AGAIN),
        "can_retry": generation.status in CAN_RETRY,
        "paintable": [row.image for row in generation.sources.all() if is_ready(row.image)],
    }
    return context, [one.picture for one in photos]


def _decide(
    request: WorkspaceRequest, pk: uuid.UUID, do: Callable[[Generation], object], done: str
) -> HttpResponse:
    generation = mine(request.workspace.generations.all(), pk)
    act(request, do=lambda: do(generation), done=done)
    return back(request, "generation", generation.pk)


@member(Role.REVIEWER)
@require_POST
def approve(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Accept what verification held back."""
    return _decide(request, pk, lambda row: review.approve(row, request.user), "Approved.")


@member(Role.REVIEWER)
@require_POST
def reject(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Turn the image down."""
    return _decide(request, pk, lambda row: review.reject(row, request.user), "Rejected.")


@member(Role.EDITOR)
@require_POST
def retry(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Make it again from the source."""
    return _decide(request, pk, review.retry, "It will be made again.")


@member(Role.EDITOR)
@require_POST
def cancel(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop it."""
    return _decide(request, pk, review.cancel, "Canceled.")


@member(Role.EDITOR)
@require_POST
def publish(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Put the image into the store's gallery."""
    return _decide(
        request, pk, lambda row: storefront.publish(row, request.user), "On its way to your store."
    )
