"""Uploads: on disk as they come, at most 25 MiB, used once and soon by their own workspace."""

from __future__ import annotations

import hashlib
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations import uploads
from integrations.models import SourceImage, Upload
from productviz.lib import files
from tests.api.caller import BASE, Caller
from tests.api.shops import Shop, drain, form, picture

pytestmark = pytest.mark.django_db

MIB = 1024 * 1024


def test_it_is_kept_and_used_once() -> None:
    shop = Shop()
    product = shop.product()
    status, upload = form(shop.caller, "/uploads", picture("a"))
    digest = hashlib.sha256(picture("a")).hexdigest()

    assert (status, upload["object"], upload["sha256"]) == (201, "upload", digest)
    assert upload["bytes"] == len(picture("a"))
    path = f"/products/{product.public_id}/images"
    assert shop.caller.post(path, {"upload": upload["id"]})[0] == 202
    status, problem = shop.caller.post(path, {"upload": upload["id"]})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/upload")
    drain()
    image = SourceImage.objects.get()
    assert (image.status, image.sha256) == ("ready", digest)


def test_it_expires_after_a_day() -> None:
    shop = Shop()
    upload = form(shop.caller, "/uploads", picture("a"))[1]
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    path = f"/products/{shop.product().public_id}/images"

    assert shop.caller.post(path, {"upload": upload["id"]})[0] == 422


def test_nobody_else_can_use_it() -> None:
    shop, stranger = Shop(), Caller()
    upload = form(stranger, "/uploads", picture("a"))[1]
    path = f"/products/{shop.product().public_id}/images"
    status, problem = shop.caller.post(path, {"upload": upload["id"]})

    assert (status, problem["errors"][0]["code"]) == (422, "not_found")
    assert Upload.objects.get().used_at is None


def test_it_is_never_whole_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller()
    data = bytes(24 * MIB)
    peaks: list[int] = []
    keep = uploads.keep_bytes

    def watched(workspace: Any, file: Any) -> tuple[str, int]:
        tracemalloc.start()
        found = keep(workspace, file)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        return found

    monkeypatch.setattr(uploads, "keep_bytes", watched)
    status, upload = form(caller, "/uploads", data)

    assert (status, upload["bytes"]) == (201, len(data))
    assert peaks[0] < 4 * MIB
    key = f"{caller.workspace.pk.hex}/{upload['sha256'][:2]}/{upload['sha256']}.bin"
    with files.open_file("originals", key) as file:
        assert file.size == len(data)


def test_its_file_is_on_disk_from_the_first_byte_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    keep = uploads.keep_bytes

    def look(workspace: Any, file: Any) -> tuple[str, int]:
        seen.append(file.temporary_file_path())
        return keep(workspace, file)

    monkeypatch.setattr(uploads, "keep_bytes", look)
    assert form(Caller(), "/uploads", b"small")[0] == 201
    assert len(seen) == 1


@pytest.mark.parametrize("size", [25 * MIB + 1, 26 * MIB])
def test_more_than_25_mib_is_refused(size: int) -> None:
    status, problem = form(Caller(), "/uploads", bytes(size))

    assert (status, problem["code"], problem["max_bytes"]) == (413, "payload_too_large", 25 * MIB)
    assert not Upload.objects.exists()


def test_only_a_form_with_one_file_is_an_upload() -> None:
    caller = Caller()
    assert caller.post("/uploads", {"file": "text"})[1]["code"] == "unsupported_media_type"
    headers = {"authorization": f"Bearer {caller.text}"}
    for body in ({}, {"file": "text"}):
        answer = caller.client.post(f"{BASE}/uploads", body, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file")
    assert form(caller, "/uploads", b"a", surprise="x")[1]["code"] == "unknown_field"
    cut = caller.client.generic(
        "POST",
        f"{BASE}/uploads",
        b"--x\r\nContent-Disposition: form-data; name=",
        content_type="multipart/form-data; boundary=x",
        headers=headers,
    )
    assert cut.status_code in (400, 422)
    assert not Upload.objects.exists()


def test_the_same_request_keeps_one_upload() -> None:
    caller = Caller()
    first = form(caller, "/uploads", picture("a"), key="k")
    again = form(caller, "/uploads", picture("a"), key="k")
    other = form(caller, "/uploads", picture("b"), key="k")

    assert first == again
    assert other[1]["code"] == "idempotency_key_reused"
    assert Upload.objects.count() == 1


def test_it_counts_the_days_bytes(settings: Any) -> None:
    settings.API_LIMITS = {**settings.API_LIMITS, "upload_bytes": (2000, 86_400)}
    caller = Caller()
    said = [form(caller, "/uploads", bytes(500))[0] for _ in range(4)]

    assert said[0] == 201
    assert said[-1] == 429
    assert caller.last.json()["violated-policies"] == ["upload_bytes"]


def test_it_needs_the_scope() -> None:
    caller = Caller(scopes=["products:write"])
    assert form(caller, "/uploads", b"a")[1]["required_scopes"] == ["images:write"]
    assert Client().post(f"{BASE}/uploads").status_code == 401
