"""What the pages share: rendering with the right image sources, doing a thing and saying so, pages.

Every query of a page starts from ``request.workspace``; ``mine`` is the one way to a row by id.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render as django_render
from django.utils.http import url_has_allowed_host_and_scheme

from generation.delivery.storefront import NotPublishable
from generation.intake.accept import Refused
from generation.presentation import Picture, allow_images
from generation.review import NotPossible
from integrations.contract import PlatformError
from productviz.accounts.access import WorkspaceRequest
from productviz.outbox.refusals import EndpointRefused

Row = TypeVar("Row", bound=Model)

PAGE_SIZE = 48
STOP_POLLING = 286  # htmx ends a poll on this status (htmx.org/docs/#load_polling)

# What a use case says when it cannot: always a sentence for the merchant.
REFUSALS = (NotPossible, NotPublishable, Refused, PlatformError, EndpointRefused)


def mine(rows: QuerySet[Row], pk: uuid.UUID | int) -> Row:
    """The row, from rows that already belong to the workspace; 404 for any other id."""
    return get_object_or_404(rows, pk=pk)


def render(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    pictures: Iterable[Picture | None] = (),
) -> HttpResponse:
    """A page that may load exactly the given pictures besides our own files."""
    response = django_render(request, template, context)
    allow_images(response, pictures)
    return response


def live(
    request: HttpRequest, template: str, context: dict[str, Any], *, finished: bool
) -> HttpResponse:
    """A part of a page for htmx; tells it to stop asking once nothing will change any more."""
    status = STOP_POLLING if finished and request.headers.get("HX-Request") else 200
    return django_render(request, template, context, status=status)


def act(request: WorkspaceRequest, *, do: Callable[[], object], done: str) -> bool:
    """Do it and say so, or say why it was not possible; True if it was done."""
    try:
        do()
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True


def back(request: HttpRequest, default: str, *args: object) -> HttpResponse:
    """To the page of ours that the form came from, else to the default page."""
    target = request.POST.get("next", "")
    if target and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return redirect(target)
    return redirect(default, *args)


def page_of(request: HttpRequest, rows: QuerySet[Row], size: int = PAGE_SIZE) -> Page[Row]:
    """The asked-for page; nonsense numbers give the nearest page there is."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
