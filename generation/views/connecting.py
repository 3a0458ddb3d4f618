"""The connect wizard: which store, by which route, and what that route needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from generation.views.common import render
from integrations import connect as connections
from integrations.models import Store
from integrations.models.stores import Platform
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.api.audit import by_person


@dataclass(frozen=True, slots=True)
class Route:
    """One way to connect; ``consents`` says that the store's own page does the rest."""

    key: str
    name: str
    words: str
    consents: bool


ROUTES = (
    Route(
        "wc-auth",
        "One click",
        "Your store asks you to approve ProductViz and sends us a key of our own."
        " You need to be signed in to your store as an administrator.",
        True,
    ),
    Route(
        "application-password",
        "Application password",
        "WordPress asks you to approve ProductViz and gives us a password of our own."
        " It also lets us upload images directly and remove them again after an undo.",
        True,
    ),
    Route(
        "pasted-password",
        "Paste an application password",
        "For stores that cannot send you back here: you make the password in your WordPress"
        " profile and paste it.",
        False,
    ),
    Route(
        "keys",
        "Paste keys",
        "You make a REST API key with read and write permission in WooCommerce’s settings"
        " and paste its two parts.",
        False,
    ),
)


class AddressForm(forms.Form):
    """Which store, and by which route."""

    platform = forms.ChoiceField(choices=[(Platform.WOOCOMMERCE, Platform.WOOCOMMERCE.label)])
    base_url = forms.URLField(
        label="Store address",
        assume_scheme="https",
        max_length=500,
        help_text="The address that shoppers type, such as https://shop.example.com",
    )
    route = forms.ChoiceField(
        label="How to connect", choices=[(route.key, route.name) for route in ROUTES]
    )


class KeysForm(AddressForm):
    """What "paste keys" needs."""

    consumer_key = forms.CharField(
        label="Consumer key", max_length=200, help_text="Begins with ck_"
    )
    consumer_secret = forms.CharField(
        label="Consumer secret",
        max_length=200,
        help_text="Begins with cs_",
        widget=forms.PasswordInput,
    )


class PasswordForm(AddressForm):
    """What "paste an application password" needs."""

    username = forms.CharField(label="WordPress user name", max_length=200)
    password = forms.CharField(
        label="Application password",
        max_length=200,
        help_text="The groups of four letters, with or without spaces",
        widget=forms.PasswordInput,
    )


_FORMS: dict[str, type[AddressForm]] = {"keys": KeysForm, "pasted-password": PasswordForm}


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: WorkspaceRequest) -> HttpResponse:
    """First the address and the route; then the store's own page, or what there is to paste."""
    if request.method != "POST":
        known = {name: request.GET[name] for name in ("base_url", "route") if name in request.GET}
        return _choose(request, AddressForm(initial={"route": ROUTES[0].key, **known}))
    address = AddressForm(request.POST)
    if not address.is_valid():
        return _choose(request, address)
    route = address.cleaned_data["route"]
    if route not in _FORMS:
        return _ask_store(request, address)
    if "pasted" not in request.POST:
        return _paste(request, _FORMS[route](initial=address.cleaned_data))
    form = _FORMS[route](request.POST)
    return _connect(request, form) if form.is_valid() else _paste(request, form)


def _choose(request: WorkspaceRequest, form: AddressForm) -> HttpResponse:
    context = {
        "form": form,
        "routes": ROUTES,
        "has_shopify_app": settings.SHOPIFY_APP.is_set_up,
    }
    return render(request, "stores/connect.html", context)


def _paste(request: WorkspaceRequest, form: AddressForm) -> HttpResponse:
    address = str(form["base_url"].value())
    return render(request, "stores/paste.html", {"form": form, "host": urlsplit(address).netloc})


def _who(request: WorkspaceRequest, form: AddressForm) -> dict[str, Any]:
    return {
        "workspace": request.workspace,
        "user": request.user,
        "platform": form.cleaned_data["platform"],
        "base_url": form.cleaned_data["base_url"],
    }


def _ask_store(request: WorkspaceRequest, form: AddressForm) -> HttpResponse:
    """A link and not a redirect: the page's CSP keeps forms from ending at another host."""
    if request.session.session_key is None:
        request.session.save()
    try:
        target = connections.begin(
            **_who(request, form),
            route=form.cleaned_data["route"],
            session_key=request.session.session_key or "",
        )
    except connections.CannotConnect as refusal:
        form.add_error("base_url", str(refusal))
        return _choose(request, form)
    host = urlsplit(target).netloc
    return render(request, "stores/connect_continue.html", {"target": target, "host": host})


def _connect(request: WorkspaceRequest, form: AddressForm) -> HttpResponse:
    try:
        store = _connect_now(request, form)
    except connections.CannotConnect as refusal:
        form.add_error(None, str(refusal))
        return _paste(request, form)
    by_person(request, "store.connected", store, base_url=store.base_url)
    messages.success(request, f"{store} is connected. The first sync has begun.")
    return redirect("store", store.pk)


def _connect_now(request: WorkspaceRequest, form: AddressForm) -> Store:
    asked, who = form.cleaned_data, _who(request, form)
    if asked["route"] == "keys":
        return connections.connect_with_keys(
            **who, consumer_key=asked["consumer_key"], consumer_secret=asked["consumer_secret"]
        )
    return connections.connect_with_application_password(
        **who, username=asked["username"], password=asked["password"]
    )
