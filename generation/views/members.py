"""Members of a workspace: an owner's page; and the switch between workspaces."""

from __future__ import annotations

import uuid

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from generation.views.common import mine, render
from productviz.accounts.access import SESSION_KEY, WorkspaceRequest, member
from productviz.accounts.models import Membership, Role, User, Workspace
from productviz.api.audit import by_person
from productviz.lib.ids import parse_public_id


class MemberForm(forms.Form):
    """Who joins, and what they may do."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.EDITOR)

    def clean_email(self) -> str:
        """In lower case, and by the rules for every account."""
        return str(get_adapter().clean_email(self.cleaned_data["email"].lower()))


@member(Role.OWNER)
@require_safe
def index(request: WorkspaceRequest) -> HttpResponse:
    """Everybody in the workspace."""
    return _page(request)


def _page(request: WorkspaceRequest, **extra: object) -> HttpResponse:
    context = {
        "members": request.workspace.memberships.select_related("user").order_by("id"),
        "roles": Role.choices,
        "member_form": MemberForm(),
        **extra,
    }
    return render(request, "members.html", context)


@member(Role.OWNER)
@require_POST
def add(request: WorkspaceRequest) -> HttpResponse:
    """Add a person; a new one gets a link, shown once, to choose a password."""
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, member_form=form)
    email = form.cleaned_data["email"]
    with transaction.atomic():
        user = User.objects.filter(email=email).first()
        is_new = user is None
        user = user or User.objects.create_user(email)
        _, joined = Membership.objects.get_or_create(
            workspace=request.workspace, user=user, defaults={"role": form.cleaned_data["role"]}
        )
    if not joined:
        form.add_error("email", f"{email} is a member already.")
        return _page(request, member_form=form)
    by_person(request, "member.added", email=email, role=form.cleaned_data["role"])
    # Only an account made here gets a link: one to an existing account would hand it over.
    invitation = _password_link(user) if is_new else ""
    return _page(request, joined=user, invitation=invitation)


def _password_link(user: User) -> str:
    parts = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return f"{settings.PUBLIC_URL}{reverse('account_reset_password_from_key', kwargs=parts)}"


def _other_owners(request: WorkspaceRequest, membership: Membership) -> bool:
    owners = request.workspace.memberships.filter(role=Role.OWNER)
    return owners.exclude(pk=membership.pk).exists()


@member(Role.OWNER)
@require_POST
def change_role(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Give a member another role; one owner always stays."""
    membership = mine(request.workspace.memberships.all(), pk)
    role = request.POST.get("role", "")
    if role not in Role.values:
        messages.error(request, "Choose one of the four roles.")
    elif role != Role.OWNER and not _other_owners(request, membership):
        messages.error(request, "A workspace needs an owner. Make somebody else owner first.")
    else:
        membership.role = role
        membership.save(update_fields=["role"])
        by_person(request, "member.role_changed", email=membership.user.email, role=role)
        messages.success(
            request, f"{membership.user} is {membership.get_role_display().lower()} now."
        )
    return redirect("members")


@member(Role.OWNER)
@require_POST
def remove(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Take a member out; their API keys stop working at once."""
    membership = mine(request.workspace.memberships.all(), pk)
    if not _other_owners(request, membership):
        messages.error(request, "A workspace needs an owner. Make somebody else owner first.")
        return redirect("members")
    membership.delete()
    by_person(request, "member.removed", email=membership.user.email)
    messages.success(request, f"{membership.user} can no longer see this workspace.")
    return redirect("members")


@member(Role.VIEWER)
@require_POST
def switch_workspace(request: WorkspaceRequest) -> HttpResponse:
    """Act in another of one's own workspaces."""
    pk = parse_public_id(Workspace.PREFIX, request.POST.get("workspace", ""))
    chosen = mine(Workspace.objects.filter(memberships__user=request.user), pk or uuid.UUID(int=0))
    request.session[SESSION_KEY] = str(chosen.pk)
    return redirect("home")
