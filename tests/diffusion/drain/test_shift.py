"""A shift that loses its database, or ends badly: nothing is painted behind anybody's back."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.test import override_settings

from generation import outcomes, painting_work
from generation.models import Generation
from generation.painting_watch import RowWatch
from generation.stages import REAL
from generation.types import Prepared
from productviz.lib.lease import Heartbeat
from productviz.remote import RemoteEngine
from tests.diffusion.conftest import engine
from tests.diffusion.drain.host import Hosts, ends, statuses
from tests.diffusion.drain.rows import asked, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def failing(monkeypatch: pytest.MonkeyPatch, name: str, at: int, error: Exception) -> list[int]:
    """Have the so-manieth call of a function of the shift's fail, once; gives the calls."""
    real, calls = getattr(painting_work, name), []

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == at:
            raise error
        return real(*arguments, **options)

    monkeypatch.setattr(painting_work, name, call)
    return calls


@pytest.mark.parametrize(("name", "at"), [("take_alike", 2), ("note_steps", 1), ("megapixels", 2)])
def test_it_goes_on_when_the_database_is_back(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    monkeypatch.setattr(painting_work, "AWAY_SECONDS", 0.1)
    rows = asked(shop(), 12)
    host = hosts(most=4, steps=4, seconds=0.05)
    host.prepare()
    calls = failing(monkeypatch, name, at, DatabaseError("terminating connection"))

    host.make()

    assert len(calls) > at
    assert statuses(rows) == ["succeeded"] * 12
    assert [ends(row) for row in rows] == [1] * 12
    assert sum(len(go) for go in host.painter.goes) == 12, "nothing was painted twice"


def test_it_frees_uncounted_what_could_not_be_let_go_while_the_database_was_away(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = asked(shop(), 2)
    host = hosts(most=2, steps=60, seconds=0.05)
    host.prepare()
    prepare, away = host.stages.prepare, [rows[0].pk] * 4

    def prepare_or_fail(row: Generation) -> Prepared:
        if row.pk in away:
            raise DatabaseError("away")
        return prepare(row)

    def close_old_connections() -> None:
        if away:
            raise DatabaseError(f"still away: {away.pop()}")

    host.stages = replace(host.stages, prepare=prepare_or_fail)
    monkeypatch.setattr(outcomes, "close_old_connections", close_old_connections)

    host.paint()

    assert statuses(rows) == ["succeeded"] * 2
    assert not Generation.objects.exclude(lease_owner="").exists()


def test_no_thread_outlives_a_shift_that_ends_badly(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = asked(shop(), 4)
    host = hosts(most=4, steps=100, seconds=0.05)
    host.prepare()
    failing(monkeypatch, "note_steps", 2, RuntimeError("a bug"))

    with pytest.raises(RuntimeError):
        host.paint()

    names = {row.public_id for row in rows}
    assert not [thread for thread in threading.enumerate() if thread.name in names]
    assert Generation.objects.exclude(lease_owner="").count() == 0


def test_a_row_in_hand_has_ended_before_its_connection_is_closed(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()
    real, failed = connections.close_all, []

    def close_all() -> None:
        real()
        if threading.current_thread().name == row.public_id:
            failed.append(1)
            raise DatabaseError("gone already")

    monkeypatch.setattr(painting_work, "connections", Closing(close_all))
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)

    assert host.paint() == 1

    assert failed == [1]
    assert statuses([row]) == ["succeeded"]


class Closing:
    def __init__(self, close_all: Any) -> None:
        self.close_all = close_all


def test_the_wait_for_a_painter_does_not_count_against_the_stage() -> None:
    told: list[float | None] = []
    hand = RowWatch(Generation())
    hand.limits(told.append)

    hand.limit(600.0)
    hand.step(0, 1)
    hand.step(1, 4)
    hand.limit(None)

    assert told == [600.0, 600.0, None]


def test_a_shift_goes_on_while_something_is_due(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock that every go moves on by half a minute: more than a slice of the queue's task."""
    moved = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + moved[0])
    monkeypatch.setattr(painting_work, "time", clock)
    rows = asked(shop(), 40)
    host = hosts(most=8)
    host.prepare()

    def half_a_minute(asks: object) -> None:
        moved[0] += 30.0

    host.painter.on_paint = half_a_minute

    assert host.paint() == 40, "the painter never stood still for the end of a slice"
    assert statuses(rows) == ["succeeded"] * 40


def test_a_shift_that_is_over_begins_nothing_more() -> None:
    mine = shift()
    assert mine._room() > 0

    mine._over_at = time.monotonic() - 1

    assert mine._room() == 0


def test_what_has_just_begun_is_told_at_once_and_the_others_in_their_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[list[int]] = []

    def note(hands: list[RowWatch], owner: str, at: float) -> None:
        told.append([hands_of.index(hand) for hand in hands])
        for hand in hands:
            hand.told, hand.told_at = hand.steps, at

    monkeypatch.setattr(painting_work, "note_steps", note)
    monkeypatch.setattr(painting_work.Shift, "_let_go", lambda self: None)
    now = [100.0]
    monkeypatch.setattr(painting_work, "time", SimpleNamespace(monotonic=lambda: now[0]))
    mine, hands_of = shift(), begun(3)
    for moment, hands in ((100.0, 1), (100.1, 2), (100.2, 2), (100.5, 3), (100.75, 3), (101.0, 3)):
        now[0], mine._in_hand = moment, hands_of[:hands]
        mine._tick()

    assert told == [[0], [1], [], [0, 2], [], [0, 1, 2]]


def begun(count: int) -> list[RowWatch]:
    hands = [RowWatch(Generation()) for _ in range(count)]
    for hand in hands:
        hand.step(0, 1)
    return hands


def shift() -> painting_work.Shift:
    return painting_work.Shift("me", REAL, frozenset, Heartbeat(Generation, "me"))


@pytest.mark.parametrize(("painted", "expected"), [(0, 8), (20, 8), (29, 3), (32, 1)])
def test_no_place_of_a_serving_system_stays_free(painted: int, expected: int) -> None:
    painting_work._pace.seconds_each = 60.0
    mine = shift()
    mine._in_hand = begun(painted)
    with override_settings(REMOTE_ENGINE=engine("https://gpu.example.com", "comfyui", at_once=32)):
        assert mine._room() == expected


def test_it_claims_as_much_as_a_serving_system_does_at_a_time_at_first() -> None:
    remote: RemoteEngine = engine("https://gpu.example.com", "comfyui", at_once=2)
    with override_settings(REMOTE_ENGINE=remote):
        assert painting_work._Pace().ahead == 2
    with override_settings(REMOTE_ENGINE=replace(remote, at_once=32)):
        assert painting_work._Pace().ahead == painting_work.AHEAD
