"""Photographs by the API: sent or named, looked at by a worker, and only then an input."""

from __future__ import annotations

import hashlib
import struct
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from generation import automations, work as generation_work
from generation.intake.sources import choose_sources
from generation.models import Automation, Generation, HeldChange
from integrations import images
from integrations.inputs import inputs_hash
from integrations.models import Arrival, Product, PublicationItem, SourceImage, Upload
from productviz.lib import files
from productviz.lib.lease import new_owner
from productviz.outbox.models import Event
from tests.api.caller import Caller
from tests.api.shops import Shop, drain, form, make_asset, picture, send, told
from tests.conftest import Serve
from tests.factories import make_preset

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_a_photograph_in_a_form_becomes_an_input() -> None:
    shop = Shop()
    product = shop.product()
    data = picture("a")
    digest = hashlib.sha256(data).hexdigest()
    status, shown = send(
        shop.caller, product, data, role="front", alt="Mug", position=0, sha256=f"sha256:{digest}"
    )
    image = SourceImage.objects.get()

    assert (status, shown["status"], shown["origin"]) == (202, "pending", "upload")
    assert (shown["url"], shown["sha256"], shown["width"]) == (None, digest, None)
    assert shop.caller.last["Location"] == f"/api/v1/images/{image.public_id}"
    assert choose_sources(product, "packshot") == []
    drain()

    shown = shop.caller.get(f"/images/{image.public_id}")[1]
    assert (shown["status"], shown["format"], shown["width"]) == ("ready", "jpeg", 320)
    assert (shown["bytes"], shown["has_alpha"], shown["frames"]) == (len(data), False, 1)
    assert shown["error"] is None
    assert told(image.pk) == ["image.ready"]
    assert told(product.pk) == ["product.created", "product.updated", "product.inputs_changed"]
    fresh = Product.objects.get()
    assert [source.image for source in choose_sources(fresh, "packshot")] == [image]
    assert fresh.inputs_hash == inputs_hash(fresh)
    assert shop.caller.get(f"/products/{product.public_id}")[1]["images"] == [image.public_id]
    assert not Arrival.objects.exists()


def test_an_address_is_fetched_later(photos: Serve) -> None:
    shop = Shop()
    product = shop.product()
    url = photos("mug.jpg", picture("a"))
    status, shown = shop.caller.post(f"/products/{product.public_id}/images", {"url": url})

    assert (status, shown["status"], shown["url"]) == (202, "pending", url)
    drain()
    shown = shop.caller.get(f"/images/{shown['id']}")[1]
    assert (shown["status"], shown["origin"]) == ("ready", "url")
    assert shown["sha256"] == hashlib.sha256(picture("a")).hexdigest()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://169.254.169.254/latest/meta-data/", "url_forbidden_address"),
        ("http://2130706433/", "url_forbidden_address"),
        ("http://0x7f.1/a.jpg", "url_forbidden_address"),
        ("http://[::ffff:169.254.169.254]/", "url_forbidden_address"),
        ("http://[64:ff9b::a9fe:a9fe]/", "url_forbidden_address"),
        ("http://localhost./a.jpg", "url_forbidden_address"),
        ("file:///etc/passwd", "url_scheme_not_allowed"),
        ("data:image/png;base64,AAAA", "url_scheme_not_allowed"),
        ("http://a.example:6379/", "url_port_not_allowed"),
        ("http://127.0.0.1\\@a.example/", "url_invalid"),
        ("http://a.example@127.0.0.1/", "url_invalid"),
        ("http://a.example/\r\nX-Evil: 1", "url_invalid"),
        (" http://a.example/a.jpg", "url_invalid"),
        ("https://a.example/" + "a" * 2048, "validation_failed"),
    ],
)
def test_a_literal_fault_of_an_address_is_said_at_once(url: str, code: str) -> None:
    shop = Shop()
    product = shop.product()
    status, problem = shop.caller.post(f"/products/{product.public_id}/images", {"url": url})

    assert (status, problem["code"]) == (422, code)
    assert problem["errors"][0]["pointer"] == "/url"
    assert not SourceImage.objects.exists()


def test_our_own_address_is_refused(settings: Any) -> None:
    settings.PUBLIC_URL = "https://app.example"
    shop = Shop()
    product = shop.product()
    url = "https://app.example/files/assets/a.jpg"
    body = {"url": url}

    problem = shop.caller.post(f"/products/{product.public_id}/images", body)[1]
    assert problem["code"] == "url_forbidden_address"


@pytest.mark.parametrize(("status", "code"), [(404, "source_not_found"), (403, "source_forbidden")])
def test_an_address_that_has_nothing_is_rejected(photos: Serve, status: int, code: str) -> None:
    shop = Shop()
    product = shop.product()
    url = photos("a.jpg", b"secret of the target", status=status)
    shown = shop.caller.post(f"/products/{product.public_id}/images", {"url": url})[1]
    drain()

    shown = shop.caller.get(f"/images/{shown['id']}")[1]
    assert (shown["status"], shown["error"]["code"]) == ("rejected", code)
    assert "secret of the target" not in str(shown)
    image = SourceImage.objects.get()
    assert told(image.pk) == ["image.rejected"]
    assert Event.objects.get(type="image.rejected").data["object"]["error"]["code"] == code


def test_a_host_that_is_down_is_asked_four_times(photos: Serve) -> None:
    shop = Shop()
    product = shop.product()
    url = photos("a.jpg", b"", status=503)
    shop.caller.post(f"/products/{product.public_id}/images", {"url": url})
    tries = 0
    while Arrival.objects.exists():
        drain()
        Arrival.objects.update(not_before=None)
        tries += 1

    assert tries == 4
    assert SourceImage.objects.get().error_code == "source_unreachable"
    assert told(SourceImage.objects.get().pk) == ["image.rejected"]


def test_another_file_than_the_client_named_is_not_taken(photos: Serve) -> None:
    shop = Shop()
    product = shop.product()
    path = f"/products/{product.public_id}/images"
    other = hashlib.sha256(b"other").hexdigest()

    status, problem = send(shop.caller, product, picture("a"), sha256=other)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/sha256")
    shown = shop.caller.post(path, {"url": photos("a.jpg", picture("a")), "sha256": other})[1]
    drain()
    assert shop.caller.get(f"/images/{shown['id']}")[1]["error"]["code"] == "source_changed"


def _png(width: int, height: int) -> bytes:
    """A PNG that says that it is that large and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"<html>404</html>", {"image_unreadable", "image_type_unsupported"}),
        (b"\x00", {"image_unreadable"}),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', {"image_type_unsupported"}),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", {"image_type_unsupported", "image_unreadable"}),
        (b"%PDF-1.7\n", {"image_type_unsupported", "image_unreadable"}),
        (b"PK\x03\x04" + b"\0" * 60, {"image_unreadable", "image_type_unsupported"}),
        (picture("cut")[:900], {"image_truncated", "image_unreadable"}),
        (picture("tiny", side=1), {"image_too_small"}),
        (_png(13_000, 13_000), {"image_too_large_pixels", "image_bomb_suspected"}),
        (_png(65_000, 65_000), {"image_too_large_pixels", "image_bomb_suspected"}),
    ],
    ids=["html", "byte", "svg", "eps", "pdf", "zip", "truncated", "tiny", "bomb", "header"],
)
def test_a_hostile_file_is_rejected_and_stops_nobody(data: bytes, codes: set[str]) -> None:
    shop = Shop()
    product = shop.product()
    bad = send(shop.caller, product, data)[1]
    good = send(shop.caller, product, picture("good"))[1]
    drain()

    shown = shop.caller.get(f"/images/{bad['id']}")[1]
    assert (shown["status"], shown["error"]["code"] in codes) == ("rejected", True), shown["error"]
    assert shop.caller.get(f"/images/{good['id']}")[1]["status"] == "ready"
    sources = choose_sources(Product.objects.get(), "packshot")
    assert [source.image.public_id for source in sources] == [good["id"]]


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\..\\x.jpg", "a\x00b.jpg", "x" * 5000, "\u202egpj.exe", ".htaccess"],
)
def test_a_file_is_never_named_by_its_sender(name: str) -> None:
    shop = Shop()
    product = shop.product()
    status, shown = send(shop.caller, product, picture("a"), name=name)

    assert status == 202
    image = SourceImage.objects.get()
    key = f"{shop.caller.workspace.pk.hex}/{image.sha256[:2]}/{image.sha256}.bin"
    assert files.get("originals", key) == picture("a")
    assert "passwd" not in str(shown)


def test_it_keeps_the_order_that_it_is_told() -> None:
    shop = Shop()
    product = shop.product()
    for name, position in (("a", None), ("b", 0), ("c", 1), ("d", 40)):
        extra: dict[str, Any] = {} if position is None else {"position": position}
        send(shop.caller, product, picture(name), external_id=name, **extra)
    drain()

    found = Product.objects.get().images.order_by("position")
    assert [(image.external_id, image.position) for image in found] == [
        ("b", 0), ("c", 1), ("a", 2), ("d", 3),
    ]  # fmt: skip
    rows = shop.caller.get(f"/products/{product.public_id}/images")[1]["data"]
    assert sorted(row["position"] for row in rows) == [0, 1, 2, 3]


def test_an_id_is_taken_once_and_free_again_when_the_image_is_gone() -> None:
    shop = Shop()
    product = shop.product()
    first = send(shop.caller, product, picture("a"), external_id="A")[1]
    assert send(shop.caller, product, picture("b"), external_id="A")[1]["code"] == (
        "duplicate_external_id"
    )
    drain()
    before = Product.objects.get().inputs_hash
    assert shop.caller.ask("DELETE", f"/images/{first['id']}")[0] == 204
    assert shop.caller.get(f"/images/{first['id']}")[0] == 404
    assert Product.objects.get().inputs_hash != before
    status, again = send(shop.caller, product, picture("b"), external_id="A")
    drain()
    assert (status, again["id"]) == (202, first["id"])
    assert SourceImage.objects.get().sha256 == hashlib.sha256(picture("b")).hexdigest()
    assert told(product.pk)[-2:] == ["product.updated", "product.inputs_changed"]


def test_a_product_has_fifty_images_at_most() -> None:
    shop = Shop()
    product = shop.product()
    SourceImage.objects.bulk_create(
        SourceImage(product=product, external_id=str(n), url="", position=n) for n in range(50)
    )
    status, problem = send(shop.caller, product, picture("a"))

    assert (status, problem["errors"][0]["code"]) == (422, "too_many")


def test_an_image_names_its_product() -> None:
    shop, stranger = Shop(), Shop()
    product = shop.product()
    body = {"url": "https://cdn.example/a.jpg"}

    status, problem = shop.caller.post("/images", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/product")
    assert "/uploads" in problem["errors"][0]["detail"]
    foreign = {**body, "product": stranger.product().public_id}
    status, problem = shop.caller.post("/images", foreign)
    assert (status, problem["errors"][0]) == (
        422,
        {
            "pointer": "/product",
            "code": "not_found",
            "detail": "There is no such object in this workspace.",
        },
    )
    assert shop.caller.post("/images", {**body, "product": product.public_id})[0] == 202


@pytest.mark.parametrize("body", [{}, {"url": "https://a.example/a.jpg", "upload": "UPLOAD"}])
def test_it_is_either_an_address_or_an_upload(body: dict[str, str]) -> None:
    shop = Shop()
    product = shop.product()
    upload = form(shop.caller, "/uploads", picture("a"))[1]["id"]
    body = {name: value.replace("UPLOAD", upload) for name, value in body.items()}

    assert shop.caller.post(f"/products/{product.public_id}/images", body)[0] == 422
    assert Upload.objects.get().used_at is None


def test_a_new_photograph_starts_what_automations_ask_for() -> None:
    shop = Shop()
    product = shop.product()
    preset = make_preset(shop.caller.workspace)
    Automation.objects.create(store=product.store, preset=preset, publish="none")
    send(shop.caller, product, picture("a"))
    assert not Generation.objects.exists(), "nobody has looked at it yet"

    generation_work.look_at_arrivals(new_owner())
    HeldChange.objects.update(due_at=timezone.now())
    automations.start_due(new_owner())

    generation = Generation.objects.get()
    assert generation.source == SourceImage.objects.get()


def test_our_own_picture_that_comes_back_is_no_input() -> None:
    shop = Shop()
    product = shop.photographed()
    before = Product.objects.get().inputs_hash
    asset = make_asset(product)
    publication = product.publications.create(store=product.store, family=product)
    PublicationItem.objects.create(
        publication=publication,
        asset_id=asset.pk,
        storage_key=asset.main.key,
        sha256=asset.main.sha256,
        content_type="image/jpeg",
        placement="last",
    )
    send(shop.caller, product, files.get("assets", asset.main.key), external_id="echo")
    drain()

    echo = SourceImage.objects.get(external_id="echo")
    assert (echo.status, echo.is_generated) == ("rejected", True)
    assert Product.objects.get().inputs_hash == before


def test_a_worker_that_dies_three_times_over_a_file_is_the_last() -> None:
    shop = Shop()
    send(shop.caller, shop.product(), picture("a"))
    Arrival.objects.update(attempt=3)
    drain()

    assert SourceImage.objects.get().error_code == "internal_error"


def test_what_a_lost_worker_found_is_dropped() -> None:

    shop = Shop()
    send(shop.caller, shop.product(), picture("a"))
    arrival = Arrival.objects.get()
    Arrival.objects.update(lease_owner="another", lease_until=timezone.now() + timedelta(minutes=1))
    images.ready(arrival, "me", sha256="0" * 64, size=(1, 1), facts={})
    images.rejected(arrival, "me", code="image_unreadable", message="No.")

    image = SourceImage.objects.get()
    assert (image.status, told(image.pk)) == ("pending", [])
    shown = Caller(shop.caller.workspace).get(f"/images/{image.public_id}")[1]
    assert shown["status"] == "fetching"


def test_a_slow_address_holds_no_transaction(httpserver: HTTPServer) -> None:
    """POST asks nobody: nothing is sent before the worker looks."""
    shop = Shop()
    product = shop.product()
    url = "https://cdn.example/a.jpg"

    assert shop.caller.post(f"/products/{product.public_id}/images", {"url": url})[0] == 202
    assert httpserver.log == []
