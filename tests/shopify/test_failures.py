"""What Shopify refuses, forgets or delays: each comes to one clear end, and nothing is doubled."""

from __future__ import annotations

import pytest

from integrations import publish
from integrations.job import Job
from integrations.models import Publication, Store
from integrations.platforms.shopify import files
from tests.integrations.conftest import drain, hurry
from tests.shopify.bench import ShopBench, settle
from tests.shopify.shop import delete_file

pytestmark = pytest.mark.postgres
State = Publication.State


def ended(publication: Publication) -> tuple[str, str]:
    publication.refresh_from_db()
    return publication.state, publication.error_code


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("throttled", {"field": "fileUpdate"}),
        ("null_answer", {"field": "stagedUploadsCreate"}),
        ("null_answer", {"field": "fileCreate"}),
        ("null_answer", {"field": "fileUpdate"}),
        ("null_answer", {"field": "productReorderMedia"}),
        ("partial", {"field": "product"}),
        ("internal_error", {"field": "fileCreate"}),
        ("truncated_json", {"field": "fileUpdate"}),
        ("html", {"field": "productReorderMedia"}),
        ("429", {"field": "productVariantAppendMedia"}),
        ("lost_answer", {"field": "productVariantDetachMedia"}),
        ("user_error", {"field": "fileUpdate", "code": "FILE_LOCKED"}),
        ("user_error", {"field": "productVariantAppendMedia", "code": "NON_READY_MEDIA"}),
        ("staged_expired", {}),
        ("processing_fails", {"code": "IMAGE_DOWNLOAD_FAILURE"}),
        ("processing_fails", {"code": "MEDIA_TIMEOUT_ERROR"}),
        ("401", {"field": "fileCreate"}),
        ("503", {"path": "staged/"}),
    ],
)
def test_what_passes_is_tried_again_and_done_once(
    bench: ShopBench, fault: str, options: dict[str, str]
) -> None:
    before, stored = bench.remote("Hoodie"), bench.files()
    bench.shopify.faults.add(fault, **options)  # type: ignore[arg-type]
    publication = bench.request("Hoodie", "one", "two")
    drain()
    settle()
    assert bench.shopify.faults.waiting() == []
    assert ended(publication) == (State.PUBLISHED, "")
    after = bench.remote("Hoodie")
    assert [alt for _, alt, _ in after] == ["one on white", "two on white", ""][: len(after)]
    assert len(bench.files() - stored) == 2
    assert bench.undo(publication).differences == []
    assert (bench.remote("Hoodie"), bench.files()) == (before, stored)


@pytest.mark.parametrize(
    ("fault", "options", "words"),
    [
        ("processing_fails", {"code": "IMAGE_PROCESSING_FAILURE"}, "could not be processed"),
        ("processing_fails", {"code": "INVALID_IMAGE_RESOLUTION"}, "20 megapixels"),
        ("processing_fails", {"code": "FILE_STORAGE_LIMIT_EXCEEDED"}, "storage for files is full"),
        (
            "user_error",
            {"field": "fileUpdate", "code": "PRODUCT_MEDIA_LIMIT_EXCEEDED"},
            "as many images",
        ),
        ("user_error", {"field": "fileCreate", "code": "UNACCEPTABLE_TRIAL_ASSET"}, "on a trial"),
        ("user_error", {"field": "fileUpdate", "code": "PRODUCT_SUSPENDED"}, "suspended"),
    ],
)
def test_what_stays_refused_ends_with_a_reason(
    bench: ShopBench, fault: str, options: dict[str, str], words: str
) -> None:
    before = bench.remote("MUG")
    bench.shopify.faults.add(fault, **options)  # type: ignore[arg-type]
    publication = bench.request("MUG", "one")
    drain()
    assert ended(publication) == (State.FAILED, "store_refused")
    assert words in publication.error
    assert bench.remote("MUG") == before
    failed = [one for one in bench.shopify.shop.media.values() if one.status == "FAILED"]
    assert failed == []


def test_a_picture_that_takes_long_is_waited_for_by_the_row(bench: ShopBench) -> None:
    bench.shopify.state.processing_seconds = 200.0
    stored = bench.files()
    publication = bench.request("MUG", "one")
    drain()
    assert ended(publication) == (State.IN_PROGRESS, "store_busy")
    assert publication.not_before is not None
    assert publication.lease_owner == ""
    for _ in range(3):
        hurry()
        drain()
    assert ended(publication) == (State.PUBLISHED, "")
    assert len(bench.files() - stored) == 1
    assert bench.mutations().count("fileCreate") == 1


def test_a_gallery_that_takes_long_to_sort_is_waited_for_by_the_row(bench: ShopBench) -> None:
    bench.shopify.faults.add("job_stuck")
    publication = bench.request("MUG", "one")
    drain()
    assert ended(publication) == (State.IN_PROGRESS, "store_busy")
    settle()
    assert ended(publication) == (State.PUBLISHED, "")
    assert [alt for _, alt, _ in bench.remote("MUG")] == ["one on white", ""]


def test_our_file_that_is_deleted_before_it_is_shown_is_uploaded_again(
    bench: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    *before, write, settled = publish.STEPS
    lost: list[str] = []

    def losing(job: Job) -> None:
        if not lost:
            lost.append(job.publication.items.get().external_id)
            delete_file(bench.shopify, lost[0])
        write(job)

    monkeypatch.setattr(publish, "STEPS", (*before, losing, settled))
    stored = bench.files()
    publication = bench.request("MUG", "one")
    drain()
    settle()
    assert ended(publication) == (State.PUBLISHED, "")
    assert publication.items.get().external_id != lost[0]
    assert len(bench.files() - stored) == 1


def test_a_list_that_still_names_a_deleted_file_does_no_harm(
    bench: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "gid://shopify/MediaImage/999999"
    named = files._named
    monkeypatch.setattr(files, "_named", lambda *of: [gone, *named(*of)])
    publication = bench.request("MUG", "one")
    drain()
    assert ended(publication) == (State.PUBLISHED, "")
    again = bench.undo(publication)
    assert again.state == State.ROLLED_BACK


def test_a_shop_that_throttles_for_long_costs_no_worker(bench: ShopBench) -> None:
    bench.shopify.faults.add("throttled", count=30, field="files")
    publication = bench.request("MUG", "one")
    drain()
    assert ended(publication) == (State.IN_PROGRESS, "store_busy")
    bench.shopify.faults.clear()
    settle()
    assert ended(publication) == (State.PUBLISHED, "")


def test_a_right_that_the_app_lacks_stops_only_what_needs_it(bench: ShopBench) -> None:
    bench.shopify.faults.add("403", field="fileCreate")
    publication = bench.request("MUG", "one")
    drain()
    assert ended(publication) == (State.FAILED, "store_right_missing")
    store = Store.objects.get()
    assert store.status == "degraded"
    assert "grant what it asks for" in store.status_reason
    publish.retry(publication)
    settle()
    assert ended(publication) == (State.PUBLISHED, "")
