"""From a signed-in person to the workspace they act in, and the check of their role."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, When
from django.http import HttpRequest, HttpResponseBase

from productviz.accounts.models import Membership, Role, User, Workspace

P = ParamSpec("P")
SESSION_KEY = "workspace"
NOWHERE = uuid.UUID(int=0)


class WorkspaceRequest(HttpRequest):
    """A request of a signed-in member; views behind ``member`` get this type."""

    user: User
    workspace: Workspace
    membership: Membership


View = Callable[Concatenate[WorkspaceRequest, P], HttpResponseBase]


def member(
    role: Role,
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Let only members with at least ``role`` in; sets ``request.workspace``. 403 otherwise."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @login_required
        @wraps(view)
        def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            membership = _membership(request)
            if membership is None or not membership.may(role):
                raise PermissionDenied(f"This needs the role {role.label.lower()} or higher.")
            scoped = cast("WorkspaceRequest", request)
            scoped.workspace, scoped.membership = membership.workspace, membership
            return view(scoped, *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", inner)

    return decorate


def bind(request: HttpRequest, membership: Membership) -> None:
    """Let the request act as this member; what vouches for it is not a session."""
    request.user = membership.user
    request.bound_membership = membership  # type: ignore[attr-defined]


def _membership(request: HttpRequest) -> Membership | None:
    bound: Membership | None = getattr(request, "bound_membership", None)
    if bound is not None:
        return bound
    mine = Membership.objects.filter(user=cast("User", request.user)).select_related("workspace")
    is_chosen = Q(workspace_id=request.session.get(SESSION_KEY) or NOWHERE)
    return mine.order_by(Case(When(is_chosen, then=0), default=1), "id").first()
