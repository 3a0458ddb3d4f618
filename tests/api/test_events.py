"""Events to read: each key those of what it may see."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from generation import review
from generation.models import Generation
from productviz.api.events import SCOPE_OF, SETTLED
from productviz.lib import ids
from productviz.outbox.message import body_of
from productviz.outbox.models import Event
from productviz.outbox.wants import GROUPS, PING
from tests.api.caller import Caller
from tests.factories import make_generation, make_preset, make_product, make_store, make_user

pytestmark = pytest.mark.django_db

# Later than any clock that these tests run by: ids of one process only ever grow.
START = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def fresh_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids as of a process that has made none yet: those of one process only ever grow."""
    monkeypatch.setattr(ids, "_clock", ids._Clock())


def event(caller: Caller, kind: str, store: uuid.UUID | None = None) -> Event:
    return Event.objects.create(
        workspace=caller.workspace,
        store=store,
        type=kind,
        object_id=uuid.uuid4(),
        sequence=3,
        data={"object": {"id": "x"}, "previous": {}},
    )


def test_it_shows_an_event_as_webhooks_carry_it() -> None:
    caller = Caller()
    generation = make_generation(
        make_product(make_store(caller.workspace)), preset=make_preset(caller.workspace)
    )

    _, page = caller.get(f"/events?object={generation.public_id}")
    status, one = caller.get(f"/events/{page['data'][0]['id']}")

    assert status == 200
    assert page["data"] == [one]
    assert (one["type"], one["sequence"]) == ("generation.accepted", 1)
    assert one["workspace"] == caller.workspace.public_id
    assert one["data"]["object"]["id"] == generation.public_id


def test_it_has_a_scope_for_every_kind_of_event() -> None:
    assert set(SCOPE_OF) == {*GROUPS, PING}


@pytest.mark.parametrize("kind", sorted(SCOPE_OF))
def test_it_shows_events_of_what_the_key_may_read(kind: str) -> None:
    scope = SCOPE_OF[kind]
    reader = Caller(scopes=[scope])
    everything = Caller(reader.workspace)
    name = PING if kind == PING else f"{kind}.{GROUPS[kind][0].partition('.')[2]}"
    made = event(reader, name)
    others = set(SCOPE_OF.values()) - {scope}
    stranger = Caller(reader.workspace, scopes=others)

    assert [row["id"] for row in reader.get("/events")[1]["data"]] == [made.public_id]
    assert [row["id"] for row in everything.get(f"/events?type={name}")[1]["data"]] == [
        made.public_id
    ]
    assert stranger.get("/events")[1]["data"] == []
    assert stranger.get(f"/events/{made.public_id}")[0] == 404


def test_it_shows_nothing_of_other_stores() -> None:
    caller = Caller()
    mine, other = make_store(caller.workspace), make_store(caller.workspace)
    narrow = Caller(caller.workspace, stores=[str(mine.pk)])
    ours = event(caller, "product.updated", mine.pk)
    event(caller, "product.updated", other.pk)
    event(caller, "usage.threshold_reached")

    assert [row["id"] for row in narrow.get("/events")[1]["data"]] == [ours.public_id]
    assert [row["id"] for row in caller.get(f"/events?store={mine.public_id}")[1]["data"]] == [
        ours.public_id
    ]
    assert len(caller.get("/events?type=product.updated,usage.threshold_reached")[1]["data"]) == 3


def poll(caller: Caller, cursor: str = "", limit: int = 3) -> tuple[list[str], Any]:
    """The next events and the page that they came on."""
    page = caller.get(f"/events?order=asc&limit={limit}{cursor and f'&cursor={cursor}'}")[1]
    return [row["id"] for row in page["data"]], page


@pytest.mark.usefixtures("fresh_ids")
def test_it_can_be_polled_from_where_one_was_for_ever() -> None:
    caller = Caller()
    with time_machine.travel(START, tick=False) as clock:
        nothing, page = poll(caller)
        made = [event(caller, "batch.progress").public_id for _ in range(5)]
        clock.shift(60)
        first, page = poll(caller, page["next_cursor"])
        assert page["has_more"]
        rest, page = poll(caller, page["next_cursor"])
        assert not page["has_more"]
        none, page = poll(caller, page["next_cursor"])
        new = event(caller, "batch.progress").public_id
        clock.shift(60)
        last, page = poll(caller, page["next_cursor"])

    assert (nothing, first, rest, none, last) == ([], made[:3], made[3:], [], [new])
    assert page["next_cursor"]
    assert not page["has_more"]


@pytest.mark.usefixtures("fresh_ids")
def test_a_poller_misses_no_event_that_was_committed_after_a_later_one() -> None:
    """A long transaction makes its event first, and a short one is done before it."""
    caller = Caller()
    with time_machine.travel(START, tick=False) as clock:
        early = ids.uuid7()
        clock.shift(5)
        late = event(caller, "batch.progress")
        seen, page = poll(caller)
        newest = caller.get("/events")[1]
        row = Event.objects.create(
            pk=early,
            workspace=caller.workspace,
            type="batch.progress",
            object_id=uuid.uuid4(),
            sequence=1,
            data={},
        )
        clock.shift(SETTLED)
        clock.shift(1)
        more, page = poll(caller, page["next_cursor"])

    assert [seen, more] == [[], [row.public_id, late.public_id]]
    assert [one["id"] for one in newest["data"]] == [late.public_id], "descending, at once"
    assert newest["next_cursor"] is None


def test_it_names_nobody_to_a_program() -> None:
    caller = Caller()
    row = make_generation(
        make_product(make_store(caller.workspace)), preset=make_preset(caller.workspace)
    )
    Generation.objects.update(status="awaiting_review")
    person = make_user(caller.workspace)
    review.reject(row, person)
    told = Event.objects.get(type="generation.rejected")
    members = Client()
    members.force_login(person)

    bodies = [
        body_of(told).decode(),
        str(caller.get(f"/events/{told.public_id}")[1]),
        str(caller.get(f"/generations/{row.public_id}/events")[1]),
    ]
    assert [("rejected" in body, person.email in body) for body in bodies] == [(True, False)] * 3
    assert person.email in members.get(reverse("activity")).content.decode()
