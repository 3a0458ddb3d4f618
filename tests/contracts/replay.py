"""Replays recorded requests against a sandbox store that was seeded from the recordings.

Requests go through the WSGI application with the recorded host, scheme, clock and
credentials, so that even the recorded OAuth signatures are verified for real.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from werkzeug.datastructures import Headers
from werkzeug.test import Client, EnvironBuilder, TestResponse

from integrations.sandbox.woocommerce import SandboxStore
from integrations.sandbox.woocommerce.tables import (
    ApiKey,
    AppPassword,
    Attachment,
    Category,
    Meta,
    Product,
)
from tests.contracts import recordings
from tests.contracts.recordings import Recording

ADMIN, MANAGER, CUSTOMER = 1, 2, 3
_KEYS = (
    ("a-auth-01-https-basic-ok.json", ADMIN, "read_write"),
    ("a-auth-09-read-key-writes.json", ADMIN, "read"),
    ("a-auth-10-write-key-reads.json", ADMIN, "write"),
    ("a-auth-12-customer-key-reads.json", CUSTOMER, "read_write"),
    ("a-auth-14-shop-manager-key-lists.json", MANAGER, "read_write"),
    ("g-wcauth-09-use-issued-key.json", ADMIN, "read_write"),
)
_PASSWORDS = (
    ("h-apppw-24-list-app-passwords.json", ADMIN, "a7c78493-2286-40ad-95f8-1344f24274f6"),
    ("e-media-07-shop-manager-app-password.json", MANAGER, "shopman"),
)
# id -> (a product to copy, when it was created)
_GAPS = {
    **dict.fromkeys(range(13, 18), (18, "2026-11-22T07:00:49")),
    61: (58, "2026-11-22T07:06:18"),
    63: (58, "2026-11-22T07:06:19"),
}
_RECORDED_HOSTS = ("127.0.0.1:8443", "127.0.0.1:8080", "127.0.0.1:8090")
_NOT_COLUMNS = frozenset(
    {"id", "name", "slug", "permalink", "type", "status", "images", "categories", "attributes",
     "variations", "meta_data", "_links", "parent_id", "image", "gallery_image_ids"}
)  # fmt: skip


class Replayed:
    """A sandbox in the state of the recorded store, and a way to send it recorded requests."""

    def __init__(self, store: SandboxStore, *, port: int | None = None) -> None:
        self.store = store
        self.port = port

    def text(self, value: str) -> str:
        """Rewrite recorded addresses to the servers of this test."""
        if self.port is not None:
            for host in _RECORDED_HOSTS:
                value = value.replace(host, f"127.0.0.1:{self.port}")
        return value

    def expected(self, value: Any) -> Any:
        """Rewrite a recorded body or header map."""
        return json.loads(self.text(json.dumps(value)))

    def send(self, recording: Recording, *, data: bytes | None = None) -> TestResponse:
        """Send the recorded request; `data` stands in for a body that was not recorded."""
        request = recording.request
        self.store.state.now = lambda: recording.moment
        return self.open(
            request["method"],
            self.text(request["url"]),
            headers=request["headers"],
            data=data if data is not None else self._body(request.get("body")),
        )

    def _body(self, body: Any) -> bytes:
        if body is None:
            return b""
        return self.text(body if isinstance(body, str) else json.dumps(body)).encode()

    def open(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, data: bytes = b""
    ) -> TestResponse:
        """Send one request to the address it names."""
        parts = urlsplit(url)
        self.store.state.home = f"{parts.scheme}://{parts.netloc}"
        kept = {
            name: value
            for name, value in (headers or {}).items()
            if name not in ("Content-Length", "Connection", "Accept-Encoding")
        }
        builder = EnvironBuilder(
            parts.path, self.store.state.home, parts.query, method=method, headers=Headers(kept),
            data=data, environ_base={"REMOTE_ADDR": "127.0.0.1"},
        )  # fmt: skip
        return Client(self.store.application).open(builder)


def sandbox(
    folder: Path, *, highest_id: int, port: int | None = None, files: tuple[str, ...] = ()
) -> Replayed:
    """A strict store with the recorded products up to an id, the recorded keys and users."""
    store = SandboxStore(strict=True, data=folder)
    store.state.persistent = False
    for login, password in (("admin", "admin-pass-1"), ("shopman", "shopman-pass-1")):
        store.user(login).password = password
    _add_keys(store)
    for row in recordings.load("c-list-47-categories.json").body:
        shown = Category(row["id"], row["name"], row["slug"], row["parent"])
        store.state.tables.categories[row["id"]] = shown
    recorded = recordings.products()
    _fill_gaps(store, recorded, highest_id)
    for row in recorded.values():
        if row["id"] <= highest_id:
            _add_product(store, row)
    for row in recordings.variations().values():
        _add_product(store, {**row, "slug": "", "images": [row["image"]] if row["image"] else []})
    _add_sample_files(store, files)
    store.state.tables.next_post_id = highest_id + 1
    return Replayed(store, port=port)


def _add_keys(store: SandboxStore) -> None:
    tables = store.state.tables
    for number, (name, user, permissions) in enumerate(_KEYS, start=1):
        key, secret = recordings.credentials(name)
        tables.keys[number] = ApiKey(number, user, "recorded", permissions, key, secret)
    tables.next_key_id = len(_KEYS) + 1
    for name, user, uuid in _PASSWORDS:
        password = recordings.credentials(name)[1].replace(" ", "")
        created = "2026-11-22T07:01:26"
        tables.app_passwords[uuid] = AppPassword(uuid, user, "holdout", "", password, created)


def _fill_gaps(store: SandboxStore, recorded: dict[int, Any], highest_id: int) -> None:
    """The products and variations of the recorded store that no recording shows."""
    for number, (model, moment) in _GAPS.items():
        if number <= highest_id:
            stamps = {"date_created_gmt": moment, "date_modified_gmt": moment}
            names = {"name": f"Sample {number}", "slug": f"sample-{number}", "sku": f"HL-{number}"}
            row = {**recorded[model], **stamps, **names, "id": number, "images": []}
            _add_product(store, {**row, "sku": f"S{number}" if model == 18 else row["sku"]})
    for number in recorded[10]["variations"]:
        _add_product(
            store,
            {**recorded[18], "id": number, "type": "variation", "parent_id": 10, "images": [],
             "slug": "", "sku": f"V{number}"},
        )  # fmt: skip


def _add_sample_files(store: SandboxStore, more: tuple[str, ...]) -> None:
    """The sample shop's pictures that belong to no recorded product; new files get numbers."""
    for name in more:
        (store.state.uploads / "2026/11" / name).touch()
    names = ["tshirt-2", "cap-2", "polo-2", "beanie-2", *(f"sample-{n}" for n in range(35, 51))]
    moment = "2026-11-22T07:00:51"
    dates = {"date_created_gmt": moment, "date_modified_gmt": moment}
    for number, name in zip(range(35, 56), names, strict=False):
        image = {
            **dates,
            "id": number,
            "name": name,
            "alt": "",
            "src": f"/wp-content/uploads/2026/11/{name}.jpg",
        }
        if number in store.state.tables.attachments:
            (store.state.uploads / "2026/11" / f"{name}.jpg").touch()
        else:
            _add_attachment(store, image, 0)


def _add_product(store: SandboxStore, row: dict[str, Any]) -> None:
    tables = store.state.tables
    for image in row["images"]:
        _add_attachment(store, image, row["id"])
    tables.products[row["id"]] = Product(
        id=row["id"],
        type=row["type"],
        name=row["name"],
        slug=row["slug"],
        status=row["status"],
        created_gmt=row["date_created_gmt"],
        created_local=row["date_created_gmt"],
        modified_gmt=row["date_modified_gmt"],
        modified_local=row["date_modified_gmt"],
        parent_id=row["parent_id"],
        fields={
            k: v for k, v in row.items() if k not in _NOT_COLUMNS and not k.startswith("date_")
        },
        image_ids=[image["id"] for image in row["images"]],
        category_ids=[category["id"] for category in row.get("categories", [])],
        attributes=row["attributes"],
        meta=[Meta(meta["id"], meta["key"], meta["value"]) for meta in row["meta_data"]],
    )


def _add_attachment(store: SandboxStore, image: dict[str, Any], parent: int) -> None:
    file = urlsplit(image["src"]).path.removeprefix("/wp-content/uploads/")
    path = store.state.uploads / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    store.state.tables.attachments[image["id"]] = Attachment(
        id=image["id"], author=ADMIN, parent_id=parent, file=file, mime_type="image/jpeg",
        title=image["name"], slug=Path(file).stem, width=801, height=801, filesize=0,
        created_gmt=image["date_created_gmt"], created_local=image["date_created_gmt"],
        modified_gmt=image["date_modified_gmt"], modified_local=image["date_modified_gmt"],
        alt=image["alt"],
    )  # fmt: skip


def picture(
    kind: str = "JPEG", *, size: tuple[int, int] = (801, 801), turned: bool = False
) -> bytes:
    """An image file of a kind Pillow can write."""
    image = Image.new("CMYK" if kind == "CMYK" else "RGB", size, 90)
    exif = image.getexif()
    if turned:
        exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG" if kind == "CMYK" else kind, exif=exif)
    return out.getvalue()


def with_local_policy(replayed: Replayed) -> None:
    """Let the store call this test's plain-http receiver on its odd port."""
    state = replayed.store.state
    state.policy = replace(
        state.policy, private_hosts_allowed=True, any_port_allowed=True, http_callback_allowed=True
    )
