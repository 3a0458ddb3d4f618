"""Replays the recorded consent flows: wc-auth with its callbacks, and application passwords."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import Client, TestResponse

from integrations.sandbox.woocommerce.policy import STRICT
from tests.contracts import recordings
from tests.contracts.coverage import is_covered, key_of
from tests.contracts.peer import Peer, listening
from tests.contracts.recordings import Recording
from tests.contracts.replay import Replayed, picture, sandbox, with_local_policy
from tests.contracts.rest_replay import differences

# First number of a recorded wc-auth scenario -> who logs in with which password.
_PEOPLE = {
    50: ("shopman", "shopman-pass-1"),
    54: ("buyer", "buyer-pass-1"),
    56: ("admin", "wrong"),
}
_STRICT_SCENARIOS = (*range(18, 26), *range(42, 46), *range(58, 65))
_SECRET = re.compile(r"password=\w+")


def wc_auth(folder: Path) -> list[str]:
    with listening() as peer:
        replayed = _later(folder)
        flow = _Flow(replayed, peer)
        return [
            line
            for name in recordings.names("g-wcauth-")
            if is_covered(name)
            for line in flow.step(recordings.load(name))
        ]


def _later(folder: Path) -> Replayed:
    """The store after the time-zone recordings: product 75 was last saved under Tokyo time."""
    replayed = sandbox(folder, highest_id=82)
    tables = replayed.store.state.tables
    tables.next_post_id = 119
    tables.products[75].created_local = "2026-11-22T16:06:22"
    return replayed


class _Flow:
    """One browser, walking through scenario after scenario."""

    def __init__(self, replayed: Replayed, peer: Peer) -> None:
        self.replayed = replayed
        self.peer = peer
        self.browser = Client(replayed.store.application)
        self.page = ""
        self.person = ("admin", "admin-pass-1")

    def step(self, recording: Recording) -> list[str]:
        number = key_of(recording.name)[1]
        if "received" in recording.data:
            return self._received(recording)
        if "request" in recording.data:
            return differences(self.replayed, recording, self.replayed.send(recording))
        if recording.name.endswith("1-open.json"):
            self._begin(number)
        found = self._walk(recording, number)
        return [f"{recording.name}: {line}" for line in found]

    def _begin(self, number: int) -> None:
        self.browser = Client(self.replayed.store.application)
        self.person = _PEOPLE.get(number, ("admin", "admin-pass-1"))
        self.replayed.store.state.policy = STRICT
        if number not in _STRICT_SCENARIOS:
            with_local_policy(self.replayed)
        self.peer.take()

    def _text(self, value: str, number: int) -> str:
        """Put our plain-http receiver where the recording had one on port 443."""
        if number in _STRICT_SCENARIOS:
            return value
        ours = f"callback_url=http%3A%2F%2F127.0.0.1%3A{self.peer.port}%2F"
        return value.replace("callback_url=https%3A%2F%2F127.0.0.1%2F", ours)

    def _walk(self, recording: Recording, number: int) -> list[str]:
        found: list[str] = []
        chain = recording.data["chain"]
        for hop in chain:
            url = self._text(hop["url"], number)
            if "access_granted" in url:
                url = self._approval()
            form = dict(zip(("username", "password"), self.person, strict=True))
            answer = self._open(hop["method"], url, form if hop["method"] == "POST" else None)
            location = self._text(hop["location"] or "", number)
            if (hop["status"], location) != (
                answer.status_code,
                answer.headers.get("Location", ""),
            ):
                found.append(f"{hop['status']} {location} became {answer.status} {answer.location}")
        if chain[-1]["status"] == 401:
            error = recordings.text_of(recording.data["final"]["body"])
            if error not in recordings.text_of(self.page):
                found.append(f"{error!r} is not in {recordings.text_of(self.page)!r}")
        return found

    def _approval(self) -> str:
        link = re.search(r"wc-auth-approve' href='([^']+)'", self.page)
        assert link is not None, self.page
        return html.unescape(link[1])

    def _open(self, method: str, url: str, form: dict[str, str] | None) -> TestResponse:
        parts = urlsplit(url)
        home = f"{parts.scheme}://{parts.netloc}"
        self.replayed.store.state.home = home
        answer = self.browser.open(
            parts.path, method=method, base_url=home, query_string=parts.query, data=form
        )
        self.page = answer.get_data(as_text=True)
        return answer

    def _received(self, recording: Recording) -> list[str]:
        got = [
            (r.method, r.path, r.headers.get("Content-Type"), _keys(r.body))
            for r in self.peer.take()
        ]
        wanted = [
            (row["method"], row["path"], dict(row["headers"]).get("Content-Type"),
             _keys(row["body"].encode()))
            for row in recording.data["received"]
        ]  # fmt: skip
        # A redirected POST becomes a GET; whether its body goes along is curl's affair.
        same = [row if row[0] == "POST" else row[:2] for row in got] == [
            row if row[0] == "POST" else row[:2] for row in wanted
        ]
        return [] if same else [f"{recording.name}: recorded {wanted}, received {got}"]


def _keys(body: bytes) -> list[object]:
    """The callback's keys and the two values that are not random."""
    sent: dict[str, Any] = json.loads(body or b"{}")
    return [*sent, sent.get("user_id"), sent.get("key_permissions")]


def application_passwords(folder: Path) -> list[str]:
    replayed = _later(folder)
    browser = Client(replayed.store.application)
    found: list[str] = []
    page = ""
    for name in recordings.names("h-apppw-"):
        recording = recordings.load(name)
        if "request" in recording.data:
            data = picture() if "binary" in str(recording.request["body"]) else None
            found += differences(replayed, recording, replayed.send(recording, data=data))
            continue
        if name.endswith("open.json"):
            browser = Client(replayed.store.application)
        for hop in recording.data["chain"]:
            answer = _hop(replayed, browser, hop, page)
            page = answer.get_data(as_text=True)
            recorded = (hop["status"], _SECRET.sub("", hop["location"] or ""))
            got = (answer.status_code, _SECRET.sub("", answer.headers.get("Location", "")))
            found += [] if recorded == got else [f"{name}: recorded {recorded}, got {got}"]
        if "approve" in name:
            _adopt(replayed, name)
    return found


def _hop(replayed: Replayed, browser: Client, hop: dict[str, Any], page: str) -> TestResponse:
    parts = urlsplit(hop["url"])
    home = f"{parts.scheme}://{parts.netloc}"
    replayed.store.state.home = home
    body = "" if hop["body"] == "None" else hop["body"]
    nonce = re.search(r"name='_wpnonce' value='(\w+)'", page)
    if nonce is not None:
        body = re.sub(r"_wpnonce=\w+", f"_wpnonce={nonce[1]}", body)
    return browser.open(
        parts.path,
        method=hop["method"],
        base_url=home,
        query_string=parts.query,
        data=body.replace("log=cust&pwd=cust-pass-1", "log=buyer&pwd=buyer-pass-1"),
        content_type="application/x-www-form-urlencoded" if body else None,
    )


def _adopt(replayed: Replayed, name: str) -> None:
    """Give the password just issued the recorded id and secret, for the requests that follow."""
    recorded = {
        "h-apppw-03": (
            "f1891fb2-c028-44cc-b727-13a2000ae7a3",
            "h-apppw-04-https-admin-wc-v3-with-it.json",
        ),
        "h-apppw-10": ("", "h-apppw-11-https-shop-manager-wc-v3-with-it.json"),
        "h-apppw-23": ("90688edf-59a8-4d00-b0ec-aee168f1c296", ""),
    }
    uuid, source = recorded[name[:10]]
    passwords = replayed.store.state.tables.app_passwords
    row = passwords.pop(list(passwords)[-1])
    row.uuid = uuid or row.uuid
    row.password = recordings.credentials(source)[1] if source else row.password
    passwords[row.uuid] = row
