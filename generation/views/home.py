"""Home: what needs a person, what was made last, and the five promises in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generation.models import Automation, Generation, Schedule
from generation.presentation import Strip, strip, with_pictures
from generation.preset_words import LOCKED
from generation.views.common import live as live_part, render
from integrations.models import Product, Publication, Store, SyncRun
from integrations.models.stores import StoreStatus
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role, Workspace

LATEST = 12
# A leased row is looked at again within a minute; ten minutes without anyone is a lost one.
OVERDUE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a person."""

    icon: str
    title: str
    detail: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Promise:
    """One of the five promises, with its figure from the tables."""

    icon: str
    title: str
    figure: int
    unit: str
    detail: str


@member(Role.VIEWER)
@require_safe
def home(request: WorkspaceRequest) -> HttpResponse:
    """The first page after signing in."""
    return render(request, "home.html", _context(request.workspace))


@member(Role.VIEWER)
@require_safe
def live(request: WorkspaceRequest) -> HttpResponse:
    """The moving part of the first page."""
    return live_part(request, "_home_live.html", _context(request.workspace), finished=False)


@member(Role.VIEWER)
@require_safe
def stages(request: WorkspaceRequest) -> HttpResponse:
    """The stage strip alone; it slows down by itself when nothing runs."""
    return live_part(request, "_strip.html", {"strip": strip(request.workspace)}, finished=False)


def _context(workspace: Workspace) -> dict[str, Any]:
    now: Strip = strip(workspace)
    return {
        "strip": now,
        "stores": workspace.stores.annotate(
            product_count=Count("products", filter=~Q(products__status=Product.Status.DELETED))
        ).order_by("name"),
        "needs": list(_needs(workspace)),
        "latest": with_pictures(workspace.generations.all()).order_by("-created_at")[:LATEST],
        "promises": promises(workspace),
    }


def _needs(workspace: Workspace) -> list[Need]:
    return [
        *_store_needs(workspace),
        *_automation_needs(workspace),
        *_schedule_needs(workspace),
        *_review_need(workspace),
        *_publication_needs(workspace),
    ]


def _store_needs(workspace: Workspace) -> list[Need]:
    broken = workspace.stores.exclude(status=StoreStatus.CONNECTED)
    asking = SyncRun.objects.filter(store__workspace=workspace, state=SyncRun.State.ASKING)
    return [
        *(
            Need(
                "sync",
                f"{run.store} asks before removing products",
                run.message,
                _page(run.store),
                "Answer",
            )
            for run in asking.select_related("store")
        ),
        *(
            Need(
                "store",
                f"{store}: {store.get_status_display().lower()}",
                store.status_reason,
                _page(store),
                "Fix",
            )
            for store in broken
        ),
    ]


def _automation_needs(workspace: Workspace) -> list[Need]:
    """One notice a store, however many of its automations have paused."""
    paused = Automation.objects.filter(store__workspace=workspace, enabled=True)
    rows = paused.exclude(paused_at=None).select_related("store").order_by("-paused_at")
    latest = {row.store_id: row for row in rows}
    return [
        Need(
            "pause",
            f"{row.store}: automations paused",
            row.pause_reason,
            reverse("automations"),
            "Look",
        )
        for row in latest.values()
    ]


def _schedule_needs(workspace: Workspace) -> list[Need]:
    """Runs that were passed over, until their next one begins."""
    rows = Schedule.objects.filter(store__workspace=workspace, enabled=True).exclude(notice="")
    return [
        Need("clock", f"“{row.name}” did not run", row.notice, reverse("schedules"), "Look")
        for row in rows.order_by("name")
    ]


def _page(store: Store) -> str:
    return reverse("store", args=[store.pk])


def _review_need(workspace: Workspace) -> list[Need]:
    waiting = workspace.generations.filter(status=Generation.Status.AWAITING_REVIEW).count()
    if not waiting:
        return []
    title = f"{waiting} {'image needs' if waiting == 1 else 'images need'} review"
    detail = "Verification found something that a person should look at."
    return [
        Need("eye", title, detail, f"{reverse('generations')}?status=awaiting_review", "Review")
    ]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What a publication's state asks of a person."""

    icon: str
    title: str
    detail: str
    action: str


_WAITING = {
    Publication.State.PENDING_APPROVAL: _Waiting(
        "check", "waiting for your approval", "Nothing goes to your store before.", "Approve"
    ),
    Publication.State.CONFLICT: _Waiting(
        "warning", "stopped: the gallery changed", "It was edited in the store.", "Decide"
    ),
    Publication.State.FAILED: _Waiting(
        "warning", "could not be finished", "See the reason and try again.", "Look"
    ),
    Publication.State.ROLLBACK_FAILED: _Waiting(
        "undo", "could not be undone yet", "See the reason and try again.", "Look"
    ),
}


def _publication_needs(workspace: Workspace) -> list[Need]:
    rows = Publication.objects.filter(store__workspace=workspace, state__in=_WAITING)
    counts = dict(rows.values_list("state").annotate(n=Count("pk")).order_by())
    return [
        Need(
            words.icon,
            f"{counts[state]} publication{'' if counts[state] == 1 else 's'} {words.title}",
            words.detail,
            f"{reverse('publications')}?state={state}",
            words.action,
        )
        for state, words in _WAITING.items()
        if state in counts
    ]


def promises(workspace: Workspace) -> tuple[Promise, ...]:
    """The five promises, each with the figure that would show it broken."""
    return (
        _pixels_locked(workspace),
        _nothing_lost(workspace),
        _exact_undo(workspace),
        _same_request_free(workspace),
        _no_surprise(workspace),
    )


def _pixels_locked(workspace: Workspace) -> Promise:
    approved = Q(manifest__has_key="approved_by")
    # What a model may have changed was never promised to be unchanged.
    counted = workspace.assets.filter(manifest__preset__kind__in=sorted(LOCKED)).aggregate(
        passed=Count("pk", filter=~approved), approved=Count("pk", filter=approved)
    )
    detail = f"{counted['approved']} more were approved by a person."
    return Promise("lock", "Product pixels locked", counted["passed"], "verified unchanged", detail)


def _nothing_lost(workspace: Workspace) -> Promise:
    status = Generation.Status
    counted = workspace.generations.aggregate(
        ended=Count("pk", filter=Q(status__in=Generation.TERMINAL)),
        open=Count("pk", filter=~Q(status__in=Generation.TERMINAL)),
        lost=Count(
            "pk", filter=Q(status=status.PROCESSING, lease_until__lt=timezone.now() - OVERDUE)
        ),
    )
    detail = f"{counted['ended']} finished, {counted['open']} on their way or waiting for you."
    return Promise("postprocess", "Nothing is lost", counted["lost"], "lost", detail)


def _exact_undo(workspace: Workspace) -> Promise:
    state = Publication.State
    counted = Publication.objects.filter(store__workspace=workspace).aggregate(
        undone=Count("pk", filter=Q(state=state.ROLLED_BACK)),
        failed=Count("pk", filter=Q(state=state.ROLLBACK_FAILED)),
    )
    detail = (
        f"{counted['failed']} could not be undone yet."
        if counted["failed"]
        else "None was left half done."
    )
    return Promise("undo", "Exact undo", counted["undone"], "undone exactly", detail)


def _same_request_free(workspace: Workspace) -> Promise:
    counted = workspace.generations.filter(status=Generation.Status.SUCCEEDED).aggregate(
        reused=Count("pk", filter=Q(reused=True))
    )
    return Promise(
        "recycle",
        "The same request is free",
        counted["reused"],
        "re-used results",
        "Equal photo and preset are never computed twice.",
    )


def _no_surprise(workspace: Workspace) -> Promise:
    state = Publication.State
    counted = Publication.objects.filter(
        store__workspace=workspace, published_at__isnull=False
    ).aggregate(
        by_person=Count("pk", filter=Q(approved_by__isnull=False)),
        by_rule=Count("pk", filter=Q(approved_by__isnull=True)),
    )
    waiting = Publication.objects.filter(
        store__workspace=workspace, state=state.PENDING_APPROVAL
    ).count()
    detail = f"{counted['by_rule']} by your automations; {waiting} waiting for approval."
    return Promise(
        "check", "No surprise", counted["by_person"], "published at a person’s word", detail
    )
