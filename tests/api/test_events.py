"""Events to read: each key those of what it may see."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from generation import review
from generation.models import Generation
from productviz.api.events import SCOPE_OF
from productviz.outbox.message import body_of
from productviz.outbox.models import Event
from productviz.outbox.wants import GROUPS, PING
from tests.api.caller import Caller
from tests.factories import make_generation, make_preset, make_product, make_store, make_user

pytestmark = pytest.mark.django_db


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


def test_it_can_be_polled_from_where_one_was() -> None:
    caller = Caller()
    ids = [event(caller, "batch.progress").public_id for _ in range(5)]

    first = caller.get("/events?order=asc&limit=3")[1]
    rest = caller.get(f"/events?order=asc&limit=3&cursor={first['next_cursor']}")[1]

    assert [row["id"] for row in first["data"] + rest["data"]] == ids


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
