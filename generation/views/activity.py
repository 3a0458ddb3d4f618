"""Activity: what happened in the workspace, the newest first."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from generation.views.common import page_of, render
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role

PAGE = 60
_OF_MANY = Q(type__startswith="product.") | Q(type__startswith="image.")


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """The events of the workspace, each with the product that it is about."""
    # A sync tells of every product and image; here it is one line.
    rows = request.workspace.events.exclude(_OF_MANY).order_by("-id")
    page = page_of(request, rows, PAGE)
    generations = request.workspace.generations.filter(pk__in=[event.object_id for event in page])
    titles = dict(generations.values_list("pk", "product__title"))
    lines = [(event, titles.get(event.object_id, "")) for event in page]
    return render(request, "activity.html", {"page": page, "lines": lines})
