"""Addresses of an event's files, for webhook endpoints that ask for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from generation.event_urls import of_event
from generation.models import Asset, Rendition
from productviz.lib import files
from productviz.outbox.models import Event
from tests.factories import make_product, make_workspace
from tests.outbox.rows import tell

pytestmark = pytest.mark.django_db


def make_asset() -> Asset:
    product = make_product()
    workspace = product.store.workspace
    asset = Asset.objects.create(
        workspace=workspace, product=product, fingerprint="f" * 64, manifest={}, score=99.0
    )
    for name in ("main", "thumbnail"):
        key = f"{workspace.pk.hex}/aa/{name}.jpg"
        files.put("assets", key, name.encode())
        Rendition.objects.create(
            asset=asset, name=name, format="jpeg", width=1, height=1, bytes=4, sha256="a" * 64,
            key=key,
        )  # fmt: skip
    return asset


def event_of(asset: Asset, **fields: Any) -> Event:
    return tell(asset.workspace, object={"id": "gen_1", "assets": [asset.public_id]}, **fields)


def test_its_addresses_open_the_files(settings: Any) -> None:
    urls = of_event(event_of(make_asset()))

    assert list(urls) == ["main", "thumbnail"]
    for name, url in urls.items():
        answer = Client().get(url.removeprefix(settings.PUBLIC_URL))
        assert (answer.status_code, answer.getvalue()) == (200, name.encode())


def test_a_removed_asset_and_another_workspaces_have_none() -> None:
    asset = make_asset()
    foreign = tell(make_workspace(), object={"id": "gen_1", "assets": [asset.public_id]})
    assert of_event(foreign) == {}

    event = event_of(asset)
    Asset.objects.filter(pk=asset.pk).update(deleted_at=event.created_at)

    assert of_event(event) == {}


@pytest.mark.parametrize("data", [{}, {"object": {}}, {"object": {"assets": None}}])
def test_an_event_without_assets_has_none(data: dict[str, Any]) -> None:
    event = tell(make_workspace())
    event.data = data

    assert of_event(event) == {}
