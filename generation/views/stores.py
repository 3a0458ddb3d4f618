"""Stores: the list, and one store with its sync, its rights and its automations."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.views.common import act, live, mine, render
from integrations import catalog, connect as connections
from integrations.models import Product, Store, SyncRun
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All stores of the workspace."""
    stores = request.workspace.stores.annotate(
        product_count=Count(
            "products", filter=~Q(products__status=Product.Status.DELETED), distinct=True
        ),
        last_sync=Max("sync_runs__finished_at", filter=Q(sync_runs__state=SyncRun.State.DONE)),
    ).order_by("name")
    return render(request, "stores/list.html", {"stores": stores})


@member(Role.VIEWER)
@require_safe
def detail(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One store: its state, its sync, what the access allows, its automations."""
    store = mine(request.workspace.stores.all(), pk)
    context = {
        "store": store,
        "run": _latest_run(store),
        "products": store.products.exclude(status=Product.Status.DELETED).count(),
        "rights": _rights(store),
        "api": f"{settings.PUBLIC_URL}/api/v1",
        "missing": store.capabilities.get("missing", []),
        "automations": store.automations.select_related("preset").order_by("created_at"),
    }
    return render(request, "stores/store.html", context)


def _rights(store: Store) -> list[tuple[str, bool]]:
    named = (
        ("read_products", "Read your products"),
        ("write_images", "Change product galleries"),
        ("upload_bytes", "Upload images directly"),
        ("delete_images", "Remove our own images again"),
        ("webhooks", "Be told when a product changes"),
    )
    return [(words, bool(store.capabilities.get(key))) for key, words in named]


def _latest_run(store: Store) -> SyncRun | None:
    return store.sync_runs.order_by("-id").first()


@member(Role.EDITOR)
@require_POST
def sync(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Read the catalog again."""
    store = mine(request.workspace.stores.all(), pk)
    kind = SyncRun.Kind.CHANGES if request.POST.get("kind") == "changes" else SyncRun.Kind.FULL
    act(request, do=lambda: catalog.request_sync(store, kind=kind), done="The sync has begun.")
    return redirect("store", store.pk)


@member(Role.VIEWER)
@require_safe
def sync_live(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """The sync's progress."""
    store = mine(request.workspace.stores.all(), pk)
    run = _latest_run(store)
    finished = run is None or run.state not in SyncRun.ACTIVE
    return live(request, "stores/_sync.html", {"store": store, "run": run}, finished=finished)


@member(Role.EDITOR)
@require_POST
def answer(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Say whether many vanished products may be removed here too."""
    run = mine(SyncRun.objects.filter(store__workspace=request.workspace), pk)
    is_delete = request.POST.get("answer") == "delete"
    done = "They will be removed here." if is_delete else "Nothing was removed."
    act(request, do=lambda: catalog.answer(run, delete=is_delete), done=done)
    return redirect("store", run.store_id)


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask first, then forget the store's keys."""
    store = mine(request.workspace.stores.all(), pk)
    if store.pushes:  # nothing connects it but its own program
        return redirect("store", store.pk)
    if request.method != "POST":
        return render(request, "stores/disconnect.html", {"store": store})
    if act(request, do=lambda: connections.disconnect(store), done=f"{store} is disconnected."):
        by_person(request, "store.disconnected", store)
    return redirect("stores")
