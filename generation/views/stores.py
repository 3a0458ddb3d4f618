"""Stores: the list, and one store with its sync, its rights and its automations."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import automations
from generation.models import Automation, Preset, PublishMode
from generation.views.common import act, live, mine, render
from integrations import catalog, connect as connections
from integrations.models import Product, Store, SyncRun
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role, Workspace


class AutomationForm(forms.Form):
    """When a product's inputs change in this store, generate with this preset."""

    preset: forms.ModelChoiceField[Preset] = forms.ModelChoiceField(
        queryset=Preset.objects.none(), empty_label=None
    )
    publish = forms.ChoiceField(choices=PublishMode.choices)

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        presets = workspace.presets.filter(archived_at=None).order_by("name")
        self.fields["preset"].queryset = presets  # type: ignore[attr-defined]


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
        "automation_form": AutomationForm(request.workspace),
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
    act(request, do=lambda: connections.disconnect(store), done=f"{store} is disconnected.")
    return redirect("stores")


@member(Role.EDITOR)
@require_POST
def automation_new(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Add an automation to a store."""
    store = mine(request.workspace.stores.all(), pk)
    form = AutomationForm(request.workspace, request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of your presets and what happens to the images.")
        return redirect("store", store.pk)
    try:
        with transaction.atomic():
            Automation.objects.create(store=store, **form.cleaned_data)
    except IntegrityError:
        messages.error(request, "This preset has an automation in this store already.")
    else:
        messages.success(request, "From now on, changed products get new images.")
    return redirect("store", store.pk)


def _automations(request: WorkspaceRequest) -> QuerySet[Automation]:
    return Automation.objects.filter(store__workspace=request.workspace)


@member(Role.EDITOR)
@require_POST
def automation_switch(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Turn an automation on or off."""
    automation = mine(_automations(request), pk)
    automation.enabled = not automation.enabled
    automation.save(update_fields=["enabled"])
    messages.success(request, f"The automation is {'on' if automation.enabled else 'off'}.")
    return redirect("store", automation.store_id)


@member(Role.EDITOR)
@require_POST
def automation_resume(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Let an automation that paused itself go on."""
    automation = mine(_automations(request), pk)
    automations.resume(automation)
    messages.success(request, "It goes on, in a few minutes also with what changed meanwhile.")
    return redirect("store", automation.store_id)


@member(Role.EDITOR)
@require_POST
def automation_remove(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an automation away; what it made stays."""
    automation = mine(_automations(request), pk)
    automation.delete()
    messages.success(request, "The automation is removed. Its images stay.")
    return redirect("store", automation.store_id)
