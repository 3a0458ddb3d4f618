"""Replays the recorded REST exchanges, group by group, and lists what differs."""

from __future__ import annotations

import hashlib
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder, TestResponse

from tests.contracts import compare, recordings
from tests.contracts.coverage import is_covered
from tests.contracts.peer import Peer, listening
from tests.contracts.recordings import Recording
from tests.contracts.replay import Replayed, picture, sandbox

NEW_YORK, TOKYO = "America/New_York", "Asia/Tokyo"
_UPLOADS = {"g.png": "PNG", "g.webp": "WEBP", "g.avif": "AVIF", "lie.jpg": "PNG"}
_MEDIA_VALUES = (
    "id", "source_url", "link", "slug", "title", "alt_text", "post", "mime_type", "author",
)  # fmt: skip
# What the image recordings had left behind when the webhook recordings began.
_EARLIER_FILES = (*(f"tshirt-2-{n}.jpg" for n in range(1, 5)), "polo-2-1.jpg", "polo-2-2.jpg")


def covered(prefix: str) -> list[Recording]:
    return [recordings.load(name) for name in recordings.names(prefix) if is_covered(name)]


def authentication(folder: Path) -> list[str]:
    return _replayed(sandbox(folder, highest_id=33), covered("a-auth-"))


def lists(folder: Path) -> list[str]:
    return _replayed(sandbox(folder, highest_id=83), covered("c-list-"))


def time_zones(folder: Path) -> list[str]:
    replayed = sandbox(folder, highest_id=82)
    state = replayed.store.state
    state.tables.timezone = NEW_YORK
    found = _replayed(replayed, covered("c-tz-"))
    for zone, stamp in ((NEW_YORK, "2026-11-22T07:10:2{}"), (TOKYO, "2026-11-22T07:10:2{}")):
        state.tables.timezone = zone
        second = 3 if zone == NEW_YORK else 8
        for number, moment in ((75, stamp.format(second)), (73, stamp.format(second + 1))):
            product = state.tables.products[number]
            product.modified_gmt, product.modified_local = moment, state.local(moment)
            product.created_local = state.local(product.created_gmt)
        name = zone.lower().replace("/", "-").replace("_", "-")
        found += _replayed(replayed, [r for r in covered("c-tz2-") if name in r.name])
    state.tables.timezone = "UTC"
    return found + _replayed(replayed, [r for r in covered("c-tz2-") if "put" in r.name])


def images(folder: Path) -> list[str]:
    with listening() as peer:
        replayed = sandbox(folder, highest_id=83, port=peer.port)
        replayed.store.state.tables.next_meta_id = 1092
        return _replayed(replayed, covered("d-images-"))


def uploads(folder: Path) -> list[str]:
    replayed = sandbox(folder, highest_id=103)
    found: list[str] = []
    for recording in covered("e-media-"):
        answer = replayed.send(_with_file(recording), data=_file(recording))
        found += differences(replayed, recording, answer)
        if isinstance(recording.body, dict) and recording.status < 300:
            shown: dict[str, Any] = answer.json or {}
            found += [
                f"{recording.name}: {key} {recording.body[key]!r} became {shown.get(key)!r}"
                for key in _MEDIA_VALUES
                if key in recording.body and recording.body[key] != shown.get(key)
            ]
    return found


def _file(recording: Recording) -> bytes | None:
    body = recording.request["body"]
    size = re.fullmatch(r"<(\d+) bytes binary>", body) if isinstance(body, str) else None
    if size is None:
        return None
    if int(size[1]) > 1_000_000:
        return bytes(int(size[1]))
    if "multipart" in recording.name:
        return _form()
    disposition = recording.request["headers"].get("Content-Disposition", "")
    name = re.search(r'filename="([^"]+)"', disposition)
    return picture(_UPLOADS.get(name[1] if name else "", "JPEG"))


@cache
def _form() -> bytes:
    fields = {
        "file": (io.BytesIO(picture()), "multi.jpg"),
        "title": "T title",
        "alt_text": "T alt",
        "caption": "T cap",
        "description": "T desc",
        "post": "56",
    }
    return bytes(EnvironBuilder(method="POST", data=fields).get_environ()["wsgi.input"].read())


def _with_file(recording: Recording) -> Recording:
    """Correct the headers that describe a body which was not recorded."""
    headers = dict(recording.request["headers"])
    data = _file(recording)
    if data is not None and "md5-right" in recording.name:
        headers["Content-MD5"] = hashlib.md5(data).hexdigest()
    if "multipart" in recording.name:
        boundary = (data or b"").lstrip().split(b"\r\n", 1)[0].removeprefix(b"--").decode()
        headers["Content-Type"] = f'multipart/form-data; boundary="{boundary}"'
    request = {**recording.request, "headers": headers}
    return Recording(recording.name, {**recording.data, "request": request})


def webhooks(folder: Path) -> list[str]:
    with listening() as peer:
        replayed = sandbox(folder, highest_id=120, port=peer.port, files=_EARLIER_FILES)
        found: list[str] = []
        for name in recordings.names("i-hooks-"):
            recording = recordings.load(name)
            if "received" in recording.data:
                found += _deliveries(replayed, peer, recording)
            else:
                answer = replayed.send(recording)
                found += differences(replayed, recording, answer) if is_covered(name) else []
        return found


def _deliveries(replayed: Replayed, peer: Peer, recording: Recording) -> list[str]:
    if "media-alt-edit" in recording.name:
        _edit_alt(replayed)
    replayed.store.deliver_webhooks()
    got, wanted = peer.take(), recording.data["received"]
    topics = [request.headers.get("X-Wc-Webhook-Topic") for request in got]
    recorded = [dict(row["headers"]).get("X-WC-Webhook-Topic") for row in wanted]
    if topics != recorded:
        return [f"{recording.name}: recorded {recorded}, delivered {topics}"]
    found: list[str] = []
    for request, row in zip(got, wanted, strict=True):
        missing = {name.lower() for name, _ in row["headers"]} - {
            n.lower() for n in request.headers
        }
        found += [f"{recording.name}: header {name} is missing" for name in missing]
        found += _payload(recording.name, row["body"], request.body.decode())
    return found


def _payload(name: str, recorded: str, sent: str) -> list[str]:
    if not recorded.startswith("{"):
        return [] if recorded == sent else [f"{name}: recorded {recorded!r}, sent {sent!r}"]
    wanted, body = json.loads(recorded), json.loads(sent)
    found = compare.differences(wanted, body)
    if wanted.get("id") != body.get("id") or wanted.get("message") != body.get("message"):
        found.append(f"recorded {recorded[:80]}, sent {sent[:80]}")
    return [f"{name}: {line}" for line in found]


def _edit_alt(replayed: Replayed) -> None:
    """The alt edit in the media library, which was made in between without being recorded."""
    replayed.store.state.tables.attachments[121].alt = "zz"


def _replayed(replayed: Replayed, wanted: list[Recording]) -> list[str]:
    return [
        line
        for recording in wanted
        for line in differences(replayed, recording, replayed.send(recording))
    ]


def differences(replayed: Replayed, recording: Recording, answer: TestResponse) -> list[str]:
    """List what differs between a recorded answer and the sandbox's."""
    if answer.status_code != recording.status:
        text = answer.get_data(as_text=True)[:200]
        return [f"{recording.name}: recorded {recording.status}, got {answer.status_code} {text}"]
    headers: dict[str, str] = replayed.expected(recording.headers)
    if "json" not in headers["Content-Type"]:
        return []
    found = compare.header_differences(headers, answer.headers)
    if recording.request["method"] != "HEAD":
        found += _bodies(replayed.expected(recording.body), answer.json, recording.status)
    return [f"{recording.name}: {line}" for line in found]


def _bodies(recorded: Any, answered: Any, status: int) -> list[str]:
    if status >= 400:
        return [] if recorded == answered else [f"recorded {recorded}, answered {answered}"]
    found = compare.differences(recorded, answered)
    for look in (compare.ids, compare.gallery):
        if look(recorded) != look(answered):
            found.append(f"recorded {look(recorded)}, answered {look(answered)}")
    return found
