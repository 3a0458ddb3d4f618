"""The sweep frees what no row refers to, and never anything else."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from generation import keys, work
from generation.assets import references, sweep as sweeps, sweeping
from generation.assets.sweep import BROUGHT_BACK, GRACE, REMOVED, SET_ASIDE, Tally, sweep
from generation.models import CutoutEdit, FileSweep, Generation, PublishMode
from integrations.models import Publication, PublicationItem, Snapshot
from productviz.accounts.models import Workspace
from productviz.lib import files
from productviz.lib.lease import new_owner
from productviz.lib.stored import listing, set_aside
from tests.conftest import Serve
from tests.factories import make_generation, make_product
from tests.places import KINDS, storage_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

Drain = Callable[[], int]
LATER = GRACE + timedelta(hours=1)
OWNER = uuid.UUID(int=7)
FREE: tuple[tuple[files.Place, str], ...] = (
    ("work", keys.preview_key(OWNER, "a" * 64)),
    ("work", keys.cutout_key(OWNER, "b" * 64, "u2net@1")),
    ("work", keys.outline_key(OWNER, "b" * 64, "u2net@1")),
    ("work", keys.candidate_key(OWNER, "c" * 64, "jpg")),
    ("work", f"doctor/{uuid.uuid4().hex}.txt"),
    ("originals", keys.original_key(OWNER, "d" * 64)),
    ("originals", f"{OWNER.hex}/dd/.partial-x1y2"),
    ("assets", keys.asset_key(OWNER, "e" * 64, "webp")),
)
NOT_OURS: tuple[tuple[files.Place, str], ...] = (
    ("work", "notes.txt"),
    ("work", "trash/notes.txt"),
    ("work", f"{OWNER.hex}/strokes/{'f' * 64}-0123456789abcdef.png"),
    ("assets", f"{OWNER.hex}/ee/{'e' * 64}.webp"),
)


@pytest.fixture(params=KINDS, autouse=True)
def place(
    request: pytest.FixtureRequest, settings: Any, tmp_path: Path, transactional_db: None
) -> Iterator[None]:
    """Every place on each kind of storage, and the workspace that owns the free files."""
    Workspace.objects.create(pk=OWNER, name="Shop")
    with storage_of(request.param, settings, tmp_path):
        yield


def _everything() -> set[tuple[str, str]]:
    return {(place, one.key) for place in references.PLACES for one in listing(place, limit=999)}


def _sweep(**options: Any) -> Tally:
    tally = Tally()
    for _ in sweep(timezone.now() + options.pop("after", LATER), tally, **options):
        pass
    return tally


def _put(keys_: tuple[tuple[files.Place, str], ...]) -> None:
    for place, key in keys_:
        files.put(place, key, key.encode())


def _published(row: Generation) -> None:
    """A published picture, the original that it replaced, and a person's strokes."""
    publication = Publication.objects.create(
        store=row.product.store, product=row.product, family=row.product
    )
    owner = row.workspace_id
    asset, original = (hashlib.sha256(text).hexdigest() for text in (b"asset", b"original"))
    asset_key, original_key = (
        keys.asset_key(owner, asset, "jpg"),
        keys.original_key(owner, original),
    )
    files.put("assets", asset_key, b"asset")
    files.put("originals", original_key, b"original")
    PublicationItem.objects.create(
        publication=publication, asset_id=uuid.uuid4(), storage_key=asset_key, sha256=asset,
        content_type="image/jpeg",
    )  # fmt: skip
    gallery = [{"external_id": "1", "key": original_key}, {"external_id": "2", "key": ""}]
    Snapshot.objects.create(publication=publication, gallery=gallery)
    strokes = keys.strokes_key(owner, row.source.sha256, "5" * 64)
    files.put("work", strokes, b"strokes")
    CutoutEdit.objects.create(
        workspace_id=owner, source_sha256=row.source.sha256, strokes_key=strokes, digest="5" * 64
    )


def test_it_frees_what_no_row_refers_to_and_nothing_else(photos: Serve, drain: Drain) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")), publish=PublishMode.APPROVAL)
    drain()
    _published(row)
    _put(NOT_OURS)
    kept = _everything()
    kinds = {named.kind for p, k in kept if (named := references.read_key(p, k))}  # type: ignore[arg-type]
    assert kinds == {"preview", "cut-out", "candidate", "original", "asset"}
    _put(FREE)

    assert not _sweep(after=timedelta()).files, "a worker may have put them just now"
    first = _sweep()
    assert first.total(SET_ASIDE)[0] == len(FREE)
    assert first.total(REMOVED)[0] == 0
    assert _everything() == kept | {(place, f"trash/{key}") for place, key in FREE}
    second = _sweep()

    assert second.total(REMOVED) == (len(FREE), sum(len(key) for _, key in FREE))
    assert _everything() == kept
    row.refresh_from_db()
    assert row.status == "succeeded"


def test_files_of_an_unknown_workspace_are_left_unless_the_operator_says_so() -> None:
    _put(FREE)
    owned = {(place, key) for place, key in FREE if OWNER.hex in key and ".partial" not in key}
    Workspace.objects.all().delete()

    _sweep()
    _sweep()
    assert _everything() == owned

    _sweep(strangers=True)
    _sweep()
    assert _everything() == {(place, f"trash/{key}") for place, key in owned}
    _sweep(strangers=True)
    assert _everything() == set()


def test_a_row_committed_after_a_file_was_set_aside_brings_it_back(
    photos: Serve, drain: Drain
) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")))
    drain()
    row.refresh_from_db()
    assert row.asset is not None
    set_aside("assets", row.asset.main.key)

    tally = _sweep()

    assert tally.total(BROUGHT_BACK)[0] == 1
    assert files.get("assets", row.asset.main.key)
    assert not _sweep().files


def test_equal_bytes_put_while_a_sweep_looks_are_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    place, key = FREE[-1]
    _put(FREE[-1:])
    real = references.judge

    def then_a_worker_puts(*asked: Any, **how: Any) -> Any:
        free = real(*asked, **how)
        files.put(place, key, key.encode())  # finds them there, and its row is not committed yet
        return free

    monkeypatch.setattr(sweeps, "judge", then_a_worker_puts)
    _sweep()

    assert files.get(place, key) == key.encode()


def test_two_sweeps_at_once_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    _put(FREE)
    _put(NOT_OURS)
    real, inner = references.judge, [True]

    def with_another_sweep(*asked: Any, **how: Any) -> Any:
        free = real(*asked, **how)
        if inner.pop() if inner else False:
            _sweep()
        return free

    monkeypatch.setattr(sweeps, "judge", with_another_sweep)
    _sweep()
    inner.append(True)
    _sweep()

    assert _everything() == set(NOT_OURS)


def test_the_workers_sweep_in_small_steps_and_go_on_after_a_kill(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL: nothing handles it."""

    _put(FREE)
    monkeypatch.setattr(sweeps, "FILES_A_STEP", 2)
    monkeypatch.setattr(sweeps, "GRACE", timedelta(seconds=-60))
    assert (work.daily(), work.daily()) == (1, 0)
    owner = new_owner()
    assert (work.is_due(), work.sweep_files(owner), work.sweep_files(owner)) == (True, 1, 1)
    cursor = FileSweep.objects.get().cursor

    def die(*arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "step", die)
        with pytest.raises(Killed):
            work.sweep_files(owner)
    FileSweep.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    row = FileSweep.objects.get()
    assert (row.cursor, row.finished_at) == (cursor, None)
    while work.sweep_files(owner):
        pass

    row.refresh_from_db()
    assert row.finished_at is not None
    aside = _everything()
    assert all(key.startswith("trash/") for _, key in aside)
    # The grace is below zero, so that later steps remove what earlier ones set aside.
    assert (row.set_aside, row.removed + len(aside)) == (len(FREE), len(FREE))
    assert not work.is_due()


def test_the_workers_put_a_sweep_off_where_somebody_waits_or_storage_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work.daily()
    row = make_generation()
    assert work.sweep_files("me") == 0
    Generation.objects.filter(pk=row.pk).update(status="canceled")

    def away(*arguments: object) -> None:
        raise OSError("The bucket is away.")

    monkeypatch.setattr(sweeping, "step", away)
    assert work.sweep_files("me") == 1

    assert not sweeping.is_due()
    assert FileSweep.objects.get().finished_at is None


def test_the_command_shows_what_it_would_free() -> None:
    _put(FREE)
    before = _everything()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeps, "GRACE", timedelta(seconds=-60))
        out = io.StringIO()
        call_command("sweep", "--dry-run", stdout=out)
        shown = out.getvalue()
        assert _everything() == before
        for _ in range(2):
            call_command("sweep", stdout=io.StringIO())

    assert "cut-out" in shown
    assert f"would be set aside: {len(FREE)} (" in shown
    assert _everything() == set()
