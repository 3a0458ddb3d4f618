"""What pages show: the right rows, figures from the tables, live parts that end, a first hint."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.consistency import consistency_of
from generation.models import Asset, Cutout, Generation, QualityReport
from integrations.models import Product
from productviz.health import check_reuse
from tests.dashboard.conftest import SignIn, Two
from tests.factories import make_user, make_workspace

POLL = {"HX-Request": "true"}


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
    assert len(shown["needs"]) == 8


def test_it_guides_an_empty_workspace(db: None) -> None:
    client = Client()
    client.force_login(make_user(make_workspace()))

    names = [
        *("home", "stores", "products", "generations", "batches", "presets", "publications"),
        *("automations", "schedules"),
    ]
    empty = {name: client.get(reverse(name)) for name in names}

    assert {response.status_code for response in empty.values()} == {200}
    assert b"Connect a store" in empty["home"].content
    assert b"Make the first preset" in empty["presets"].content


def _finished(two: Two) -> list[Generation]:
    assert two.ours.batch is not None
    return list(two.ours.batch.generations.filter(status="succeeded").order_by("id"))


def _note(generation: Generation, **values: float) -> None:
    """Put figures into a picture's report, in place of those of the same name."""
    report = QualityReport.objects.get(candidate__generation=generation)
    kept = [check for check in report.checks if check["name"] not in values]
    noted = [{"name": name, "value": value} for name, value in values.items()]
    report.checks = [*kept, *noted]
    report.save(update_fields=["checks"])


def _page(client: Client, two: Two) -> str:
    assert two.ours.batch is not None
    return client.get(reverse("batch", args=[two.ours.batch.pk])).content.decode()


def test_it_ticks_a_batch_whose_pictures_are_alike(two: Two, sign_in: SignIn) -> None:
    page = _page(sign_in("viewer"), two)

    assert "Consistency of the set" in page
    assert "All 8 finished images have the same background, light and size." in page


def test_it_shows_what_stands_out_and_why(two: Two, sign_in: SignIn) -> None:
    finished = _finished(two)
    for generation in finished:
        _note(generation, set_lightness=100.0, set_green_red=0.0, set_blue_yellow=0.0)
    _note(finished[2], set_lightness=96.0, fill=0.63)

    page = _page(sign_in("viewer"), two)
    section = page[page.index("Consistency of the set") : page.index("Contact sheet")]

    assert "1 of 8 finished images differs from the others." in section
    assert reverse("generation", args=[finished[2].pk]) in section
    assert finished[2].product.title in section
    assert "differs from the set&#x27;s by Delta E 4.0" in section
    assert "25% smaller than the set&#x27;s others" in section


def test_it_judges_a_picture_that_is_used_again_by_its_first_report(two: Two, db: None) -> None:
    first, again = _finished(two)[:2]
    again.candidates.all().delete()
    Generation.objects.filter(pk=again.pk).update(asset=first.asset, reused=True)

    assert two.ours.batch is not None
    found = consistency_of(two.ours.batch)

    assert found is not None
    assert (found.compared, found.outliers) == (8, ())


def test_it_says_nothing_of_fewer_than_three_pictures(two: Two, sign_in: SignIn) -> None:
    for generation in _finished(two)[2:]:
        Generation.objects.filter(pk=generation.pk).update(status="canceled", asset=None)

    assert "Consistency of the set" not in _page(sign_in("viewer"), two)


def test_it_compares_no_sizes_where_a_stage_decides_them(two: Two, db: None) -> None:
    batch = two.ours.batch
    assert batch is not None
    spec = {**batch.preset_version.spec, "kind": "scene", "scene": {"plate": "podium"}}
    batch.preset_version.spec = spec
    _note(_finished(two)[0], fill=0.4)

    found = consistency_of(batch)

    assert found is not None
    assert found.outliers == ()


def test_it_says_how_often_an_image_was_used(two: Two, sign_in: SignIn) -> None:
    row = two.ours.generations["succeeded"]
    assert row.asset is not None
    page = reverse("generation", args=[row.pk])
    client = sign_in("viewer")
    assert b"Made once" not in client.get(page).content

    Asset.objects.filter(pk=row.asset.pk).update(hits=3)

    assert b"Made once, used 4 times" in client.get(page).content


def test_it_says_that_the_files_of_an_image_are_gone_and_offers_no_publishing(
    two: Two, sign_in: SignIn
) -> None:
    row = two.ours.generations["succeeded"]
    assert row.asset is not None
    row.asset.renditions.all().delete()
    Asset.objects.filter(pk=row.asset.pk).update(deleted_at=timezone.now())

    shown = sign_in("editor").get(reverse("generation", args=[row.pk]))

    assert shown.status_code == 200
    assert b"The files of this image were removed" in shown.content
    assert shown.context["can_publish"] is False


def test_the_doctor_tells_how_much_was_there_already(two: Two, db: None) -> None:
    ours = Generation.objects.filter(status="succeeded")
    ours.update(finished_at=timezone.now(), reused=False)
    count = ours.count()
    Generation.objects.filter(pk=ours.order_by("pk")[0].pk).update(reused=True)
    Cutout.objects.all().delete()
    Cutout.objects.create(
        workspace=two.ours.workspace, source_sha256="a" * 64, model="m", key="k", confidence=1,
        agreement=1, coverage=1, needs_review=False, hits=3,
    )  # fmt: skip

    found = check_reuse()

    assert found.level == "ok"
    assert f"Of {count} images in the last 30 days, {1 / count:.0%} were there" in found.message
    assert "answered 75% of the requests" in found.message
