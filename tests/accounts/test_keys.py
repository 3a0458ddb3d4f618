"""API keys: shown once, refused for every fault in the same words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from productviz.accounts.keys import find_key, make_key
from productviz.accounts.models import ApiKey, Membership, Role
from tests.factories import make_user, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> tuple[ApiKey, str]:
    workspace = make_workspace()
    return make_key(
        workspace, name="Shop", scopes=["products:read"], created_by=make_user(workspace)
    )


def ask(text: str) -> tuple[int, dict[str, object]]:
    """GET /api/v1/me with a bearer token."""
    answer = Client().get("/api/v1/me", headers={"authorization": f"Bearer {text}"})
    return answer.status_code, answer.json()


def test_it_lets_a_key_in_and_says_whose_it_is(key: tuple[ApiKey, str]) -> None:
    row, text = key

    status, answer = ask(text)

    assert status == 200
    assert answer["scopes"] == ["products:read"]
    assert answer["workspace"] == {"id": row.workspace.public_id, "name": row.workspace.name}


def test_it_keeps_no_secret(key: tuple[ApiKey, str]) -> None:
    row, text = key
    secret = text.split("_", 3)[3][:43]

    stored = [str(value) for value in ApiKey.objects.filter(pk=row.pk).values_list()[0]]

    assert not any(secret in value for value in stored)


def faults(row: ApiKey, text: str) -> dict[str, str]:
    """Ways to be wrong, by name."""
    swapped = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
    return {
        "nothing": "",
        "a word": "hello",
        "one letter changed": swapped,
        "without its checksum": text[:-7],
        "another key's id": text.replace(row.key_id, "ABCDEFGH"),
    }


@pytest.mark.parametrize(
    "case",
    ["nothing", "a word", "one letter changed", "without its checksum", "another key's id"],
)
def test_it_refuses_what_is_not_a_key(key: tuple[ApiKey, str], case: str) -> None:
    status, _ = ask(faults(*key)[case])

    assert status == 401


def test_it_answers_every_bad_key_alike(key: tuple[ApiKey, str]) -> None:
    wrong = [ask(bad) for bad in faults(*key).values()]

    assert {status for status, _ in wrong} == {401}
    assert {str(said["code"]) for _, said in wrong} == {"unauthenticated"}


@pytest.mark.parametrize("case", ["revoked", "expired", "its maker left", "its maker was closed"])
def test_it_refuses_a_key_that_lives_no_more(key: tuple[ApiKey, str], case: str) -> None:
    row, text = key
    assert find_key(text) == (row, "")
    if case == "revoked":
        ApiKey.objects.update(revoked_at=timezone.now())
    elif case == "expired":
        ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif case == "its maker left":
        Membership.objects.all().delete()
    else:
        row.created_by.is_active = False
        row.created_by.save(update_fields=["is_active"])

    assert find_key(text)[1] in ("key_revoked", "key_expired")


def test_it_refuses_a_key_in_the_address_or_a_cookie(key: tuple[ApiKey, str]) -> None:
    client = Client()
    client.cookies["Authorization"] = f"Bearer {key[1]}"

    assert client.get("/api/v1/me").status_code == 401
    assert client.get("/api/v1/me", {"api_key": key[1]}).status_code == 400


def test_it_does_not_take_a_session_for_a_key(client: Client) -> None:
    client.force_login(make_user(make_workspace()))

    assert client.get("/api/v1/me").status_code == 401


def test_it_makes_no_key_with_a_scope_that_does_not_exist() -> None:
    workspace = make_workspace()
    with pytest.raises(ValueError, match="no scope galaxy:write"):
        make_key(workspace, name="x", scopes=["galaxy:write"], created_by=make_user(workspace))


def test_it_ranks_roles() -> None:
    workspace = make_workspace()
    reviewer = Membership.objects.get(user=make_user(workspace, Role.REVIEWER))

    assert [role for role in Role if reviewer.may(role)] == [Role.REVIEWER, Role.VIEWER]


def test_it_answers_ping_without_a_key(client: Client) -> None:
    assert client.get("/api/v1/ping").status_code == 204
