"""Answers of a shop that are hostile or broken: nothing is stuck for good."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from integrations import mirror
from integrations.contract import Image, ImageFile, NeedsMerchant, PlatformError, Retryable
from integrations.models import Product
from integrations.platforms.shopify import joined, mapping
from integrations.platforms.shopify.adapter import ShopifyAdapter
from integrations.platforms.shopify.bucket import Bucket, wait_after_throttle
from integrations.platforms.shopify.client import Client
from productviz.lib.http import OutboundError, download
from tests.embedded.conftest import make_shop
from tests.shopify.conftest import SHOP, Tokens, app_at

COST = (
    '{"requestedQueryCost": %s, "throttleStatus":'
    ' {"maximumAvailable": %s, "currentlyAvailable": %s, "restoreRate": %s}}'
)
NUMBERS = ("NaN", "Infinity", "-Infinity", "-1", "1" + "0" * 400, '"x"', "null", "[]")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("place", range(4))
def test_a_cost_that_is_no_number_stops_nothing(number: str, place: int) -> None:
    parts = ["10", "2000", "1500", "100"]
    parts[place] = number
    cost = json.loads(COST % tuple(parts))
    bucket = Bucket()

    bucket.learn("product", cost)

    for wait in (bucket.take("product"), bucket.take("product")):
        assert 0 <= wait <= 10
    assert wait_after_throttle(cost) >= 0.2


@pytest.mark.django_db
def test_letters_that_no_database_takes_are_left_out() -> None:
    row = json.loads(
        r"""{"id": "gid://shopify/Product/1", "title": "Mu\u0000g \ud800red", "status": "ACTIVE",
        "descriptionHtml": "<p>Clay\u0000\udfff</p>", "updatedAt": "0001-01-01T00:00:00+23:59",
        "options": [{"name": "Si\u0000ze", "values": ["L\ud800"]}]}"""
    )
    image = json.loads(
        r"""{"id": "gid://shopify/MediaImage/2", "alt": "A\u0000 mug\ud800",
        "image": {"url": "https://cdn.example/mug.jpg"}}"""
    )
    variant = json.loads(
        r"""{"id": "gid://shopify/ProductVariant/3", "sku": "M\u0000-1\ud800",
        "selectedOptions": [{"name": "Size", "value": "L\u0000"}],
        "media": {"nodes": [{"id": "gid://shopify/MediaImage/2"}]}}"""
    )

    mirror.upsert(make_shop(), mapping.family(row, [image], [variant]))

    top = Product.objects.get(external_id="gid://shopify/Product/1")
    assert (top.title, top.description, top.options) == ("Mug red", "Clay", {"Size": "L"})
    assert top.images.get().alt == "A mug"
    assert Product.objects.get(type="variant").sku == "M-1"


FILE = ImageFile("mug.jpg", "image/jpeg", b"\xff\xd8\xff", public_url="", alt="")
INSIDE = (
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:6379/",
    "http://[::ffff:10.0.0.5]/",
    "http://2130706433/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:25/",
    "http://storage.example@127.0.0.1/",
    "http://storage.example/\r\nX-Evil: 1",
    "",
)


@pytest.mark.parametrize("url", INSIDE)
def test_a_shop_cannot_send_us_into_our_own_network(url: str) -> None:
    client = Client(SHOP, app_at("http://127.0.0.1:1"), Tokens())
    image = Image("gid://shopify/MediaImage/1", url)

    with pytest.raises(PlatformError):
        client.upload({"url": url, "parameters": []}, FILE)
    with pytest.raises(PlatformError):
        ShopifyAdapter(SHOP, app_at("http://127.0.0.1:1"), Tokens()).download(image)
    with pytest.raises(OutboundError):
        download(url, io.BytesIO(), max_bytes=1, total_timeout=1)


def test_nothing_follows_where_a_shop_leads(httpserver: HTTPServer, settings: Any) -> None:
    """Neither the token nor a picture goes to another address than the one that was asked."""
    settings.OUTBOUND_ALLOW_HOSTS = [f"{httpserver.host}:{httpserver.port}"]
    away = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request(re.compile("/(?!elsewhere).*")).respond_with_data(
        "", 307, headers=away
    )
    client = Client(SHOP, app_at(httpserver.url_for("")), Tokens())

    with pytest.raises(NeedsMerchant):
        client.run("app_installation")
    with pytest.raises(Retryable):
        client.upload({"url": httpserver.url_for("/staged"), "parameters": []}, FILE)

    assert [request.path for request, _ in httpserver.log if "elsewhere" in request.path] == []


class EndlessLine(io.RawIOBase):
    """A line of 500 MB, then a product."""

    left = 500_000_000
    last = b'\n{"id": "gid://shopify/Product/1"}\n'

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(self.left, len(buffer))
        if size:
            buffer[:size] = b"[" * size
            self.left -= size
            return size
        chunk, self.last = self.last[: len(buffer)], self.last[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


def test_a_line_of_half_a_gigabyte_costs_little_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        joined.build(io.BufferedReader(EndlessLine()), tmp_path / "bulk.sqlite3")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 60_000_000
    assert joined.count(tmp_path / "bulk.sqlite3") == 1


def test_a_disk_that_is_full_keeps_no_half_built_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(joined, "_owner", full)

    with pytest.raises(sqlite3.OperationalError):
        joined.build(io.BytesIO(b"{}\n"), tmp_path / "bulk.sqlite3")

    assert list(tmp_path.iterdir()) == []
