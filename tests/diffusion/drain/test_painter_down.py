"""What becomes of rows while whoever paints is down: they wait, and fail only after an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest
from django.utils import timezone

from generation.inference.engine import EngineUnavailable
from generation.inference.engines.diffusion.ask import Answer, Ask, Unpainted, Watch
from generation.models import Generation
from generation.outcomes import PAINTER_LADDER
from productviz.lib.files import StorageFailed
from tests.diffusion.drain.host import Host, Hosts, again, ends, statuses
from tests.diffusion.drain.rows import asked, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
DOWN = Unpainted("model_unavailable", "The key is not accepted.", is_down=True)
WRONG = Unpainted("model_unavailable", "It has no such task.")
LOST = Unpainted("model_unavailable", "It lost the image.", is_retryable=True)


def answering(monkeypatch: pytest.MonkeyPatch, host: Host, answer: Unpainted) -> None:
    def paint(asks: Sequence[Ask], watches: Sequence[Watch]) -> list[Answer]:
        return [answer] * len(asks)

    monkeypatch.setattr(host.painter, "paint", paint)


def paint_again(host: Host, times: int) -> None:
    for _ in range(times):
        Generation.objects.update(not_before=None)
        host.paint()


def test_a_batch_outlives_a_painter_that_is_down(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = asked(shop(), 4)
    host = hosts(most=4)
    host.prepare()
    with monkeypatch.context() as down:
        answering(down, host, DOWN)
        paint_again(host, 5)
        assert statuses(rows) == ["processing"] * 4
        assert {row.error_message for row in again(rows)} == {DOWN.message}

    Generation.objects.update(not_before=None)
    host.make()

    assert statuses(rows) == ["succeeded"] * 4
    assert [len(go) for go in host.painter.goes] == [4], "who only waited is no risk to others"
    assert {row.painter_waits for row in again(rows)} == {0}, "the next stage has waits of its own"


def test_waiting_for_a_painter_costs_no_try(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()
    for answer, times in ((DOWN, 3), (LOST, 1), (DOWN, 2), (LOST, 1)):
        with monkeypatch.context() as wrong:
            answering(wrong, host, answer)
            paint_again(host, times)
        assert statuses([row]) == ["processing"]
    (row,) = again([row])
    assert (row.painter_waits, row.retries, row.attempt) == (5, 2, 0)

    answering(monkeypatch, host, LOST)
    paint_again(host, 1)

    assert statuses([row]) == ["failed"], "its own tries are used up"


def test_what_may_have_ended_the_painter_goes_alone(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = asked(shop(), 4)
    host = hosts(most=4)
    host.prepare()
    with monkeypatch.context() as down:
        answering(down, host, replace(DOWN, is_suspect=True))
        paint_again(host, 3)
    assert {(row.painter_waits, row.retries) for row in again(rows)} == {(3, 0)}

    Generation.objects.update(not_before=None)
    host.make()

    assert statuses(rows) == ["succeeded"] * 4
    assert [len(go) for go in host.painter.goes] == [1] * 4


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        pytest.param([replace(DOWN, is_suspect=True), None], [1] * 4, id="suspect, then storage"),
        pytest.param([LOST, None, DOWN], [1] * 4, id="failed, then storage, then nobody"),
        pytest.param([None, DOWN], [4], id="storage, then nobody"),
    ],
)
def test_a_row_is_judged_by_all_that_befell_it(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, faults: list[Unpainted | None], expected: object
) -> None:
    rows = asked(shop(), 4)
    host = hosts(most=4)
    host.prepare()
    for fault in faults:
        with monkeypatch.context() as wrong:
            if fault is None:
                wrong.setattr(host, "stages", replace(host.stages, prepare=no_storage))
            else:
                answering(wrong, host, fault)
            paint_again(host, 1)

    Generation.objects.update(not_before=None)
    host.make()

    assert statuses(rows) == ["succeeded"] * 4
    assert [len(go) for go in host.painter.goes] == expected


def no_storage(row: Generation) -> NoReturn:
    raise StorageFailed


@pytest.mark.parametrize(("wish", "seconds"), [(1800.0, 1800), (90_000.0, 3600), (1.0, 5)])
@pytest.mark.parametrize("answer", [DOWN, LOST])
def test_it_waits_as_long_as_the_painter_asks_but_no_longer_than_an_hour(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, answer: Unpainted, wish: float, seconds: int
) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()
    answering(monkeypatch, host, replace(answer, after=wish))
    began = timezone.now()

    host.paint()

    (row,) = again([row])
    assert row.not_before is not None
    assert began + timedelta(seconds=seconds) <= row.not_before
    assert row.not_before <= timezone.now() + timedelta(seconds=seconds)
    assert row.lease_owner == ""


def test_it_is_given_up_after_an_hour(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()
    answering(monkeypatch, host, DOWN)

    paint_again(host, len(PAINTER_LADDER))
    (late,) = again([row])
    assert late.not_before is not None
    assert (late.not_before - timezone.now()).total_seconds() > 600
    paint_again(host, 1)

    assert statuses([row]) == ["failed"]
    assert ends(row) == 1
    assert 3000 < sum(PAINTER_LADDER) <= 3600


def test_what_was_asked_wrongly_fails_at_once(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()
    answering(monkeypatch, host, WRONG)

    host.paint()

    assert statuses([row]) == ["failed"]


def test_it_waits_where_no_painter_can_be_reached_at_all(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = asked(shop(), 1)
    host = hosts()
    host.prepare()

    def paint(asks: object, watches: object) -> NoReturn:
        raise EngineUnavailable("The workflow cannot be read.")

    monkeypatch.setattr(host.painter, "paint", paint)
    paint_again(host, 3)

    (row,) = again([row])
    assert (row.status, row.error_message) == ("processing", "The workflow cannot be read.")
