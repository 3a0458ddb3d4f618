"""Webhooks: the endpoints of the workspace, how they do, and every try to reach them."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.views.common import act, mine, page_of, render
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role, Workspace
from productviz.api.audit import by_person
from productviz.outbox import endpoints
from productviz.outbox.endpoints import EndpointRefused
from productviz.outbox.message import body_of
from productviz.outbox.models import Delivery, WebhookEndpoint
from productviz.outbox.pulse import pulses
from productviz.outbox.wants import EVERYTHING, GROUPS, PATTERNS

PAGE = 50
_SINCE = {
    "1": "the last hour",
    "24": "the last 24 hours",
    "72": "the last 3 days",
    "168": "the last 7 days",
    "720": "the last 30 days",
}


class EndpointForm(forms.Form):
    """An address, and what it is told."""

    url = forms.CharField(
        label="Address",
        max_length=2048,
        help_text="Where your server takes the events, such as https://shop.example.com/hooks",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    description = forms.CharField(label="What it is for", max_length=200, required=False)
    event_types = forms.MultipleChoiceField(choices=[(name, name) for name in sorted(PATTERNS)])
    stores: forms.MultipleChoiceField = forms.MultipleChoiceField(
        label="Only of these stores", required=False, widget=forms.CheckboxSelectMultiple
    )
    include_urls = forms.BooleanField(required=False)

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = workspace.stores.order_by("name")
        self.fields["stores"].choices = [(str(row.pk), row.name) for row in rows]  # type: ignore[attr-defined]

    def groups(self) -> list[dict[str, object]]:
        """The event types by group, each with whether it is chosen."""
        chosen = set(self["event_types"].value() or ())
        return [
            {
                "whole": f"{group}.*",
                "is_whole": f"{group}.*" in chosen,
                "names": [(name, name in chosen) for name in names],
                "is_open": not chosen.isdisjoint(names),
            }
            for group, names in GROUPS.items()
        ]

    def wants_everything(self) -> bool:
        """Whether it is told everything."""
        return EVERYTHING in (self["event_types"].value() or ())


def _mine(request: WorkspaceRequest) -> QuerySet[WebhookEndpoint]:
    return request.workspace.webhook_endpoints.defer("secret", "old_secret")


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """All endpoints, with their last 24 hours."""
    rows = list(_mine(request).order_by("id"))
    found = pulses(rows)
    context = {"lines": [(row, found[row.pk]) for row in rows], "most": endpoints.MOST}
    return render(request, "webhooks/list.html", context)


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Add an endpoint; its secret is shown this once."""
    posted = request.POST if request.method == "POST" else None
    form = EndpointForm(request.workspace, posted, initial={"event_types": [EVERYTHING]})
    if posted is not None and form.is_valid():
        try:
            row, secret = endpoints.create(workspace=request.workspace, **form.cleaned_data)
        except EndpointRefused as refusal:
            form.add_error("url", refusal.message)
        else:
            by_person(request, "webhook_endpoint.created", row, url=row.url)
            return _show_secret(request, row, secret, "The endpoint is added.")
    return render(request, "webhooks/form.html", {"form": form})


def _show_secret(
    request: WorkspaceRequest, row: WebhookEndpoint, secret: str, done: str
) -> HttpResponse:
    context = {"endpoint": row, "secret": secret, "done": done}
    response = render(request, "webhooks/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Change an endpoint's address and what it is told."""
    row = mine(_mine(request), pk)
    names = ("url", "description", "event_types", "stores", "include_urls")
    initial = {name: getattr(row, name) for name in names}
    posted = request.POST if request.method == "POST" else None
    form = EndpointForm(request.workspace, posted, initial=initial)
    if posted is not None and form.is_valid():
        try:
            changed = [name for name in names if form.cleaned_data[name] != initial[name]]
            endpoints.change(row, **form.cleaned_data)
        except EndpointRefused as refusal:
            form.add_error("url", refusal.message)
        else:
            by_person(request, "webhook_endpoint.changed", row, fields=sorted(changed))
            messages.success(request, "The endpoint is changed.")
            return redirect("webhook", row.pk)
    return render(request, "webhooks/form.html", {"form": form, "endpoint": row})


@member(Role.VIEWER)
@require_safe
def detail(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One endpoint and its deliveries, the newest first."""
    row = mine(_mine(request), pk)
    wanted = request.GET.get("state", "")
    deliveries = row.deliveries.select_related("event").order_by("-id")
    if wanted in Delivery.State.values:
        deliveries = deliveries.filter(state=wanted)
    names = request.workspace.stores.filter(pk__in=row.stores).values_list("name", flat=True)
    context = {
        "endpoint": row,
        "pulse": pulses([row])[row.pk],
        "page": page_of(request, deliveries, PAGE),
        "tabs": [("", "All"), *Delivery.State.choices],
        "wanted": wanted,
        "stores": names,
        "since": _SINCE.items(),
    }
    return render(request, "webhooks/endpoint.html", context)


@member(Role.EDITOR)
@require_POST
def test(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Send a ping."""
    row = mine(_mine(request), pk)
    done = "A ping is on its way. Reload this page in a moment to see the answer."
    act(request, do=lambda: endpoints.send_test(row), done=done)
    return redirect("webhook", row.pk)


@member(Role.EDITOR)
@require_POST
def rotate(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Give it another secret, shown this once."""
    row = mine(_mine(request), pk)
    done = "For 24 hours both secrets sign. Put the new one into your server until then."
    secret = endpoints.rotate(row)
    by_person(request, "webhook_endpoint.secret_rotated", row)
    return _show_secret(request, row, secret, done)


@member(Role.EDITOR)
@require_POST
def switch(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Enable or disable it."""
    row = mine(_mine(request), pk)
    is_on = row.status == WebhookEndpoint.Status.ENABLED
    status = WebhookEndpoint.Status.DISABLED if is_on else WebhookEndpoint.Status.ENABLED
    done = "It gets nothing more." if is_on else "It gets events again."
    if act(request, do=lambda: endpoints.change(row, status=status), done=done):
        by_person(request, "webhook_endpoint.changed", row, fields=["status"], status=status)
    return redirect("webhook", row.pk)


@member(Role.EDITOR)
@require_POST
def recover(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Send again what was given up."""
    row = mine(_mine(request), pk)
    hours = request.POST.get("hours", "")
    if hours not in _SINCE:
        messages.error(request, "Choose how far back to go.")
        return redirect("webhook", row.pk)
    try:
        count = endpoints.recover(row, timezone.now() - timedelta(hours=int(hours)))
    except EndpointRefused as refusal:
        messages.error(request, refusal.message)
    else:
        by_person(request, "webhook_endpoint.recovered", row, deliveries=count)
        messages.success(request, f"Given up since then and now sent again, in order: {count}.")
    return redirect("webhook", row.pk)


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask first, then forget the endpoint."""
    row = mine(_mine(request), pk)
    if request.method != "POST":
        return render(request, "webhooks/remove.html", {"endpoint": row})
    if act(request, do=lambda: endpoints.remove(row), done="The endpoint is removed."):
        by_person(request, "webhook_endpoint.removed", row, url=row.url)
    return redirect("webhooks")


def _deliveries(request: WorkspaceRequest) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(endpoint__workspace=request.workspace)
    return rows.select_related("event", "endpoint").defer(
        "endpoint__secret", "endpoint__old_secret"
    )


@member(Role.VIEWER)
@require_safe
def delivery(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """One delivery: what was sent, and every answer."""
    row = mine(_deliveries(request), pk)
    body = json.dumps(json.loads(body_of(row.event)), indent=2, ensure_ascii=False)
    context = {
        "delivery": row,
        "endpoint": row.endpoint,
        "body": body,
        "tries": row.tries.order_by("-id"),
    }
    return render(request, "webhooks/delivery.html", context)


@member(Role.EDITOR)
@require_POST
def redeliver(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Send it once more."""
    row = mine(_deliveries(request), pk)
    done = "It is on its way again. Reload this page in a moment to see the answer."
    if act(request, do=lambda: endpoints.redeliver(row), done=done):
        by_person(request, "delivery.redelivered", row)
    return redirect("webhook_delivery", row.pk)
