"""The pages of webhooks: a secret shown once, what each button does, and answers as text."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from productviz.outbox.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from productviz.outbox.pulse import pulses
from tests.dashboard.conftest import SignIn, Two

FORM = {"url": "https://new.example/hook", "event_types": ["batch.*", "generation.failed"]}


def messages(response: object) -> list[str]:
    return [str(message) for message in response.context["messages"]]  # type: ignore[attr-defined]


def test_it_adds_an_endpoint_and_shows_its_secret_once(two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    store = two.ours.store

    page = client.post(reverse("webhook_new"), {**FORM, "stores": [str(store.pk)]})

    row = two.ours.workspace.webhook_endpoints.get(url=FORM["url"])
    (shown,) = re.findall(r"whsec_[A-Za-z0-9+/=]{44}", page.content.decode())
    assert shown == row.secret
    assert page["Cache-Control"] == "no-store"
    assert (row.event_types, row.stores) == (["batch.*", "generation.failed"], [str(store.pk)])
    assert b"standardwebhooks" in page.content
    for name in ("webhook", "webhook_change"):
        assert b"whsec_" not in client.get(reverse(name, args=[row.pk])).content


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://169.254.169.254/"}, "private network"),
        ({"url": "gopher://x"}, "Only http:// and https://"),
        ({"event_types": []}, "Choose at least one kind of event."),
        ({"event_types": ["ping"]}, "Choose at least one kind of event."),
        ({"stores": ["nonsense"]}, "Select a valid choice."),
    ],
)
def test_it_says_what_is_wrong_and_keeps_what_was_typed(
    changes: dict[str, object], words: str, two: Two, sign_in: SignIn
) -> None:
    before = WebhookEndpoint.objects.count()

    page = sign_in("editor").post(reverse("webhook_new"), {**FORM, **changes})

    assert page.status_code == 200
    assert words in page.content.decode()
    assert f'value="{changes.get("url", FORM["url"])}"' in page.content.decode()
    assert WebhookEndpoint.objects.count() == before


def test_it_takes_no_store_of_another_workspace(two: Two, sign_in: SignIn) -> None:
    foreign = {"stores": [str(two.theirs.store.pk)]}

    page = sign_in("editor").post(reverse("webhook_new"), {**FORM, **foreign})

    assert b"Select a valid choice." in page.content
    assert not WebhookEndpoint.objects.filter(url=FORM["url"]).exists()


def test_it_changes_an_endpoint(two: Two, sign_in: SignIn) -> None:
    row = two.ours.endpoint
    assert row is not None
    client = sign_in("editor")
    shown = client.get(reverse("webhook_change", args=[row.pk])).content.decode()
    assert 'value="generation.*" checked' in shown
    assert 'value="batch.completed" checked' in shown

    answer = client.post(reverse("webhook_change", args=[row.pk]), {**FORM, "include_urls": "on"})

    assert answer["Location"] == reverse("webhook", args=[row.pk])
    now = WebhookEndpoint.objects.get(pk=row.pk)
    assert (now.url, now.include_urls, now.verified_at) == (FORM["url"], True, None)


def test_its_buttons_do_what_they_say(two: Two, sign_in: SignIn) -> None:
    row, delivery = two.ours.endpoint, two.ours.delivery
    assert row is not None
    assert delivery is not None
    client = sign_in("editor")

    def press(name: str, pk: object, **values: str) -> object:
        return client.post(reverse(name, args=[pk]), values, follow=True)

    assert "A ping is on its way" in messages(press("webhook_test", row.pk))[0]
    assert Event.objects.filter(type="ping", object_id=row.pk).count() == 2
    assert messages(press("webhook_recover", row.pk, hours="24")) == [
        "Given up since then and now sent again, in order: 1."
    ]
    assert messages(press("webhook_recover", row.pk, hours="x")) == ["Choose how far back to go."]
    press("webhook_redeliver", delivery.pk)
    assert Delivery.objects.get(pk=delivery.pk).state == "pending"
    rotated = press("webhook_rotate", row.pk).content.decode()  # type: ignore[attr-defined]
    assert WebhookEndpoint.objects.get(pk=row.pk).secret in rotated
    press("webhook_switch", row.pk)
    assert WebhookEndpoint.objects.get(pk=row.pk).status == "disabled"
    assert "Enable it first" in messages(press("webhook_redeliver", delivery.pk))[0]
    press("webhook_switch", row.pk)
    assert WebhookEndpoint.objects.get(pk=row.pk).status == "enabled"
    press("webhook_remove", row.pk)
    assert not WebhookEndpoint.objects.filter(pk=row.pk).exists()


def test_it_writes_down_who_did_what(two: Two, sign_in: SignIn) -> None:
    client = sign_in("editor")
    client.post(reverse("webhook_new"), FORM)
    row = two.ours.workspace.webhook_endpoints.get(url=FORM["url"])
    changed = {**FORM, "description": "For the web team"}

    client.post(reverse("webhook_change", args=[row.pk]), changed)
    for name in ("webhook_rotate", "webhook_switch", "webhook_remove"):
        client.post(reverse(name, args=[row.pk]))

    entries = two.ours.workspace.audit.filter(object_id=row.public_id).order_by("pk")
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("webhook_endpoint.created", {"url": FORM["url"]}),
        ("webhook_endpoint.changed", {"fields": ["description"]}),
        ("webhook_endpoint.secret_rotated", {}),
        ("webhook_endpoint.changed", {"fields": ["status"], "status": "disabled"}),
        ("webhook_endpoint.removed", {"url": FORM["url"]}),
    ]
    assert {entry.actor for entry in entries} == {str(two.ours.users["editor"])}


def test_it_shows_an_answer_as_text_alone(two: Two, sign_in: SignIn) -> None:
    delivery = two.ours.delivery
    assert delivery is not None
    DeliveryAttempt.objects.filter(delivery=delivery).update(
        answer="</pre><script>alert(1)</script>"
    )

    page = sign_in("viewer").get(reverse("webhook_delivery", args=[delivery.pk])).content.decode()

    assert "&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_it_counts_the_last_24_hours(two: Two, sign_in: SignIn) -> None:
    row = two.ours.endpoint
    assert row is not None

    pulse = pulses([row])[row.pk]

    assert (len(pulse.hours), pulse.good, pulse.bad) == (24, 17, 4)
    assert pulse.hours[-1].bad >= 3
    page = sign_in("viewer").get(reverse("webhooks")).content.decode()
    assert "Last 24 hours: 17 tries went well, 4 failed" in page


def test_a_viewer_is_offered_nothing_to_change(two: Two, sign_in: SignIn) -> None:
    row = two.ours.endpoint
    assert row is not None

    page = sign_in("viewer").get(reverse("webhook", args=[row.pk])).content.decode()

    for name in ("webhook_test", "webhook_rotate", "webhook_switch", "webhook_recover"):
        assert reverse(name, args=[row.pk]) not in page
