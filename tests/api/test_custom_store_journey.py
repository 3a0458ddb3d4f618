"""A custom store's developer, from a key to a gallery that is as it was, over a live server."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from generation.intake.accept import accept
from generation.models import Generation, Lane, PublishMode
from integrations.models import Product, Store
from productviz.accounts.keys import SCOPES, make_key
from productviz.outbox.models import Event
from tests.api.shops import drain
from tests.factories import make_preset, make_user, make_workspace
from tests.pictures import photo

pytestmark = pytest.mark.django_db(transaction=True)


class Program:
    """What a developer writes in an afternoon."""

    def __init__(self, base: str, key: str) -> None:
        self.base = f"{base}/api/v1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method: str, path: str, expect: int, **parts: Any) -> Any:
        """One request that must be answered so."""
        answer = self.session.request(method, self.base + path, timeout=30, **parts)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    def news(self, after: int) -> list[tuple[str, str]]:
        """What happened since: types and states."""
        rows = Event.objects.order_by("id")[after:]
        return [(row.type, row.data["object"].get("status", "")) for row in rows]


def test_the_journey(live_server: Any, settings: Any) -> None:
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = live_server.url, ["*"]
    workspace = make_workspace()
    _, text = make_key(workspace, name="Shop", scopes=SCOPES, created_by=make_user(workspace))
    program = Program(live_server.url, text)

    store = program.call(
        "POST", "/stores", 201, json={"kind": "custom", "base_url": "https://shop.example"}
    )
    path = f"/stores/{store['id']}/products/ext:SKU%2F1"
    product = program.call("PUT", path, 201, json={"title": "Mug", "sku": "M-1"})
    assert product["external_id"] == "SKU/1"

    upload = program.call("POST", "/uploads", 201, files={"file": ("mug.jpg", photo())})
    body = {"upload": upload["id"], "sha256": upload["sha256"], "external_id": "photo-1"}
    image = program.call("POST", f"/products/{product['id']}/images", 202, json=body)
    drain()
    image = program.call("GET", f"/images/{image['id']}", 200)
    assert (image["status"], image["width"]) == ("ready", 600)
    before = program.call("GET", path, 200)
    assert before["images"] == [image["id"]]

    generation = accept(
        product=Product.objects.get(),
        version=make_preset(workspace).latest,
        publish=PublishMode.AUTO,
        lane=Lane.NORMAL,
        requested_by=None,
    )
    drain()
    generation.refresh_from_db()
    assert generation.status == Generation.Status.SUCCEEDED, generation.error_message
    assert generation.asset is not None

    waiting = program.call("GET", "/publications?status=awaiting_store", 200)["data"]
    assert [one["items"][0]["asset"] for one in waiting] == [generation.asset.public_id]
    made = waiting[0]
    assert made["items"][0]["replaces"] == image["id"]
    said = {"asset": generation.asset.public_id, "ok": True, "remote_id": "media-9"}
    confirm = f"/publications/{made['id']}/confirm"
    shown = program.call("POST", confirm, 200, json={"items": [said]})
    assert (shown["status"], shown["items"][0]["remote_id"]) == ("published", "media-9")
    now = program.call("GET", path, 200)
    assert len(now["images"]) == 2, "the original stays an input behind ours"
    assert now["input_hash"] == before["input_hash"]
    assert now["gallery_hash"] != before["gallery_hash"]

    heard = Event.objects.count()
    rollback = f"/publications/{made['id']}/rollback"
    headers = {"Idempotency-Key": '"undo-1"'}
    rolling = program.call("POST", rollback, 202, json={}, headers=headers)
    assert rolling["status"] == "rolling_back"
    assert [one["external_id"] for one in rolling["gallery_before"]] == ["photo-1"]
    assert program.news(heard) == [("publication.requested", "rolling_back")]
    back = program.call("POST", confirm, 200, json={"items": [said]})
    assert back["status"] == "rolled_back"
    after = program.call("GET", path, 200)
    assert (after["images"], after["gallery_hash"]) == (before["images"], before["gallery_hash"])
    assert drain() == 0
    assert Generation.objects.count() == 1, "nothing of ours started anything"

    program.call("DELETE", f"/stores/{store['id']}", 202)
    drain()
    assert not Store.objects.exists()
    assert program.news(0) == [("store.deleted", "deleted")]
