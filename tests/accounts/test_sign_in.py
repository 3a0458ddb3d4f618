"""The one door for people: what it tells strangers, and how often they may try."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import make_user, make_workspace

pytestmark = pytest.mark.django_db
WRONG = "this is not the password"


@pytest.fixture(autouse=True)
def _nobody_tried_yet() -> None:
    cache.clear()


def try_to_sign_in(email: str, password: str = WRONG, **headers: str) -> Any:
    form = {"login": email, "password": password}
    return Client().post("/accounts/login/", form, headers=headers or None)


def texts(page: Any, *emails: str) -> str:
    """The page without what differs at every request."""
    shown = page.content.decode()
    for email in emails:
        shown = shown.replace(email, "")
    return "\n".join(line for line in shown.splitlines() if "csrfmiddlewaretoken" not in line)


def test_it_tells_nobody_who_has_an_account() -> None:
    known, unknown = make_user(make_workspace()).email, "nobody@example.com"

    wrong = [try_to_sign_in(email) for email in (known, unknown)]
    asked = [Client().post("/accounts/password/reset/", {"email": e}) for e in (known, unknown)]

    assert [page.status_code for page in wrong] == [200, 200]
    assert texts(wrong[0], known) == texts(wrong[1], unknown)
    assert [page.status_code for page in asked] == [302, 302]
    assert asked[0]["Location"] == asked[1]["Location"]


def test_nobody_signs_up_by_themselves() -> None:
    known = make_user(make_workspace()).email
    form = {"password1": "a long new one", "password2": "a long new one"}

    shown = [
        Client().post("/accounts/signup/", {"email": email, **form})
        for email in (known, "new@example.com")
    ]

    assert texts(shown[0]) == texts(shown[1])
    assert b"password1" not in shown[0].content


def test_it_stops_who_guesses_a_password() -> None:
    user = make_user(make_workspace())
    user.set_password("correct horse battery")
    user.save(update_fields=["password"])
    for _ in range(5):
        assert try_to_sign_in(user.email).status_code == 200

    refused = try_to_sign_in(user.email, "correct horse battery")

    assert refused.status_code == 200
    assert b"Too many failed login attempts" in refused.content


def test_the_operators_pages_have_no_door_of_their_own() -> None:
    form = {"username": "operator@example.com", "password": WRONG, "next": "/admin/"}

    for answer in (Client().get("/admin/"), Client().post("/admin/login/", form)):
        assert answer.status_code == 302
        assert answer["Location"].startswith(("/admin/login/", "/accounts/login/"))
    assert Client().get("/admin/login/", follow=True).redirect_chain[0][0].startswith("/accounts/")
    member = Client()
    member.force_login(make_user(make_workspace()))
    assert member.get("/admin/login/").status_code == 403


def test_a_guesser_stops_nobody_else_behind_the_same_proxy(settings: Any) -> None:
    assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == settings.REST_FRAMEWORK["NUM_PROXIES"] == 0
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(12):
        try_to_sign_in(f"guess-{number}@example.com", **{"X-Forwarded-For": "203.0.113.9"})

    guesser = try_to_sign_in("again@example.com", **{"X-Forwarded-For": "203.0.113.9"})
    other = try_to_sign_in("somebody@example.com", **{"X-Forwarded-For": "198.51.100.7"})

    assert b"Too many failed login attempts" in guesser.content
    assert b"Too many failed login attempts" not in other.content
