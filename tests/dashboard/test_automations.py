"""The automations' pages: look first, switch on, change, resume; and what they show."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from generation import automations
from generation.models import Automation, Generation, HeldChange, Preset
from integrations.models import Product
from tests.dashboard.conftest import SignIn, Two
from tests.factories import make_generation

FILLED = {
    "trigger": "product.created",
    "status": "active",
    "tags": "summer, sale",
    "category": "Home > Kitchen",
    "publish": "approval",
    "quiet_minutes": "15",
    "product_limit": "3",
    "daily_limit": "50",
}


def presets(two: Two, *names: str) -> list[Preset]:
    return [two.ours.workspace.presets.get(name=name) for name in names]


def filled(two: Two, *names: str, **fields: Any) -> dict[str, Any]:
    chosen = [str(preset.pk) for preset in presets(two, *names)]
    return {**FILLED, "store": two.ours.store.public_id, "presets": chosen, **fields}


def test_it_switches_on_one_automation_a_preset(two: Two, sign_in: SignIn) -> None:
    names = ("Transparent", "Brand colour", "Family")
    response = sign_in("editor").post(reverse("automation_new"), filled(two, *names))
    assert response.status_code == 302
    made = two.ours.store.automations.filter(preset__name__in=names)
    assert made.count() == 3
    for row in made:
        assert row.trigger == "product.created"
        assert row.filters == {
            "status": ["active"], "tags": ["summer", "sale"], "category": "Home > Kitchen",
        }  # fmt: skip
        assert (row.debounce_seconds, row.product_limit, row.daily_limit) == (900, 3, 50)
        assert (row.publish, row.enabled) == ("approval", True)


def test_looking_shows_what_each_would_do_and_saves_nothing(two: Two, sign_in: SignIn) -> None:
    changed = two.ours.products[:14]
    Product.objects.filter(pk__in=[one.pk for one in changed]).update(
        inputs_changed_at=timezone.now()
    )
    before = Automation.objects.count()
    asked = filled(two, "Transparent", "Brand colour", look="1", tags="", category="")
    asked["trigger"] = "product.inputs_changed"
    page = sign_in("editor").post(reverse("automation_new"), asked).content.decode()
    assert page.count("<strong>14</strong> products, about <strong>2</strong> images a day") == 2
    assert page.count(" checked") == 3, "two presets and what happens then stay chosen"
    assert Automation.objects.count() == before


def test_looking_says_what_would_stop_it(two: Two, sign_in: SignIn) -> None:
    Product.objects.filter(store=two.ours.store).update(inputs_changed_at=timezone.now())
    asked = filled(two, "Transparent", look="1", tags="", category="", daily_limit="1")
    asked["trigger"] = "product.inputs_changed"
    page = sign_in("editor").post(reverse("automation_new"), asked).content.decode()
    assert "It would pause after 1 images" in page


def test_a_preset_that_has_one_already_is_named_and_the_others_are_added(
    two: Two, sign_in: SignIn
) -> None:
    assert two.ours.automation is not None
    client = sign_in("editor")
    client.post(reverse("automation_new"), filled(two, "White background", "Transparent"))
    page = client.get(reverse("automations")).content.decode()
    assert "“White background” has an automation in" in page
    assert two.ours.store.automations.filter(preset__name="Transparent").exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"presets": []}, "Choose one or more of your presets."),
        ({"quiet_minutes": "-1"}, "greater than or equal to 0"),
        ({"product_limit": "0"}, "greater than or equal to 1"),
        ({"trigger": "nonsense"}, "not one of the available choices"),
        ({"tags": ",".join(str(n) for n in range(21))}, "at most 20 tags"),
    ],
)
def test_it_says_what_is_wrong(
    two: Two, sign_in: SignIn, fields: dict[str, Any], words: str
) -> None:
    response = sign_in("editor").post(
        reverse("automation_new"), filled(two, "Transparent", **fields)
    )
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not two.ours.store.automations.filter(preset__name="Transparent").exists()


def test_it_asks_for_tags_and_categories_only_where_the_store_has_them(
    two: Two, sign_in: SignIn
) -> None:
    client, url = sign_in("editor"), reverse("automation_new")
    asked = f"{url}?store={two.ours.store.public_id}"
    assert client.get(asked).content.count(b'name="tags"') == 1
    Product.objects.filter(store=two.ours.store).update(tags=[], category_path="")
    page = client.get(asked).content
    assert (page.count(b'name="tags"'), page.count(b'name="category"')) == (0, 0)


def test_a_preset_or_a_store_of_strangers_is_not_taken(two: Two, sign_in: SignIn) -> None:
    theirs = two.theirs.workspace.presets.first()
    assert theirs is not None
    client = sign_in("editor")
    client.post(reverse("automation_new"), filled(two, presets=[str(theirs.pk)]))
    assert not two.ours.store.automations.filter(preset=theirs).exists()
    foreign = filled(two, "Transparent", store=two.theirs.store.public_id)
    assert client.post(reverse("automation_new"), foreign).status_code == 404


def test_the_list_shows_what_was_made_and_what_waits(two: Two, sign_in: SignIn) -> None:
    automation = two.ours.automation
    assert automation is not None
    for product in two.ours.products[:3]:
        make_generation(product, preset=automation.preset, automation=automation)
    Generation.objects.filter(automation=automation, product=two.ours.products[0]).update(
        status="canceled"
    )
    automations.hold(automation, [one.pk for one in two.ours.products[3:8]])
    page = sign_in("viewer").get(reverse("automations")).content.decode()
    assert "2 made in 24 hours · 5 waiting" in page
    assert "after 10 quiet minutes, 2 a product, 200 a day" in page


def test_it_changes_one_and_keeps_what_only_the_api_sets(two: Two, sign_in: SignIn) -> None:
    automation = two.ours.automation
    assert automation is not None
    Automation.objects.filter(pk=automation.pk).update(filters={"has_images": True})
    url = reverse("automation", args=[automation.pk])
    client = sign_in("editor")
    assert b"What it does" in client.get(url).content
    asked = {**FILLED, "product_limit": "", "publish": "none"}
    assert client.post(url, asked).status_code == 302
    automation.refresh_from_db()
    assert automation.filters["has_images"] is True
    assert automation.filters["category"] == "Home > Kitchen"
    assert (automation.product_limit, automation.publish) == (None, "none")
    page = client.get(url).content.decode()
    assert 'value="summer, sale"' in page
    assert 'value="15"' in page


def test_it_switches_off_and_on_and_removes(two: Two, sign_in: SignIn) -> None:
    automation, client = two.ours.automation, sign_in("editor")
    assert automation is not None
    switch, before = reverse("automation_switch", args=[automation.pk]), automation.swept_at
    client.post(switch)
    assert not Automation.objects.get(pk=automation.pk).enabled
    client.post(switch)
    automation.refresh_from_db()
    assert automation.enabled
    assert automation.swept_at > before, "what changed while it was off starts nothing"
    client.post(reverse("automation_remove", args=[automation.pk]))
    assert not Automation.objects.filter(pk=automation.pk).exists()


def test_a_paused_one_says_why_and_resumes_with_what_it_held(two: Two, sign_in: SignIn) -> None:
    automation, client = two.ours.automation, sign_in("editor")
    assert automation is not None
    Automation.objects.filter(pk=automation.pk).update(
        paused_at=timezone.now(), pause_reason="412 of 530 products changed.", debounce_seconds=0
    )
    automation.refresh_from_db()
    automations.hold(automation, [two.ours.products[0].pk])
    for url in (reverse("automations"), reverse("automation", args=[automation.pk])):
        page = client.get(url).content.decode()
        assert "412 of 530 products changed." in page
        assert "Resume" in page
    client.post(reverse("automation_resume", args=[automation.pk]))
    automations.start_due()
    assert automation.generations.count() == 1
    assert not HeldChange.objects.exists()


def test_texts_of_merchants_are_escaped(two: Two, sign_in: SignIn) -> None:
    automation = two.ours.automation
    assert automation is not None
    evil = "<script>alert(1)</script>"
    Automation.objects.filter(pk=automation.pk).update(filters={"tags": [evil], "category": evil})
    client = sign_in("editor")
    for url in (reverse("automations"), reverse("automation", args=[automation.pk])):
        page = client.get(url).content.decode()
        assert evil not in page
        assert "&lt;script&gt;" in page
