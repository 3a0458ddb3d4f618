"""Activity: what happened in the workspace, the newest first."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from generation.views.common import page_of, render
from productviz.accounts.access import WorkspaceRequest, member
from productviz.accounts.models import Role


@member(Role.VIEWER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """The events of the workspace."""
    page = page_of(request, request.workspace.events.order_by("-id"), 60)
    return render(request, "activity.html", {"page": page})
