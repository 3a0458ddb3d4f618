"""Custom stores: made here with an address and a name; their own program does the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from generation.views.common import render
from integrations import custom
from integrations.contract import PlatformError
from integrations.models import Store
from integrations.models.stores import WriteMode
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role
from productviz.lib.http import OutboundError, check_url

_MODES = (WriteMode.PULL, WriteMode.NONE)


class CustomStoreForm(forms.Form):
    """What there is to say of a store that nobody here calls."""

    name = forms.CharField(label="Name", max_length=200, help_text="As you call the store")
    base_url = forms.CharField(
        label="Store address",
        max_length=500,
        help_text="Where its shoppers go, such as https://shop.example.com. Nobody calls it.",
    )
    write_mode = forms.ChoiceField(
        label="Finished images", choices=[(mode.value, mode.label) for mode in _MODES]
    )

    def clean_base_url(self) -> str:
        """The address, with https where none is given."""
        text: str = self.cleaned_data["base_url"].strip()
        address = text if "://" in text else f"https://{text}"
        try:
            check_url(address)
        except OutboundError as error:
            raise forms.ValidationError(str(error)) from error
        return address


@member(Role.EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: WorkspaceRequest) -> HttpResponse:
    """Make a custom store; its page says what to do next."""
    form = CustomStoreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        store = _made(request, form)
        if store is not None:
            return redirect("store", store.pk)
    return render(request, "stores/custom.html", {"form": form})


def _made(request: WorkspaceRequest, form: CustomStoreForm) -> Store | None:
    asked: dict[str, Any] = form.cleaned_data
    try:
        return custom.create(request.workspace, **asked)
    except PlatformError as refusal:
        form.add_error("base_url", str(refusal))
        return None
