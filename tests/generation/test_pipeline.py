"""One generation through the six stages, and every way it can end."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from generation import review
from generation.line import waiting
from generation.models import Asset, Cutout, Generation, PublishMode
from generation.pipeline import advance
from generation.preprocessing import prepare as preprocessing
from generation.stages import REAL
from generation.types import Stage
from generation.work import run_generations
from integrations.models import Publication
from productviz.lib import files
from productviz.lib.lease import MAX_ATTEMPTS, claim, new_owner
from productviz.outbox.models import Event
from tests.conftest import Serve
from tests.factories import make_generation, make_preset, make_product, make_user
from tests.pictures import photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
Drain = Callable[[], int]


def test_it_goes_through_six_stages_and_leaves_a_verified_asset(
    photos: Serve, drain: Drain
) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")))

    drain()

    row.refresh_from_db()
    assert (row.status, row.stage, row.error_message) == ("succeeded", Stage.DELIVER, "")
    assert row.asset is not None
    main = row.asset.main
    data = files.get("assets", main.key)
    assert hashlib.sha256(data).hexdigest() == main.sha256
    assert Image.open(io.BytesIO(data)).size == (400, 400)
    assert row.candidates.get().report.verdict == "pass"
    assert set(row.stage_times) >= {"preprocess", "inference", "postprocess", "store"}
    told = [event.type for event in Event.objects.filter(object_id=row.pk).order_by("sequence")]
    assert told[0] == "generation.accepted"
    assert told[-1] == "generation.completed"
    assert told.count("generation.completed") == 1


def test_it_answers_an_equal_request_from_the_first_result(photos: Serve, drain: Drain) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    preset = make_preset(product.store.workspace)
    first = make_generation(product, preset=preset)
    drain()

    second = make_generation(product, preset=preset)
    drain()

    first.refresh_from_db()
    second.refresh_from_db()
    assert second.reused
    assert second.asset == first.asset
    assert second.candidates.count() == 0
    assert Asset.objects.count() == 1


def test_it_keeps_the_cutout_for_another_preset(photos: Serve, drain: Drain) -> None:
    product = make_product(image_url=photos("mug.jpg"))
    make_generation(product)
    make_generation(product, preset=make_preset(product.store.workspace, shadow={"type": "none"}))

    drain()

    assert Cutout.objects.count() == 1
    assert Asset.objects.count() == 2


def test_it_makes_a_waiting_publication_when_approval_is_asked_for(
    photos: Serve, drain: Drain
) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")), publish=PublishMode.APPROVAL)

    drain()

    row.refresh_from_db()
    assert row.publication is not None
    assert row.publication.state == Publication.State.PENDING_APPROVAL


BAD_SOURCES = [
    pytest.param(b"", "image_unreadable", id="empty"),
    pytest.param(photo()[:9000], "image_truncated", id="truncated"),
    pytest.param(b"\xff\xd8\xff\xe0" + b"\x00" * 400, "image_truncated", id="header only"),
    pytest.param(b"<html><h1>Not here</h1></html>", "image_unreadable", id="a web page"),
    pytest.param(
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
        "image_type_unsupported",
        id="an SVG",
    ),
]


@pytest.mark.parametrize(("data", "code"), BAD_SOURCES)
def test_it_fails_a_bad_photograph_with_its_reason_and_the_others_go_on(
    photos: Serve, drain: Drain, data: bytes, code: str
) -> None:
    good = make_product(image_url=photos("good.jpg"))
    bad = make_product(good.store, image_url=photos("bad.jpg", data))
    bad_row, good_row = make_generation(bad), make_generation(good)

    drain()

    bad_row.refresh_from_db()
    good_row.refresh_from_db()
    assert (bad_row.status, bad_row.error_code) == ("failed", code)
    assert len(bad_row.error_message) > 20
    assert good_row.status == "succeeded"


def test_it_refuses_an_image_of_13000_by_13000_from_its_header(photos: Serve, drain: Drain) -> None:
    out = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(out, "PNG")
    row = make_generation(make_product(image_url=photos("huge.png", out.getvalue())))

    drain()

    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", "image_too_large_pixels")


def test_it_accepts_a_picture_whose_name_lies(photos: Serve, drain: Drain) -> None:
    data = photo(image_format="PNG")
    row = make_generation(make_product(image_url=photos("really-a-png.jpg", data)))

    drain()

    row.refresh_from_db()
    assert row.status == "succeeded"


BAD_ADDRESSES = [
    pytest.param("http://127.0.0.1/mug.jpg", "source_forbidden", id="loopback"),
    pytest.param("http://127.0.0.1:22/mug.jpg", "url_port_not_allowed", id="another service"),
    pytest.param("http://169.254.169.254/latest/", "source_forbidden", id="metadata"),
]


@pytest.mark.parametrize(("url", "code"), BAD_ADDRESSES)
def test_it_never_fetches_from_an_inside_address(drain: Drain, url: str, code: str) -> None:
    row = make_generation(make_product(image_url=url))

    drain()

    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", code)


def test_it_fails_a_missing_photograph_at_once(photos: Serve, drain: Drain) -> None:
    row = make_generation(make_product(image_url=photos("gone.jpg", b"no", status=404)))

    drain()

    row.refresh_from_db()
    assert (row.status, row.error_code, row.retries) == ("failed", "source_not_found", 0)


def test_it_tries_a_store_that_is_down_again_and_then_gives_up(photos: Serve, drain: Drain) -> None:
    row = make_generation(make_product(image_url=photos("down.jpg", b"busy", status=503)))

    for expected in (1, 2, 3):
        drain()
        row.refresh_from_db()
        assert (row.status, row.retries) == ("processing", expected)
        assert row.not_before is not None
        assert row.not_before > timezone.now() - timedelta(seconds=1)
        Generation.objects.update(not_before=None)
    drain()

    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", "source_unreachable")


def test_it_drops_the_result_of_a_worker_that_lost_its_lease(
    photos: Serve, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_generation(make_product(image_url=photos("mug.jpg")))
    (mine,) = claim(waiting(), owner="slow", limit=1)
    real = preprocessing.cut_out

    def taken_over(*args: object, **kwargs: object) -> object:
        Generation.objects.filter(pk=row.pk).update(lease_owner="other")
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(preprocessing, "cut_out", taken_over)
    advance(mine, "slow")

    row.refresh_from_db()
    assert (row.status, row.lease_owner, row.asset) == ("processing", "other", None)


def test_it_gives_a_row_up_that_cost_three_workers(photos: Serve) -> None:
    row = make_generation(make_product(image_url=photos("poison.jpg")))
    for _ in range(MAX_ATTEMPTS):
        claim(waiting(), owner=new_owner(), limit=1)
        Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    owner = new_owner()
    (again,) = claim(waiting(), owner=owner, limit=1)

    advance(again, owner)

    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", "internal_error")


@pytest.mark.parametrize("stage", ["prepare", "render", "finish", "judge", "store", "deliver"])
def test_it_ends_once_when_a_worker_dies_in_any_stage(
    photos: Serve, drain: Drain, stage: str
) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL: nothing handles it."""

    row = make_generation(make_product(image_url=photos("mug.jpg")), publish=PublishMode.APPROVAL)

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    deadly: dict[str, Any] = {stage: die}
    with pytest.raises(Killed):
        run_generations(new_owner(), stages=replace(REAL, **deadly))
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    drain()

    row.refresh_from_db()
    # A death over the making is forgiven once the result is kept.
    assert (row.status, row.attempt) == ("succeeded", 2 if stage in ("store", "deliver") else 1)
    assert Asset.objects.count() == 1
    assert Publication.objects.count() == 1
    assert Event.objects.filter(type="generation.completed").count() == 1


def test_it_waits_for_a_person_when_a_check_asks_for_review(photos: Serve, drain: Drain) -> None:
    product = make_product(image_url=photos("tiny.jpg", photo(size=260)))
    preset = make_preset(
        product.store.workspace, outputs=[{"name": "main", "width": 2000, "height": 2000}]
    )
    row = make_generation(product, preset=preset)
    drain()
    row.refresh_from_db()
    assert row.status == "awaiting_review"
    assert row.error_message

    review.approve(row, make_user())
    drain()

    row.refresh_from_db()
    assert row.status == "succeeded"
    assert row.asset is not None
    assert "approved_by" in row.asset.manifest


def test_it_can_be_rejected_retried_and_canceled(photos: Serve, drain: Drain) -> None:
    row = make_generation(make_product(image_url=photos("gone.jpg", b"no", status=404)))
    drain()

    review.retry(row)
    row.refresh_from_db()
    assert (row.status, row.attempt, row.error_code) == ("queued", 0, "")
    review.cancel(row)
    row.refresh_from_db()
    assert row.status == "canceled"
    with pytest.raises(review.NotPossible):
        review.approve(row, make_user())
