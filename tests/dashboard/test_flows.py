"""What the forms do to the rows: each action through its page's own address."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import Automation, Batch, Generation, Lane, Preset
from generation.views.presets import PresetForm
from integrations.models import Product, Publication, Store, SyncRun
from productviz.accounts.models import ApiKey, Membership, Role, User
from tests.dashboard.conftest import SignIn, Two
from tests.factories import make_user, make_workspace

POLL = {"HX-Request": "true"}
PRESET = {
    "name": "Summer", "background": "color", "color": "#aabbcc", "shadow": "contact",
    "strength": "80", "margin": "12", "anchor": "bottom", "width": "1000", "height": "1250",
    "format": "jpeg", "channel": "",
}  # fmt: skip


def texts(client: Client, url: str) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in client.get(url).context["messages"]]


def test_it_generates_one_image_for_a_waiting_person(two: Two, sign_in: SignIn) -> None:
    product = two.ours.products[3]
    preset, photo = two.ours.workspace.presets.get(name="Transparent"), product.images.all()[1]

    response = sign_in("editor").post(
        reverse("product_generate", args=[product.pk]),
        {"preset": preset.pk, "publish": "none", "source": photo.public_id},
    )

    made = product.generations.latest("id")
    assert response["Location"] == reverse("generation", args=[made.pk])
    assert (made.lane, made.publish, made.source) == (Lane.INTERACTIVE, "none", photo)
    assert made.requested_by == two.ours.users["editor"]


def test_it_says_why_a_product_without_photo_gets_no_image(two: Two, sign_in: SignIn) -> None:
    product, client = two.ours.products[17], sign_in("editor")
    preset = two.ours.workspace.presets.first()
    assert preset is not None

    client.post(
        reverse("product_generate", args=[product.pk]), {"preset": preset.pk, "publish": "none"}
    )

    assert "has no photograph of its own" in texts(client, reverse("product", args=[product.pk]))[0]
    assert not product.generations.exists()


def test_it_counts_the_images_before_a_batch(two: Two, sign_in: SignIn) -> None:
    asked = {"store": two.ours.store.public_id, "all": "1"}

    page = sign_in("editor").get(reverse("batch_new"), asked)
    whole = sign_in("editor").get(reverse("batch_new"), {**asked, "variants": "1"})

    assert (page.context["chosen"], page.context["images"], page.context["variants"]) == (18, 16, 2)
    assert whole.context["images"] == 18


def test_it_counts_only_what_the_filter_found(two: Two, sign_in: SignIn) -> None:
    asked = {"store": two.ours.store.public_id, "all": "1", "q": "mug"}

    page = sign_in("editor").get(reverse("batch_new"), asked)

    assert page.context["images"] == 3


def test_it_starts_a_batch_of_the_chosen_products(two: Two, sign_in: SignIn) -> None:
    products = two.ours.products[3:5]
    preset = two.ours.workspace.presets.get(name="Brand colour")

    response = sign_in("editor").post(
        reverse("batch_new"),
        {
            "store": two.ours.store.public_id,
            "product": [product.public_id for product in products],
            "preset": preset.pk,
            "publish": "auto",
        },
    )

    batch = Batch.objects.latest("id")
    assert response["Location"] == reverse("batch", args=[batch.pk])
    assert {row.product_id for row in batch.generations.all()} == {one.pk for one in products}
    assert {row.publish for row in batch.generations.all()} == {"auto"}


@pytest.mark.parametrize(
    ("name", "state"), [("batch_pause", "paused"), ("batch_cancel", "canceled")]
)
def test_it_stops_a_batch(name: str, state: str, two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None

    sign_in("editor").post(reverse(name, args=[two.ours.batch.pk]))

    assert Batch.objects.get(pk=two.ours.batch.pk).state == state


def test_it_goes_on_with_a_paused_batch(two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None
    Batch.objects.filter(pk=two.ours.batch.pk).update(state=Batch.State.PAUSED)

    sign_in("editor").post(reverse("batch_resume", args=[two.ours.batch.pk]))

    assert Batch.objects.get(pk=two.ours.batch.pk).state == "running"


def test_it_undoes_a_batch_only_after_asking(two: Two, sign_in: SignIn) -> None:
    assert two.ours.batch is not None
    client, url = sign_in("editor"), reverse("batch_undo", args=[two.ours.batch.pk])
    published = two.ours.publications["published"]

    asked = client.get(url)
    before = Publication.objects.get(pk=published.pk).state
    client.post(url)

    assert b"Undo the whole batch?" in asked.content
    assert before == "published"
    assert Publication.objects.get(pk=published.pk).state == "rolling_back"


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("generation_approve", "awaiting_review", "processing"),
        ("generation_reject", "awaiting_review", "rejected"),
        ("generation_cancel", "queued", "canceled"),
        ("generation_retry", "failed", "queued"),
    ],
)
def test_it_decides_about_a_generation(
    name: str, start: str, end: str, two: Two, sign_in: SignIn
) -> None:
    generation = two.ours.generations[start]

    sign_in("editor").post(reverse(name, args=[generation.pk]))

    assert Generation.objects.get(pk=generation.pk).status == end


def test_it_says_when_a_decision_comes_too_late(two: Two, sign_in: SignIn) -> None:
    generation, client = two.ours.generations["succeeded"], sign_in("reviewer")

    client.post(reverse("generation_approve", args=[generation.pk]))

    page = reverse("generation", args=[generation.pk])
    assert texts(client, page) == ["This image is “done” by now."]
    assert Generation.objects.get(pk=generation.pk).status == "succeeded"


def test_it_publishes_a_finished_image(two: Two, sign_in: SignIn) -> None:
    generation = two.ours.generations["succeeded"]

    sign_in("editor").post(reverse("generation_publish", args=[generation.pk]))

    publication = Publication.objects.get(generation=generation)
    assert (publication.state, publication.approved_by) == ("queued", two.ours.users["editor"])


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("publication_approve", "pending_approval", "queued"),
        ("publication_cancel", "pending_approval", "canceled"),
        ("publication_retry", "failed", "queued"),
        ("publication_undo", "published", "rolling_back"),
        ("publication_undo", "rollback_failed", "rolling_back"),
    ],
)
def test_it_decides_about_a_publication(
    name: str, start: str, end: str, two: Two, sign_in: SignIn
) -> None:
    publication = two.ours.publications[start]

    sign_in("editor").post(reverse(name, args=[publication.pk]))

    found = Publication.objects.get(pk=publication.pk)
    assert (found.state, found.force) == (end, False)


@pytest.mark.parametrize(
    ("name", "start", "extra"),
    [
        ("publication_retry", "conflict", {"overwrite": "1"}),
        ("publication_undo", "rollback_failed", {"force": "1"}),
    ],
)
def test_it_writes_over_changes_only_when_told_to(
    name: str, start: str, extra: dict[str, str], two: Two, sign_in: SignIn
) -> None:
    publication = two.ours.publications[start]

    sign_in("editor").post(reverse(name, args=[publication.pk]), extra)

    assert Publication.objects.get(pk=publication.pk).force is True


def test_it_makes_a_preset_from_a_merchants_words(two: Two, sign_in: SignIn) -> None:
    sign_in("editor").post(reverse("preset_new"), PRESET)

    spec = Preset.objects.get(workspace=two.ours.workspace, name="Summer").latest.parsed()
    assert (spec.background.color, spec.shadow.strength, spec.composition.margin) == (
        "#aabbcc",
        0.8,
        0.12,
    )
    assert [(one.name, one.width, one.height) for one in spec.outputs] == [
        ("main", 1000, 1250),
        ("thumbnail", 320, 400),
    ]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"background": "transparent"}, "format", "cannot be transparent"),
        ({"channel": "amazon.main"}, "channel", "pure white background"),
        ({"color": "red"}, "color", "valid value"),
        ({"width": "9999"}, "width", "4096"),
        ({"name": "Transparent"}, "name", "called “Transparent” already"),
        ({"margin": "90"}, "margin", "40"),
    ],
)
def test_it_shows_each_preset_problem_at_its_field(
    change: dict[str, str], field: str, words: str, two: Two, sign_in: SignIn
) -> None:
    response = sign_in("editor").post(reverse("preset_new"), {**PRESET, **change})

    form: PresetForm = response.context["form"]
    assert words in str(form.errors.get(field, form.errors.get("__all__", "")))
    assert not Preset.objects.filter(name="Summer").exists()


def test_it_changes_a_preset_by_a_new_version(two: Two, sign_in: SignIn) -> None:
    preset = two.ours.workspace.presets.get(name="White background")
    client, url = sign_in("editor"), reverse("preset", args=[preset.pk])
    shown = client.get(url).context["form"].initial

    client.post(url, {**shown, "margin": "20"})
    client.post(url, {**shown, "margin": "20"})

    numbers = list(preset.versions.order_by("number").values_list("number", flat=True))
    assert numbers == [1, 2]
    assert preset.latest.parsed().composition.margin == 0.2


def test_it_puts_a_preset_away_with_its_automations(two: Two, sign_in: SignIn) -> None:
    automation, client = two.ours.automation, sign_in("editor")
    assert automation is not None

    client.post(reverse("preset_archive", args=[automation.preset_id]))

    assert Automation.objects.get(pk=automation.pk).enabled is False
    assert client.get(reverse("preset", args=[automation.preset_id])).status_code == 404


def test_it_begins_a_sync_and_answers_its_question(two: Two, sign_in: SignIn) -> None:
    client, run = sign_in("editor"), two.ours.sync
    assert run is not None

    client.post(reverse("store_sync", args=[two.ours.store.pk]), {"kind": "changes"})
    client.post(reverse("sync_answer", args=[run.pk]), {"answer": "keep"})

    assert two.ours.store.sync_runs.latest("id").state == "queued"
    assert SyncRun.objects.get(pk=run.pk).state != "asking"


def test_it_adds_switches_and_removes_an_automation(two: Two, sign_in: SignIn) -> None:
    client, store = sign_in("editor"), two.ours.store
    preset = two.ours.workspace.presets.get(name="Transparent")

    for _ in range(2):
        client.post(
            reverse("automation_new", args=[store.pk]), {"preset": preset.pk, "publish": "approval"}
        )
    made = store.automations.get(preset=preset)
    client.post(reverse("automation_switch", args=[made.pk]))
    is_off = not Automation.objects.get(pk=made.pk).enabled
    client.post(reverse("automation_remove", args=[made.pk]))

    assert is_off
    assert not store.automations.filter(preset=preset).exists()


def test_it_disconnects_a_store_only_after_asking(two: Two, sign_in: SignIn) -> None:
    outlet = two.ours.workspace.stores.get(name="Outlet")
    Store.objects.filter(pk=outlet.pk).update(credentials={})
    client, url = sign_in("editor"), reverse("store_disconnect", args=[outlet.pk])

    client.get(url)
    before = Store.objects.get(pk=outlet.pk).status
    client.post(url)

    assert (before, Store.objects.get(pk=outlet.pk).status) == ("degraded", "disconnected")


@pytest.mark.parametrize("route", ["wc-auth", "keys", "pasted-password"])
def test_it_says_why_a_store_cannot_be_connected(route: str, two: Two, sign_in: SignIn) -> None:
    asked = {
        "platform": "woocommerce", "base_url": "http://127.0.0.1:9/", "route": route, "pasted": "1",
        "consumer_key": "ck_1", "consumer_secret": "cs_1", "username": "me", "password": "abcd",
    }  # fmt: skip

    page = sign_in("editor").post(reverse("store_connect"), asked)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert not Store.objects.filter(base_url__contains="127.0.0.1").exists()


def test_it_asks_for_what_a_pasted_route_needs(two: Two, sign_in: SignIn) -> None:
    asked = {"platform": "woocommerce", "base_url": "https://shop.example", "route": "keys"}

    page = sign_in("editor").post(reverse("store_connect"), asked)

    assert b"Consumer secret" in page.content
    assert not page.context["form"].errors


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
    assert not Membership.objects.filter(pk=membership.pk).exists()


def test_it_shows_a_new_key_once_and_revokes_it(two: Two, sign_in: SignIn) -> None:
    client = sign_in("owner")

    page = client.post(reverse("key_add"), {"name": "Import", "scopes": ["products:read"]})
    text = page.context["new_key_text"]
    later = client.get(reverse("members"))
    key = ApiKey.objects.get(name="Import")
    client.post(reverse("key_revoke", args=[key.pk]))

    assert text.encode() in page.content
    assert text.encode() not in later.content
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None


def test_it_finds_products_by_words_and_states(two: Two, sign_in: SignIn) -> None:
    client = sign_in("viewer")

    def found(**asked: str) -> set[str]:
        page = client.get(reverse("products"), {"store": two.ours.store.public_id, **asked})
        return {product.external_id for product in page.context["page"]}

    assert found(q="ar-013") == {"113"}
    assert found(q="100%") == set()
    assert found(status="draft") == {"116"}
    assert found(made="none") == {"113", "114", "115", "116", "117"}
    assert found(made="failed") == {"109"}
    assert len(found()) == Product.objects.filter(store=two.ours.store, parent=None).count()


@pytest.mark.parametrize(
    ("name", "row", "status"),
    [
        ("generation_live", "processing", 200),
        ("generation_live", "succeeded", 286),
        ("publication_live", "in_progress", 200),
        ("publication_live", "published", 286),
    ],
)
def test_it_ends_polling_when_nothing_changes_any_more(
    name: str, row: str, status: int, two: Two, sign_in: SignIn
) -> None:
    rows = two.ours.generations if name.startswith("generation") else two.ours.publications
    url, client = reverse(name, args=[rows[row].pk]), sign_in("viewer")

    assert client.get(url, headers=POLL).status_code == status
    assert client.get(url).status_code == 200


def test_it_polls_fast_only_while_there_is_work(two: Two, sign_in: SignIn) -> None:
    client = sign_in("viewer")

    busy = client.get(reverse("stages_live"))
    two.ours.workspace.generations.update(status="succeeded")
    idle = client.get(reverse("stages_live"))

    assert b"every 2s" in busy.content
    assert b"every 15s" in idle.content


def test_it_counts_the_promises_from_the_tables(two: Two, sign_in: SignIn) -> None:
    shown = sign_in("viewer").get(reverse("home")).context

    assert [promise.figure for promise in shown["promises"]] == [11, 0, 1, 1, 3]
    assert len(shown["needs"]) == 7


def test_it_guides_an_empty_workspace(db: None) -> None:
    client = Client()
    client.force_login(make_user(make_workspace()))

    names = ("home", "stores", "products", "generations", "batches", "presets", "publications")
    empty = {name: client.get(reverse(name)) for name in names}

    assert {response.status_code for response in empty.values()} == {200}
    assert b"Connect a store" in empty["home"].content
    assert b"Make the first preset" in empty["presets"].content
