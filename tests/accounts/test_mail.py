"""E-mail: where a server is set up, to owners alone, and never in the way of anything."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest
from django.core import mail as outgoing
from pytest_django import DjangoCaptureOnCommitCallbacks

from productviz import env
from productviz.accounts import mail
from productviz.accounts.models import Role
from tests.factories import make_user, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Any) -> None:
    """A mail server."""
    settings.EMAIL_HOST = "mail.example"


def test_it_tells_each_owner_alone(
    server: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    workspace = make_workspace()
    owners = {make_user(workspace).email, make_user(workspace).email}
    make_user(workspace, Role.EDITOR)
    gone, platforms = make_user(workspace), make_user(workspace)
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    platforms.email = "1@shop.invalid"
    platforms.save(update_fields=["email"])

    with django_capture_on_commit_callbacks(execute=True):
        mail.tell_owners(workspace, subject="Two\nlines", text="News.")

    assert {tuple(message.to) for message in outgoing.outbox} == {(one,) for one in owners}
    assert {message.subject for message in outgoing.outbox} == {"Two lines"}


def test_a_mail_that_fails_is_dropped_and_the_next_is_sent(
    server: None,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    workspace, tried = make_workspace(), []
    for _ in range(2):
        make_user(workspace)

    def refused(subject: str, text: str, sender: None, to: list[str]) -> None:
        tried.append(to)
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(mail, "send_mail", refused)
    with django_capture_on_commit_callbacks(execute=True):
        mail.tell_owners(workspace, subject="News", text="News.")
    assert len(tried) == 2


@pytest.mark.parametrize(
    ("url", "sender", "reason"),
    [
        ("mail.example", "images@shop.example", "PRODUCTVIZ_EMAIL_URL must look like"),
        ("http://mail.example", "images@shop.example", "PRODUCTVIZ_EMAIL_URL must look like"),
        ("smtp://mail.example", "", "PRODUCTVIZ_EMAIL_FROM must be the address"),
    ],
)
def test_a_mail_server_that_cannot_be_right_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, url: str, sender: str, reason: str
) -> None:
    monkeypatch.setenv("PRODUCTVIZ_EMAIL_URL", url)
    monkeypatch.setenv("PRODUCTVIZ_EMAIL_FROM", sender)
    with pytest.raises(SystemExit, match=reason):
        env.load_env()
