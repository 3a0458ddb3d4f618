"""People in the dashboard: made of words, changed, put away, and what may be a portrait."""

from __future__ import annotations

import pytest
from django.urls import reverse

from generation import people
from generation.assets import references
from generation.keys import original_key
from generation.models import Person
from productviz.accounts.models import AuditEntry
from tests.dashboard.conftest import SignIn, Two
from tests.dashboard.rows import make_worn

SCRIPT = "<script>alert(1)</script>"


def test_it_makes_changes_and_puts_away_a_person(two: Two, sign_in: SignIn) -> None:
    client, asset = sign_in("editor"), make_worn(two.ours)
    words = {"name": f"Ida {SCRIPT}", "description": f"A man of fifty {SCRIPT}"}

    client.post(reverse("person_new"), {**words, "portrait": asset.public_id})
    made = Person.objects.get(name=words["name"])
    shown = client.get(reverse("people")).content.decode()
    client.post(reverse("person_change", args=[made.pk]), {"name": "Ivo", "portrait": "keep"})
    made.refresh_from_db()
    kept = made.portrait
    client.post(reverse("person_change", args=[made.pk]), {"name": "Ivo", "portrait": ""})
    client.post(reverse("person_archive", args=[made.pk]))

    made.refresh_from_db()
    noted = AuditEntry.objects.filter(action="person.changed", object_id=made.public_id)
    assert [one.detail for one in noted.order_by("id")] == [
        {"name": "Ivo", "changed": ["name"]},
        {"name": "Ivo", "changed": ["portrait"]},
    ]
    assert SCRIPT not in shown
    assert "Portrait of Ida &lt;script&gt;" in shown
    assert (kept, made.portrait) == (asset.main.sha256, "")
    assert made.name == "Ivo"
    assert made.archived_at is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"description": "A nude woman"}, "nude"),
        ({"description": "A girl of 12 years"}, "girl"),
        ({"name": "Ada"}, "called “Ada” already"),
        ({"description": "x" * 10_000}, "600"),
        ({"description": "short\u202ehair"}, "control characters"),
    ],
)
def test_it_refuses_a_person_with_a_sentence(
    change: dict[str, str], words: str, two: Two, sign_in: SignIn
) -> None:
    before = two.ours.workspace.people.count()

    answer = sign_in("editor").post(
        reverse("person_new"), {"name": "Ida", "description": "A woman of forty", **change}
    )

    assert words in str(answer.context["form"].errors)
    assert two.ours.workspace.people.count() == before


def test_it_offers_pictures_of_virtual_models_alone_for_a_portrait(
    two: Two, sign_in: SignIn
) -> None:
    client, packshot = sign_in("editor"), two.ours.generations["succeeded"].asset
    assert packshot is not None
    offered = f'value="{packshot.public_id}"'

    before = client.get(reverse("person_new")).content.decode()
    make_worn(two.ours)
    after = client.get(reverse("person_new")).content.decode()

    assert offered not in before
    assert offered in after


def test_a_person_keeps_the_name_where_none_is_sent(two: Two, sign_in: SignIn) -> None:
    person = two.ours.person
    assert person is not None

    answers = [
        sign_in("editor").post(reverse("person_change", args=[person.pk]), wish, follow=True)
        for wish in ({}, {"name": ""}, {"name": "  "})
    ]

    person.refresh_from_db()
    assert person.name == "Ada"
    assert all("Give the person a name." in one.content.decode() for one in answers)


def test_it_takes_no_portrait_of_another_workspace(two: Two, sign_in: SignIn) -> None:
    asset, person = two.theirs.generations["succeeded"].asset, two.ours.person
    assert asset is not None
    assert person is not None
    client = sign_in("editor")

    made = client.post(
        reverse("person_new"),
        {"name": "Ida", "description": "A woman of forty", "portrait": asset.public_id},
    )
    changed = client.post(
        reverse("person_change", args=[person.pk]), {"name": "Ada", "portrait": asset.public_id}
    )

    assert (made.status_code, changed.status_code) == (404, 404)


def test_a_portrait_is_not_swept_away(two: Two) -> None:
    asset = make_worn(two.ours)
    person = people.create(
        two.ours.workspace, name="Ivy", description="A woman of sixty", portrait=asset
    )
    key = original_key(two.ours.workspace.pk, person.portrait)

    named = references.judge("originals", [key])
    people.change(person, portrait=None)

    assert named == {key: False}
    assert references.judge("originals", [key]) == {key: True}
