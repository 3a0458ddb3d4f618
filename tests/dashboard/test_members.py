"""Members: what an owner may do, and what nobody may."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from productviz.accounts.models import AuditEntry, Membership, Role, User
from tests.dashboard.conftest import SignIn, Two


def test_it_gives_a_new_member_a_link_once_and_an_old_one_none(two: Two, sign_in: SignIn) -> None:
    client = sign_in("owner")

    new = client.post(reverse("member_add"), {"email": "New@Example.com", "role": "editor"})
    known = client.post(
        reverse("member_add"), {"email": two.theirs.users["owner"].email, "role": "viewer"}
    )
    again = client.post(reverse("member_add"), {"email": "new@example.com", "role": "owner"})

    link = new.context["invitation"]
    assert "/accounts/password/reset/key/" in link
    assert known.context["invitation"] == ""
    assert "is a member already" in again.content.decode()
    assert Membership.objects.get(user__email="new@example.com").role == "editor"


def test_it_lets_a_new_member_choose_a_password_by_the_link(two: Two, sign_in: SignIn) -> None:
    page = sign_in("owner").post(
        reverse("member_add"), {"email": "new@example.com", "role": "editor"}
    )
    link, client = page.context["invitation"].removeprefix("http://127.0.0.1:8000"), Client()

    form = client.get(link, follow=True)
    client.post(
        form.request["PATH_INFO"], {"password1": "a long new one", "password2": "a long new one"}
    )

    assert User.objects.get(email="new@example.com").check_password("a long new one")
    assert b"This link is used up" in Client().get(link, follow=True).content


def test_it_keeps_an_owner_in_every_workspace(two: Two, sign_in: SignIn) -> None:
    client = sign_in("owner")
    membership = two.ours.workspace.memberships.get(role=Role.OWNER)

    client.post(reverse("member_role", args=[membership.pk]), {"role": "viewer"})
    client.post(reverse("member_remove", args=[membership.pk]))

    assert Membership.objects.get(pk=membership.pk).role == "owner"


def test_it_changes_a_role_and_removes_a_member(two: Two, sign_in: SignIn) -> None:
    client, membership = sign_in("owner"), two.ours.membership
    assert membership is not None

    client.post(reverse("member_role", args=[membership.pk]), {"role": "reviewer"})
    role = Membership.objects.get(pk=membership.pk).role
    client.post(reverse("member_remove", args=[membership.pk]))

    assert role == "reviewer"
    written = AuditEntry.objects.filter(workspace=two.ours.workspace).order_by("pk")
    assert list(written.values_list("action", flat=True))[-2:] == [
        "member.role_changed",
        "member.removed",
    ]
    assert not Membership.objects.filter(pk=membership.pk).exists()
