"""Rows go when their time is over and nobody needs them; their files follow. Time is travelled."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Model, QuerySet
from django.utils import timezone

from generation import keys, retention, review, work
from generation.assets.sweep import Tally, sweep
from generation.delivery import storefront
from generation.models import (
    Asset,
    Batch,
    Candidate,
    Cutout,
    CutoutEdit,
    FileSweep,
    Generation,
    PublishMode,
    Rendition,
)
from integrations import publish as publications
from integrations.contract import Permanent
from integrations.models import Publication, Snapshot, SourceImage, Upload
from productviz.accounts.models import AuditEntry, IdempotentAnswer, RateCount
from productviz.lib import files
from productviz.lib.lease import new_owner
from productviz.lib.stored import listing
from productviz.outbox.models import Event
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_user, make_workspace
from tests.places import storage_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

Drain = Callable[[], int]
State = Publication.State
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path, transactional_db: None) -> Iterator[None]:
    """Every place in an empty folder."""
    with storage_of("folder", settings, tmp_path):
        yield


@pytest.fixture
def made(photos: Serve, drain: Drain) -> Generation:
    """A finished image that nobody has published."""
    row = make_generation(make_product(image_url=photos("mug.jpg")))
    drain()
    row.refresh_from_db()
    assert row.status == "succeeded"
    return row


def _retire(now: datetime) -> int:
    retired = 0
    while some := retention.step(now):
        retired += some
    return retired


def _sweep_files() -> None:
    for _step in sweep(timezone.now(), Tally()):
        pass


def _in(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)


def _publication(row: Generation, state: str) -> Publication:
    """The image's publication, with a snapshot, in some state."""
    assert row.asset is not None
    made = storefront.attach(row, row.asset, needs_approval=True, user=None)
    Snapshot.objects.create(publication=made, gallery=[{"external_id": "1", "key": ""}])
    Publication.objects.filter(pk=made.pk).update(state=state)
    return made


def _names(place: str) -> set[str]:
    return {one.key for one in listing(place, limit=999)}


def test_cut_outs_and_photographs_go_30_days_after_their_last_use(made: Generation) -> None:
    source = made.source
    assert _retire(_in(29.9)) == 0

    _retire(_in(30.1))
    assert Cutout.objects.count() == 0
    source.refresh_from_db()
    assert (source.sha256, bool(source.width)) == ("", True)
    with time_machine.travel(_in(30.1)):
        work.daily()
        for _ in range(50):
            work.sweep_files(new_owner())

    left = {name for place in ("work", "originals") for name in _names(place)}
    assert {name.split("/")[0] for name in left} == {"trash"}
    assert {name.split("/")[0] for name in _names("assets")} == {"m"}
    made.refresh_from_db()
    assert made.asset is not None
    assert files.get("assets", made.asset.main.key)


def test_a_use_keeps_a_cut_out_and_its_photograph_for_another_30_days(
    made: Generation, drain: Drain
) -> None:
    other = make_preset(made.workspace, shadow={"type": "none"})
    with time_machine.travel(_in(20)):
        make_generation(made.product, preset=other)
        drain()

    _retire(_in(45))

    cutout = Cutout.objects.get()
    assert cutout.hits == 1
    assert SourceImage.objects.get().sha256 == cutout.source_sha256


@pytest.mark.parametrize("status", ["queued", "processing", "awaiting_review"])
def test_what_a_generation_that_has_not_ended_works_from_is_kept(
    made: Generation, status: str
) -> None:
    waiting = make_generation(made.product)
    Generation.objects.filter(pk=waiting.pk).update(status=status)

    _retire(_in(80))

    assert Cutout.objects.count() == 1
    assert SourceImage.objects.get().sha256

    review.cancel(waiting)
    _retire(_in(80))
    assert Cutout.objects.count() == 0
    assert SourceImage.objects.get().sha256 == ""


@pytest.mark.parametrize(
    "precious",
    [
        pytest.param({"origin": SourceImage.Origin.UPLOAD}, id="an upload"),
        pytest.param({"replaced_by_us": True}, id="one whose place ours took"),
    ],
)
def test_a_photograph_that_the_store_cannot_give_again_is_kept(
    made: Generation, precious: dict[str, Any]
) -> None:
    SourceImage.objects.update(**precious)

    _retire(_in(365))

    assert SourceImage.objects.get().sha256


def test_a_photograph_that_somebody_painted_on_is_kept(made: Generation) -> None:
    CutoutEdit.objects.create(
        workspace=made.workspace, source_sha256=made.source.sha256, strokes_key="x", digest="5" * 64
    )

    _retire(_in(365))

    assert SourceImage.objects.get().sha256


def test_a_generation_works_again_after_everything_of_its_photograph_went(
    made: Generation, drain: Drain
) -> None:
    with time_machine.travel(_in(365)):
        _retire(timezone.now())
        again = make_generation(made.product, preset=made.preset_version.preset)
        drain()

        again.refresh_from_db()
        assert (again.status, again.reused) == ("succeeded", False)
        assert again.asset is not None
        assert again.asset == made.asset, "one asset a fingerprint, made again"
        assert again.asset.deleted_at is None
        assert files.get("assets", again.asset.main.key)


def test_an_image_that_no_store_shows_goes_after_90_days_and_leaves_its_record(
    made: Generation,
) -> None:
    asset = Asset.objects.get()
    key = asset.main.key
    assert retention.retained_until(asset, needed=()) == asset.used_at + 90 * DAY
    _retire(_in(89.9))
    assert Rendition.objects.count() > 0

    _retire(_in(90.1))

    asset.refresh_from_db()
    assert (asset.deleted_at is not None, asset.manifest != {}) == (True, True)
    assert Rendition.objects.count() == 0
    assert Event.objects.get(type="asset.deleted").data["object"]["status"] == "deleted"
    with time_machine.travel(_in(90.2)):
        _sweep_files()
    assert _names("assets") == {f"trash/{key}"}


def test_a_reuse_counts_and_keeps_an_image_longer(made: Generation, drain: Drain) -> None:
    with time_machine.travel(_in(80)):
        for _ in range(3):
            make_generation(made.product, preset=made.preset_version.preset)
        drain()

    _retire(_in(120))

    asset = Asset.objects.get()
    assert (asset.hits, asset.deleted_at) == (3, None)
    assert Generation.objects.filter(reused=True, asset=asset).count() == 3


def test_a_reused_image_outlives_the_generation_that_made_it(
    made: Generation, drain: Drain
) -> None:
    preset = made.preset_version.preset
    made.delete()

    again = make_generation(made.product, preset=preset)
    drain()

    again.refresh_from_db()
    assert again.reused
    assert again.asset is not None
    assert files.get("assets", again.asset.main.key)


KEPT_STATES = [State.PENDING_APPROVAL, State.QUEUED, State.IN_PROGRESS, State.PUBLISHED,
               State.ROLLING_BACK, State.ROLLBACK_FAILED, State.AWAITING_STORE]  # fmt: skip


@pytest.mark.parametrize("state", KEPT_STATES)
def test_an_image_that_a_store_shows_or_waits_for_is_kept_and_cannot_be_deleted(
    made: Generation, state: str
) -> None:
    _publication(made, state)
    asset = Asset.objects.get()

    _retire(_in(400))
    with pytest.raises(retention.NotDeletable, match="Undo or cancel its publication first"):
        retention.delete(asset)

    asset.refresh_from_db()
    assert asset.deleted_at is None
    assert retention.retained_until(asset, needed=retention.needed_of(_in(0), [asset.pk])) is None


@pytest.mark.parametrize("state", [State.CANCELED, State.ROLLED_BACK, State.EXPIRED])
def test_an_image_that_is_out_of_its_store_goes_with_its_files(
    made: Generation, state: str
) -> None:
    _publication(made, state)

    _retire(_in(91))

    assert Asset.objects.get().deleted_at is not None
    with time_machine.travel(_in(92)):
        _sweep_files()
    assert {name.split("/")[0] for name in _names("assets")} == {"trash"}


def test_an_image_whose_publication_failed_waits_90_days_for_somebody_to_try_again(
    made: Generation,
) -> None:
    with time_machine.travel(_in(60)):
        _publication(made, State.FAILED)

    _retire(_in(120))
    assert Asset.objects.get().deleted_at is None

    _retire(_in(151))
    assert Asset.objects.get().deleted_at is not None


def test_deleting_an_image_frees_its_files_once_and_an_equal_request_makes_it_again(
    made: Generation, drain: Drain
) -> None:
    asset = Asset.objects.get()

    retention.delete(asset)
    retention.delete(asset)

    assert asset.deleted_at is not None
    assert retention.retained_until(asset, needed=()) == asset.deleted_at
    assert Event.objects.filter(type="asset.deleted").count() == 1
    made.refresh_from_db()
    with pytest.raises(storefront.NotPublishable, match="Make it again"):
        storefront.publish(made, None)
    again = make_generation(made.product, preset=made.preset_version.preset)
    drain()
    again.refresh_from_db()
    assert (again.status, again.reused, again.asset) == ("succeeded", False, asset)


def not_known(*arguments: object) -> bool:
    """Leaves a request to the workers."""
    return False


def test_a_reuse_of_an_image_that_goes_at_that_moment_makes_it_again(
    made: Generation, drain: Drain, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ANSWER_AT_ONCE = f"{__name__}.not_known"
    real = retention.use

    def gone(asset: Asset) -> None:
        monkeypatch.setattr(retention, "use", real)
        retention.delete(asset)
        real(asset)

    monkeypatch.setattr(retention, "use", gone)
    again = make_generation(made.product, preset=made.preset_version.preset)
    drain()
    again.refresh_from_db()
    assert (again.status, again.error_code) == ("processing", "asset_expired")
    # The deletion was undone with the transaction that met it: here it comes for good.
    retention.delete(Asset.objects.get())
    Generation.objects.update(not_before=None)
    drain()

    again.refresh_from_db()
    assert (again.status, again.reused) == ("succeeded", False)
    assert Asset.objects.get().deleted_at is None


def test_candidates_of_ended_images_lose_their_files_and_keep_their_report(
    made: Generation,
) -> None:
    assert _names("work")
    _retire(_in(29))
    assert Candidate.objects.get().files

    _retire(_in(31))

    candidate = Candidate.objects.get()
    assert (candidate.files, candidate.report.verdict) == ([], "pass")


def test_a_candidate_under_review_keeps_its_files(made: Generation) -> None:
    Generation.objects.update(status="awaiting_review", finished_at=None)

    _retire(_in(365))

    assert Candidate.objects.get().files


@pytest.mark.parametrize("state", [State.PUBLISHED, State.FAILED, State.ROLLED_BACK])
def test_a_gallery_as_it_was_is_kept_for_90_days(made: Generation, state: str) -> None:
    _publication(made, state)

    _retire(_in(89))
    assert Snapshot.objects.count() == 1

    _retire(_in(91))
    assert Snapshot.objects.count() == 0


@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.ROLLING_BACK, State.ROLLBACK_FAILED])
def test_a_gallery_that_is_being_written_keeps_what_it_was(made: Generation, state: str) -> None:
    _publication(made, state)

    _retire(_in(365))

    assert Snapshot.objects.count() == 1


def test_a_run_that_is_to_be_undone_keeps_the_galleries_until_then(made: Generation) -> None:
    _publication(made, State.PUBLISHED)
    batch = Batch.objects.create(
        workspace=made.workspace, store=made.product.store, preset_version=made.preset_version,
        publish=PublishMode.AUTO, undo_at=_in(150),
    )  # fmt: skip
    Generation.objects.update(batch=batch)

    _retire(_in(150))
    assert Snapshot.objects.count() == 1

    _retire(_in(160))
    assert Snapshot.objects.count() == 0


def test_an_undo_says_that_the_gallery_as_it_was_is_no_longer_kept(made: Generation) -> None:
    publication = _publication(made, State.PUBLISHED)
    _retire(_in(91))
    publication = Publication.objects.get(pk=publication.pk)

    with pytest.raises(Permanent, match="no longer kept") as refused:
        publications.undo(publication)

    assert refused.value.code == "state_conflict"
    publication.refresh_from_db()
    assert publication.state == State.PUBLISHED


def _records() -> list[tuple[QuerySet[Any], float]]:
    """Records and the days after which they go."""
    workspace = make_workspace()
    rows: list[tuple[Model, float]] = [
        (AuditEntry.objects.create(workspace=workspace, actor="me", action="key.created"), 400),
        (
            IdempotentAnswer.objects.create(
                workspace=workspace, route="POST /x", key="k", fingerprint="f" * 64
            ),
            2,
        ),
        (RateCount.objects.create(caller="key", window=1, expires_at=_in(0.5)), 0.5),
        (
            Upload.objects.create(
                workspace=workspace, sha256="a" * 64, key="k", bytes=1, expires_at=_in(1)
            ),
            1,
        ),
    ]
    return [(type(row)._default_manager.filter(pk=row.pk), days) for row, days in rows]


def test_records_go_when_their_time_is_over() -> None:
    for rows, days in sorted(_records(), key=lambda one: one[1]):
        _retire(_in(days - 0.1))
        assert rows.exists()

        _retire(_in(days + 0.1))
        assert not rows.exists()


def test_an_uploads_file_is_named_by_its_row_until_then() -> None:
    workspace = make_workspace()
    key = keys.original_key(workspace.pk, "a" * 64)
    files.put("originals", key, b"upload")
    Upload.objects.create(
        workspace=workspace, sha256="a" * 64, key=key, bytes=6, expires_at=_in(100)
    )
    with time_machine.travel(_in(50)):
        _sweep_files()
        assert _names("originals") == {key}
    with time_machine.travel(_in(101)):
        _retire(timezone.now())
        _sweep_files()
        assert _names("originals") == {f"trash/{key}"}


def test_the_operator_says_how_long(made: Generation, settings: Any) -> None:
    settings.KEEP_SOURCES_DAYS, settings.KEEP_UNPUBLISHED_DAYS = 2, 3

    _retire(_in(2.5))
    assert (Cutout.objects.count(), Rendition.objects.count() > 0) == (0, True)

    _retire(_in(3.5))
    assert Rendition.objects.count() == 0


def test_it_is_the_queues_lowest_work_in_small_steps(
    made: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_A_STEP", 1)
    workspace = make_workspace()
    for number in range(3):
        AuditEntry.objects.create(workspace=workspace, actor="me", action=str(number))
    with time_machine.travel(_in(401)):
        work.daily()
        waiting = make_generation()
        assert work.sweep_files("me") == 0, "somebody waits for an image"
        review.cancel(waiting)
        left = []
        while work.sweep_files("me"):
            left.append(AuditEntry.objects.count())

    assert left[-1] == 0
    assert set(left) == {3, 2, 1, 0}
    sweep = FileSweep.objects.get()
    # Three lines of the log, a cut-out, a photograph, a candidate and an image.
    assert (sweep.retired, sweep.finished_at is not None) == (7, True)


def test_the_command_tells_what_would_go_and_changes_nothing(made: Generation) -> None:
    make_user(made.workspace)
    with time_machine.travel(_in(100)):
        out = io.StringIO()
        call_command("sweep", "--dry-run", stdout=out)
        shown = out.getvalue()
        assert (Cutout.objects.count(), Rendition.objects.count() > 0) == (1, True)

        call_command("sweep", stdout=io.StringIO())

    for what in ("cut-outs", "candidates", "unpublished images", "would be retired"):
        assert what in shown
    assert (Cutout.objects.count(), Rendition.objects.count()) == (0, 0)
