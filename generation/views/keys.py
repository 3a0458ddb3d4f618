"""API keys: an owner's page to make, roll and revoke them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from generation.views.common import mine, render
from productviz.accounts import keys, scopes
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import ApiKey, Role, Workspace
from productviz.api.audit import by_person

GRACE = timedelta(hours=24)
_LIFETIMES = (("", "Until you revoke it"), ("30", "30 days"), ("90", "90 days"), ("365", "A year"))
_MOST_NETWORKS = 50


class KeyForm(forms.Form):
    """What a key may do, where, from where, and for how long."""

    name = forms.CharField(label="Name", max_length=100, help_text="Such as “Nightly import”")
    scopes = forms.MultipleChoiceField(
        label="May", choices=list(scopes.WORDS.items()), widget=forms.CheckboxSelectMultiple
    )
    is_test = forms.BooleanField(label="Test key", required=False)
    stores = forms.MultipleChoiceField(
        label="Only in these stores", required=False, widget=forms.CheckboxSelectMultiple
    )
    days = forms.ChoiceField(label="Works", choices=_LIFETIMES, required=False)
    networks = forms.CharField(
        label="Only from these networks",
        required=False,
        max_length=2000,
        help_text="One a line, such as 203.0.113.7 or 203.0.113.0/24; empty for anywhere",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(store.pk), store.name) for store in workspace.stores.order_by("name")]
        self.fields["stores"].choices = choices  # type: ignore[attr-defined]

    def clean_networks(self) -> list[str]:
        """Each line as a network."""
        lines = self.cleaned_data["networks"].split()
        if len(lines) > _MOST_NETWORKS:
            raise forms.ValidationError(f"At most {_MOST_NETWORKS} networks, please.")
        try:
            return [str(ip_network(line)) for line in lines]
        except ValueError as error:
            raise forms.ValidationError(f"{error}.") from error

    def limits(self) -> dict[str, Any]:
        """What narrows the key, as its columns."""
        days = self.cleaned_data["days"]
        return {
            "is_test": self.cleaned_data["is_test"],
            "stores": self.cleaned_data["stores"],
            "allowed_cidrs": self.cleaned_data["networks"],
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
        }


@member(Role.OWNER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """Every key of the workspace, and the form for a new one."""
    return _page(request)


def _page(request: WorkspaceRequest, **extra: object) -> HttpResponse:
    rows = list(request.workspace.api_keys.select_related("created_by").order_by("-id"))
    names = {str(store.pk): store.name for store in request.workspace.stores.all()}
    now = timezone.now()
    for key in rows:
        key.store_names = [names[pk] for pk in key.stores if pk in names]  # type: ignore[attr-defined]
        key.is_over = bool(key.expires_at and key.expires_at <= now)  # type: ignore[attr-defined]
    context = {"keys": rows, "form": KeyForm(request.workspace), **extra}
    return render(request, "keys.html", context)


@member(Role.OWNER)
@require_POST
def add(request: WorkspaceRequest) -> HttpResponse:
    """Make a key and show its text this once."""
    form = KeyForm(request.workspace, request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    key, text = keys.make_key(
        request.workspace,
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        created_by=request.user,
        **form.limits(),
    )
    by_person(request, "key.created", key, name=key.name, scopes=key.scopes)
    return _page(request, new_key=key, new_key_text=text)


def _live(request: WorkspaceRequest, pk: uuid.UUID) -> ApiKey:
    return mine(request.workspace.api_keys.filter(revoked_at=None), pk)


@member(Role.OWNER)
@require_POST
def roll(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Make a key that may do the same; the old one works on for a day."""
    key = _live(request, pk)
    made, text = keys.roll(key, grace=GRACE)
    by_person(request, "key.rolled", key, successor=made.public_id)
    return _page(request, new_key=made, new_key_text=text, rolled=key)


@member(Role.OWNER)
@require_POST
def revoke(request: WorkspaceRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop a key at once."""
    key = _live(request, pk)
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    by_person(request, "key.revoked", key, name=key.name)
    messages.success(request, f"The key “{key.name}” no longer works.")
    return redirect("keys")
