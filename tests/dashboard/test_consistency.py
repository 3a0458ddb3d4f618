"""The batch's page says whether its pictures look like one set."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from generation.consistency import consistency_of
from generation.models import Generation, QualityReport
from tests.dashboard.conftest import SignIn, Two


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
