"""Following a generation by server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from generation import review
from generation.api import event_stream
from generation.models import Generation
from productviz.outbox.models import Event
from tests.api.rows import Shop, make_shop
from tests.factories import make_generation

pytestmark = pytest.mark.django_db
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream's minute is a moment here."""
    monkeypatch.setattr(event_stream, "LONGEST_SECONDS", 0.2)
    monkeypatch.setattr(event_stream, "LOOK_SECONDS", 0.01)


def opened(shop: Shop, row: Generation, **headers: str) -> Any:
    """Open a stream; the response."""
    status, _ = shop.caller.get(f"/generations/{row.public_id}/events", **{**STREAM, **headers})
    assert status == 200
    return shop.caller.last


def frames(lines: Iterator[bytes]) -> list[dict[str, str]]:
    """What a browser's EventSource would make of the lines."""
    text = b"".join(lines).decode()
    blocks = [
        block for block in text.split("\n\n") if block and not block.startswith((":", "retry"))
    ]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


def test_it_tells_all_that_happened_and_ends_with_the_end() -> None:
    shop = make_shop()
    row = make_generation(shop.product, preset=shop.preset)
    review.cancel(row)

    response = opened(shop, row)
    told = frames(response)

    assert response["Content-Type"] == "text/event-stream"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Accel-Buffering"] == "no"
    assert [frame["event"] for frame in told] == ["generation.accepted", "generation.canceled"]
    data = json.loads(told[1]["data"])
    assert told[1]["id"] == data["id"] == Event.objects.get(type="generation.canceled").public_id
    assert data["data"]["object"]["status"] == "canceled"


def test_it_goes_on_after_what_the_client_has_seen() -> None:
    shop = make_shop()
    row = make_generation(shop.product, preset=shop.preset)
    review.cancel(row)
    first = Event.objects.get(type="generation.accepted")

    told = frames(opened(shop, row, **{"Last-Event-ID": first.public_id}))

    assert [frame["event"] for frame in told] == ["generation.canceled"]


def test_it_begins_again_after_an_event_that_is_another_generations() -> None:
    shop = make_shop()
    row, other = (make_generation(shop.product, preset=shop.preset) for _ in range(2))
    review.cancel(row)
    last = Event.objects.filter(object_id=other.pk).latest("pk")

    told = frames(opened(shop, row, **{"Last-Event-ID": last.public_id}))

    assert len(told) == 2


def test_it_tells_what_happens_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "LONGEST_SECONDS", 30.0)
    shop = make_shop()
    row = make_generation(shop.product, preset=shop.preset)
    lines = iter(opened(shop, row))

    first = [next(lines), next(lines)]
    review.cancel(row)
    rest = frames(lines)

    assert first[0] == b"retry: 2000\n\n"
    assert b"generation.accepted" in first[1]
    assert [frame["event"] for frame in rest] == ["generation.canceled"]


def test_it_ends_in_time_and_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.02)
    shop = make_shop()
    row = make_generation(shop.product, preset=shop.preset)

    text = b"".join(opened(shop, row)).decode()

    assert text.count("event: ") == 1
    assert text.count(": still here") >= 2


@pytest.mark.django_db(transaction=True)
def test_it_takes_a_few_streams_at_a_time_and_gives_each_place_back() -> None:
    shop = make_shop()
    row = make_generation(shop.product, preset=shop.preset)
    path = f"/generations/{row.public_id}/events"
    one, other = opened(shop, row), opened(shop, row)

    status, problem = shop.caller.get(path, **STREAM)
    busy = shop.caller.last
    one.close()  # a client that left before a line was read
    again = opened(shop, row)
    again.close()
    other.close()

    assert (status, problem["code"]) == (503, "temporary-reduced-capacity")
    assert busy["Content-Type"] == "application/problem+json"
    assert busy["Retry-After"] == "5"
    assert shop.caller.get(path)[0] == 200, "a list needs no place"


def test_it_lets_nobody_follow_what_is_not_theirs() -> None:
    mine, theirs = make_shop(), make_shop()
    row = make_generation(theirs.product, preset=theirs.preset)

    status, problem = mine.caller.get(f"/generations/{row.public_id}/events", **STREAM)

    assert (status, problem["code"]) == (404, "not_found")
    assert mine.caller.last["Content-Type"] == "application/problem+json"


def test_it_takes_only_the_id_of_an_event() -> None:
    shop = make_shop()
    row = make_generation(shop.product, preset=shop.preset)

    status, problem = shop.caller.get(
        f"/generations/{row.public_id}/events", **STREAM, **{"Last-Event-ID": "7; drop"}
    )

    assert (status, problem["code"]) == (400, "header_invalid")


@pytest.mark.parametrize("accept", ["text/html", "image/png"])
def test_it_has_no_other_form(accept: str) -> None:
    shop = make_shop()
    row = make_generation(shop.product, preset=shop.preset)

    status, _ = shop.caller.get(f"/generations/{row.public_id}/events", Accept=accept)

    assert status == 406


def test_it_lets_no_text_from_outside_end_a_frame() -> None:
    shop = make_shop()
    shop.product.external_id = "x\n\nevent: forged\ndata: {}"
    shop.product.save()
    row = make_generation(shop.product, preset=shop.preset)
    review.cancel(row)

    told = frames(opened(shop, row))

    assert [frame["event"] for frame in told] == ["generation.accepted", "generation.canceled"]
