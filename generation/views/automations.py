"""Automations: the list over all stores, a new one with what it would do, one to change."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation import automations
from generation.models import Automation, Generation, HeldChange, Preset, PublishMode
from generation.preset_words import obstacle
from generation.triggers import Filter
from generation.views.common import back, mine, render
from generation.views.products import chosen_store
from integrations.models import Store
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role

DAY = timedelta(hours=24)
_STATUSES = (
    ("", "Active products and drafts"),
    ("active", "Active products"),
    ("draft", "Drafts"),
)


class ProductsForm(forms.Form):
    """Which products of a store: the part that automations and schedules share."""

    status = forms.ChoiceField(label="Products", choices=_STATUSES, required=False)
    tags = forms.CharField(
        required=False, max_length=500, help_text="One of these, with commas between them."
    )
    category = forms.CharField(
        required=False, max_length=500, help_text="As your store writes it, from the top."
    )

    def leave_out_unknown(self, store: Store, kept: dict[str, Any]) -> None:
        """Do not ask for what the store tells nothing about: nothing would ever pass."""
        products = store.products.all()
        if not kept.get("tags") and not products.exclude(tags=[]).exists():
            del self.fields["tags"]
        if not kept.get("category") and not products.exclude(category_path="").exists():
            del self.fields["category"]

    def clean_tags(self) -> list[str]:
        """The tags as a list."""
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def clean(self) -> dict[str, Any]:
        """Refuse what a filter refuses, in its words."""
        given = super().clean() or {}
        try:
            self.narrowed(given)
        except ValueError as reason:
            raise forms.ValidationError(str(reason)) from reason
        return given

    def narrowed(self, given: dict[str, Any]) -> Filter:
        """The filter that was filled in."""
        status = given.get("status")
        facts = {"tags": given.get("tags", []), "category": given.get("category", "")}
        return Filter.from_json({**facts, "status": [status] if status else []})

    @staticmethod
    def filled(kept: dict[str, Any]) -> dict[str, Any]:
        """What the fields show for a filter that was kept."""
        narrowed = Filter(tuple(kept.get("status", ())), tuple(kept.get("tags", ())))
        return {
            "status": narrowed.status[0] if len(narrowed.status) == 1 else "",
            "tags": ", ".join(narrowed.tags),
            "category": kept.get("category", ""),
        }


class AutomationForm(ProductsForm):
    """When it starts, for which products, and how much it may make."""

    trigger = forms.ChoiceField(label="When", choices=Automation.Trigger.choices)
    publish = forms.ChoiceField(choices=PublishMode.choices, initial=PublishMode.APPROVAL)
    quiet_minutes = forms.IntegerField(
        label="Minutes without a change",
        min_value=0,
        max_value=24 * 60,
        initial=10,
        help_text="A product is often saved several times in a row. It is waited for until it has"
        " been quiet for so long, and has one image then.",
    )
    product_limit = forms.IntegerField(
        label="Images a product in 24 hours",
        min_value=1,
        max_value=1000,
        initial=2,
        required=False,
        help_text="A product that changes more often waits until the next day.",
    )
    daily_limit = forms.IntegerField(
        label="Images in 24 hours",
        min_value=1,
        max_value=1_000_000,
        initial=200,
        required=False,
        help_text="After these it pauses and asks.",
    )

    field_order = ("trigger", "status", "tags", "category")

    def __init__(self, automation: Automation, data: QueryDict | None) -> None:
        is_new = automation._state.adding
        super().__init__(data, initial=None if is_new else _kept(automation))
        self.leave_out_unknown(automation.store, automation.filters)

    def apply(self, automation: Automation) -> Automation:
        """Put what was filled in into the row; saves nothing."""
        given = self.cleaned_data
        kept = {"has_images": automation.filters.get("has_images")}
        narrowed = {**self.narrowed(given).to_json(), **kept}
        automation.trigger, automation.publish = given["trigger"], given["publish"]
        automation.filters = Filter.from_json(narrowed).to_json()
        automation.debounce_seconds = given["quiet_minutes"] * 60
        automation.product_limit = given["product_limit"]
        automation.daily_limit = given["daily_limit"]
        return automation


FILLED_IN = ("trigger", "publish", "filters", "debounce_seconds", "product_limit", "daily_limit")


def _kept(automation: Automation) -> dict[str, Any]:
    return {
        **ProductsForm.filled(automation.filters),
        "trigger": automation.trigger,
        "publish": automation.publish,
        "quiet_minutes": automation.debounce_seconds // 60,
        "product_limit": automation.product_limit,
        "daily_limit": automation.daily_limit,
    }


class NewForm(AutomationForm):
    """A new automation; of several presets, one each."""

    presets: forms.ModelMultipleChoiceField[Preset] = forms.ModelMultipleChoiceField(
        queryset=Preset.objects.none(),
        error_messages={"required": "Choose one or more of your presets."},
    )

    def __init__(self, store: Store, data: QueryDict | None) -> None:
        super().__init__(Automation(store=store), data)
        presets = store.workspace.presets.filter(archived_at=None).order_by("name")
        self.fields["presets"].queryset = presets  # type: ignore[attr-defined]

    def clean_presets(self) -> list[Preset]:
        """Refuse presets that this installation cannot run now, with the reason."""
        presets: list[Preset] = list(self.cleaned_data["presets"])
        reasons = [obstacle(preset.latest.parsed()) for preset in presets]
        if any(reasons):
            raise forms.ValidationError([reason for reason in reasons if reason])
        return presets

    def wanted(self, store: Store) -> list[Automation]:
        """One row a preset, not saved."""
        presets = self.cleaned_data["presets"]
        return [self.apply(Automation(store=store, preset=preset)) for preset in presets]


def with_counts(rows: QuerySet[Automation]) -> QuerySet[Automation]:
    """Automations with ``made``, their images of 24 hours, and ``waiting``, the products held."""
    made = Generation.objects.filter(
        automation=OuterRef("pk"), created_at__gt=timezone.now() - DAY
    ).exclude(status=Generation.Status.CANCELED)
    held = HeldChange.objects.filter(automation=OuterRef("pk"))
    return rows.annotate(made=_count(made), waiting=_count(held))


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("automation").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _automations(request: WorkspaceRequest) -> QuerySet[Automation]:
    rows = Automation.objects.filter(store__workspace=request.workspace)
    return rows.select_related("store", "preset")


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All automations of the workspace, by store."""
    rows = with_counts(_automations(request)).order_by("store__name", "created_at")
    by_store: dict[Store, list[Automation]] = {}
    for row in rows:
        by_store.setdefault(row.store, []).append(row)
    context = {"by_store": by_store.items(), "has_stores": request.workspace.stores.exists()}
    return render(request, "automations/list.html", context)


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Fill in, look what it would do, switch on."""
    given = request.POST if request.method == "POST" else request.GET
    store = chosen_store(request, given.get("store", ""))
    if store is None:
        return redirect("store_connect")
    form = NewForm(store, request.POST if request.method == "POST" else None)
    wanted = form.wanted(store) if form.is_bound and form.is_valid() else []
    if wanted and "look" not in request.POST and _add(request, wanted):
        return redirect("automations")
    context = {
        "form": form,
        "store": store,
        "stores": request.workspace.stores.order_by("name"),
        "presets": form.fields["presets"].queryset,  # type: ignore[attr-defined]
        "chosen": request.POST.getlist("presets"),
        "modes": PublishMode.choices,
        "looks": [(row, automations.simulate(row)) for row in wanted],
    }
    return render(request, "automations/new.html", context)


def _add(request: WorkspaceRequest, wanted: Iterable[Automation]) -> bool:
    """Save each; False if none was new."""
    added = [row for row in wanted if _saved(request, row)]
    if added:
        names = ", ".join(f"“{row.preset}”" for row in added)
        messages.success(request, f"Switched on: {names} for changes from now on.")
    return bool(added)


def _saved(request: WorkspaceRequest, row: Automation) -> bool:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        messages.error(request, f"“{row.preset}” has an automation in {row.store} already.")
        return False
    return True


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One automation: what it would do, and its settings."""
    automation = mine(with_counts(_automations(request)), pk)
    form = AutomationForm(automation, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        form.apply(automation).save(update_fields=FILLED_IN)  # a fuse may trip at this moment
        messages.success(request, "Saved. What waits now follows the new settings, too.")
        return redirect("automation", automation.pk)
    context = {
        "automation": automation,
        "form": form,
        "modes": PublishMode.choices,
        "look": automations.simulate(mine(_automations(request), pk)),
    }
    return render(request, "automations/automation.html", context)


@member(Role.EDITOR)
@require_POST
def switch(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Turn an automation on or off."""
    automation = mine(_automations(request), pk)
    on = not automation.enabled
    automations.switch(automation, on=on)
    words = "on, for changes from now on" if on else "off"
    messages.success(request, f"The automation is {words}.")
    return back(request, "automations")


@member(Role.EDITOR)
@require_POST
def resume(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Let an automation that paused itself go on."""
    automation = mine(_automations(request), pk)
    automations.resume(automation)
    messages.success(request, "It goes on, with what changed meanwhile as well.")
    return back(request, "automations")


@member(Role.EDITOR)
@require_POST
def remove(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an automation away; what it made stays."""
    automation: Model = mine(_automations(request), pk)
    automation.delete()
    messages.success(request, "The automation is removed. Its images stay.")
    return back(request, "automations")
