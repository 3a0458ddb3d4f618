"""Budgets: today's images against the limits, the last thirty days, and the limits themselves."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from generation import budgets
from generation.budget_figures import bars, last_days, standings
from generation.models import Batch
from generation.views.common import mine, render
from integrations.models import Store
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person
from productviz.lib.ids import parse_public_id

MOST = 10_000_000


class LimitForm(forms.Form):
    """A limit in images a day; empty lifts it."""

    daily_images = forms.IntegerField(min_value=0, max_value=MOST, required=False)


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """What today has used, what is left, and how the last days were."""
    days = last_days(request.workspace)
    context = {
        "standings": standings(request.workspace),
        "days": days,
        "bars": bars(days),
        "most": max(day.spent + day.reserved for day in days),
        "made": sum(day.spent for day in days),
        "reused": sum(day.reused for day in days),
        "waiting": request.workspace.batches.filter(pause_reason=Batch.Pause.BUDGET).order_by("id"),
    }
    return render(request, "budgets.html", context)


@member(Role.EDITOR)
@require_POST
def change(request: WorkspaceRequest) -> HttpResponse:
    """Set or lift the limit of the workspace or of one of its stores."""
    asked = request.POST.get("store", "")
    pk = parse_public_id(Store.PREFIX, asked)
    store = mine(request.workspace.stores.all(), pk or uuid.UUID(int=0)) if asked else None
    form = LimitForm(request.POST)
    if form.is_valid():
        limit: int | None = form.cleaned_data["daily_images"]
        budgets.set_limit(request.workspace, limit, store=store)
        by_person(request, "budget.changed", store or request.workspace, daily_images=limit)
        messages.success(request, _done(store, limit))
    else:
        messages.error(
            request, f"A limit is a whole number of images from 0 to {MOST:,}, or empty for none."
        )
    return redirect("budgets")


def _done(store: Store | None, limit: int | None) -> str:
    whose = f"“{store}”" if store else "The workspace"
    if limit is None:
        return f"{whose} has no limit of its own any more."
    return f"{whose} may make {limit:,} images a day."
