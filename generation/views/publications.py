"""Publications: every write to a store, waiting, done or undone, and what to do about each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from generation.views import common
from generation.views.common import act, back, mine, page_of, render
from integrations import publish as storefront
from integrations.models import Publication
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person

State = Publication.State


def _mine(request: WorkspaceRequest) -> QuerySet[Publication]:
    return (
        Publication.objects.filter(store__workspace=request.workspace)
        .select_related("store", "product", "approved_by", "generation__asset")
        .prefetch_related("items", "generation__asset__renditions")
    )


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All publications, the newest first."""
    rows = _mine(request).order_by("-id")
    wanted = request.GET.get("state", "")
    if wanted in State.values:
        rows = rows.filter(state=wanted)
    context = {
        "page": page_of(request, rows),
        "tabs": [("", "All"), *State.choices],
        "wanted": wanted,
    }
    return render(request, "publications/list.html", context)


@member(Role.VIEWER)
@require_safe
def detail(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One publication: the gallery before and after, and what can be done now."""
    publication = mine(_mine(request), pk)
    return render(request, "publications/publication.html", _context(publication))


@member(Role.VIEWER)
@require_safe
def live(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """The state of one publication."""
    context = _context(mine(_mine(request), pk))
    return common.live(
        request, "publications/_state.html", context, finished=not context["is_working"]
    )


def _context(publication: Publication) -> dict[str, Any]:
    snapshot = getattr(publication, "snapshot", None)
    return {
        "publication": publication,
        "generation": getattr(publication, "generation", None),
        "is_working": publication.state in Publication.WAITING and not _is_asked(publication),
        "is_asked": _is_asked(publication),
        "before": snapshot.gallery if snapshot else None,
    }


def _is_asked(publication: Publication) -> bool:
    """Whether the store's own program has the next word: hours may pass."""
    asked = (State.AWAITING_STORE, State.ROLLING_BACK)
    return publication.store.fetches and publication.state in asked


def _decide(
    request: WorkspaceRequest,
    pk: uuid.UUID,
    do: Callable[[Publication], object],
    *,
    done: str,
    action: str,
) -> HttpResponse:
    publication = mine(_mine(request), pk)
    if act(request, do=lambda: do(publication), done=done):
        by_person(request, f"publication.{action}", publication)
    return back(request, "publication", publication.pk)


@member(Role.REVIEWER)
@require_POST
def approve(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Let it go to the store."""
    return _decide(
        request,
        pk,
        lambda row: storefront.approve(row, request.user),
        done="On its way to your store.",
        action="approved",
    )


@member(Role.REVIEWER)
@require_POST
def cancel(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Do not publish it."""
    done = "Canceled. Your store was not changed."
    return _decide(request, pk, storefront.cancel, done=done, action="canceled")


@member(Role.EDITOR)
@require_POST
def retry(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Try again; with ``overwrite`` even though the gallery changed in the store."""
    overwrite = "overwrite" in request.POST
    return _decide(
        request,
        pk,
        lambda row: storefront.retry(row, overwrite=overwrite),
        done="Trying again.",
        action="retried",
    )


@member(Role.EDITOR)
@require_POST
def undo(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Put the gallery back as it was; with ``force`` even over later changes."""
    force = "force" in request.POST
    return _decide(
        request,
        pk,
        lambda row: storefront.undo(row, force=force),
        done="Undoing: the gallery goes back as it was.",
        action="undone",
    )
