"""API keys: an owner makes, rolls and revokes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from productviz.accounts.keys import SCOPES
from productviz.accounts.models import ApiKey, AuditEntry
from productviz.accounts.scopes import WORDS
from tests.api.caller import Caller
from tests.dashboard.conftest import SignIn, Two

WANTED: dict[str, Any] = {"name": "Import", "scopes": ["products:read"]}


def test_it_explains_every_scope(two: Two, sign_in: SignIn) -> None:
    page = sign_in("owner").get(reverse("keys")).content.decode()

    assert set(WORDS) == SCOPES
    assert all(scope in page and words in page for scope, words in WORDS.items())


def test_it_shows_a_new_key_once_and_revokes_it(two: Two, sign_in: SignIn) -> None:
    client = sign_in("owner")

    page = client.post(reverse("key_add"), WANTED)
    text = page.context["new_key_text"]
    later = client.get(reverse("keys"))
    key = ApiKey.objects.get(name="Import")
    client.post(reverse("key_revoke", args=[key.pk]))

    assert text.encode() in page.content
    assert text.encode() not in later.content
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None
    assert list(
        AuditEntry.objects.filter(object_id=key.public_id)
        .order_by("pk")
        .values_list("action", flat=True)
    ) == ["key.created", "key.revoked"]


def test_it_narrows_a_key(two: Two, sign_in: SignIn) -> None:
    wanted = {
        **WANTED,
        "is_test": "on",
        "stores": [str(two.ours.store.pk)],
        "days": "30",
        "networks": "203.0.113.7\n2001:db8::/32",
    }

    text = sign_in("owner").post(reverse("key_add"), wanted).context["new_key_text"]
    key = ApiKey.objects.get(name="Import")

    assert text.startswith("pk_test_")
    assert (key.is_test, key.stores) == (True, [str(two.ours.store.pk)])
    assert key.allowed_cidrs == ["203.0.113.7/32", "2001:db8::/32"]
    assert key.expires_at is not None
    assert timedelta(days=29) < key.expires_at - timezone.now() < timedelta(days=31)


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": []}, {"scopes": ["root"]}, {"name": ""}, {"networks": "10.0.0.1/8"},
     {"networks": "home"}, {"networks": "10.0.0.1 " * 51}, {"days": "-1"}],
)  # fmt: skip
def test_it_makes_no_key_of_nonsense(wrong: dict[str, Any], two: Two, sign_in: SignIn) -> None:
    page = sign_in("owner").post(reverse("key_add"), {**WANTED, **wrong})

    assert page.context["form"].errors.keys() == wrong.keys()
    assert not ApiKey.objects.filter(name="Import").exists()


def test_it_limits_no_key_to_another_workspaces_store(two: Two, sign_in: SignIn) -> None:
    wanted = {**WANTED, "stores": [str(two.theirs.store.pk)]}

    page = sign_in("owner").post(reverse("key_add"), wanted)

    assert "stores" in page.context["form"].errors


def test_it_rolls_a_key_and_lets_the_old_one_work_for_a_day(two: Two, sign_in: SignIn) -> None:
    client, caller = sign_in("owner"), Caller(two.ours.workspace)

    page = client.post(reverse("key_roll", args=[caller.key.pk]))
    before = caller.get("/me")[1]["key"]
    caller.text = page.context["new_key_text"]

    assert before["expires_at"] is not None
    assert caller.get("/me")[1]["scopes"] == sorted(SCOPES)
    assert caller.get("/me")[1]["key"]["id"] != before["id"]
