"""Letters to owners, and the server that they go through."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import transaction

from productviz.accounts import mail
from productviz.accounts.models import PLATFORMS_MAIL, Role, User
from productviz.mail import MailServer, mail_settings
from tests.factories import make_user, make_workspace


def sent() -> list[Any]:
    """What went out, once the threads that send are through."""
    for thread in threading.enumerate():
        if thread.name == "letters":
            thread.join()
    return list(django_mail.outbox)


@pytest.mark.django_db(transaction=True)
def test_it_writes_to_each_owner_alone_and_to_nobody_else() -> None:
    workspace = make_workspace()
    owners = [make_user(workspace) for _ in range(2)]
    make_user(workspace, Role.EDITOR)
    make_user(make_workspace())
    left = make_user(workspace)
    User.objects.filter(pk=left.pk).update(is_active=False)
    platforms = make_user(workspace)
    User.objects.filter(pk=platforms.pk).update(email=f"shop@shopify{PLATFORMS_MAIL}")

    mail.to_owners(workspace, subject="News", text="Something happened.")

    letters = sent()
    assert sorted(letter.to for letter in letters) == sorted([owner.email] for owner in owners)
    assert {(letter.subject, letter.body) for letter in letters} == {
        ("News", "Something happened.")
    }


@pytest.mark.django_db(transaction=True)
def test_it_writes_nothing_of_what_did_not_happen() -> None:
    workspace = make_workspace()
    make_user(workspace)

    with transaction.atomic():
        mail.to_owners(workspace, subject="News", text="Something happened.")
        transaction.set_rollback(True)

    assert sent() == []


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_cannot_be_sent_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_workspace()
    first, second = make_user(workspace), make_user(workspace)
    send = django_mail.EmailMessage.send

    def picky(self: django_mail.EmailMessage, fail_silently: bool = False) -> int:
        if self.to == [first.email]:
            raise OSError("no route to host")
        return send(self, fail_silently)

    monkeypatch.setattr(django_mail.EmailMessage, "send", picky)

    mail.to_owners(workspace, subject="News", text="Something happened.")

    assert [letter.to for letter in sent()] == [[second.email]]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, is_starttls=True)),
        (
            "smtps://us%40er:p%2Fw@mail.example:466",
            MailServer("mail.example", 466, "us@er", "p/w", is_ssl=True),
        ),
        ("smtp+plain://10.0.0.5", MailServer("10.0.0.5", 25)),
    ],
)
def test_it_reads_a_mail_servers_address(url: str, server: MailServer) -> None:
    assert mail_settings(url) == ("django.core.mail.backends.smtp.EmailBackend", server)
    assert "p/w" not in repr(server)


def test_without_a_server_nothing_is_sent() -> None:
    assert mail_settings("")[0] == "django.core.mail.backends.dummy.EmailBackend"


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://"])
def test_it_refuses_what_is_no_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="PRODUCTVIZ_SMTP_URL must be like"):
        mail_settings(url)


@pytest.mark.django_db(transaction=True)
def test_a_name_of_several_lines_adds_no_header() -> None:
    workspace = make_workspace()
    owner = make_user(workspace)

    mail.to_owners(workspace, subject="About “Shop\r\nBcc: all@example.com”", text="News.")

    (letter,) = sent()
    assert letter.subject == "About “Shop Bcc: all@example.com”"
    assert letter.recipients() == [owner.email]
