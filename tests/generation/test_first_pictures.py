"""A new person's first picture goes ahead alone; whatever becomes of it, the others go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from generation import batches, people, review, work
from generation.errors import Permanent
from generation.first_pictures import goes_ahead, waiting_in, words_for
from generation.intake.turns import next_turn
from generation.line import take, waiting
from generation.models import Batch, EngineHost, Generation, Lane, Person, PublishMode
from generation.preprocessing.told import told_of
from generation.simulation.stand_ins import STAND_INS
from generation.spec import PresetSpec
from generation.types import Finished, Prepared, Rendered, Report, Verdict
from integrations.models import Store
from integrations.models.stores import Platform, StoreStatus
from productviz import work as queue_work
from productviz.lib.lease import due, new_owner
from tests.factories import make_preset, make_product, make_store, make_user, make_workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


class Shoot:
    """A workspace with a new person, and workers whose painter notes the portraits it is shown."""

    def __init__(self) -> None:
        self.workspace = make_workspace()
        self.store = make_store(self.workspace)
        self.person = Person.objects.create(
            workspace=self.workspace, name="Ida", description="a woman of 34", seed=11
        )
        self.version = make_preset(
            self.workspace, kind="virtual_model", painting={"person": self.person.public_id}
        ).latest
        self.shown: list[str] = []
        self.verdict, self.fault = Verdict.REVIEW, ""
        self.stages = replace(
            STAND_INS, prepare=self._prepare, render=self._render, judge=self._judge
        )

    def ask(
        self,
        count: int,
        *,
        store: Store | None = None,
        batch: Batch | None = None,
        lane: Lane = Lane.NORMAL,
        **fields: bool,
    ) -> list[Generation]:
        store, turn = store or self.store, next_turn(self.workspace.pk, lane)
        return Generation.objects.bulk_create(
            Generation(
                workspace=self.workspace,
                store=store,
                product=make_product(store),
                preset_version=self.version,
                batch=batch,
                lane=lane,
                turn=turn + number,
                publish=PublishMode.NONE,
                **fields,
            )
            for number in range(count)
        )

    def batch(self, concurrency: int | None = None) -> Batch:
        return Batch.objects.create(
            workspace=self.workspace,
            store=self.store,
            preset_version=self.version,
            publish=PublishMode.NONE,
            concurrency=concurrency,
            prepared_at=timezone.now(),
        )

    def work(self) -> None:
        while work.run_generations(new_owner(), self.stages):
            pass

    def portrait(self) -> str:
        self.person.refresh_from_db()
        return self.person.portrait

    def _prepare(self, row: Generation) -> Prepared:
        return replace(STAND_INS.prepare(row), told=told_of(row, row.recipe()))

    def _render(self, prepared: Prepared, spec: PresetSpec, seed: int) -> Rendered:
        assert prepared.told is not None
        assert prepared.told.persona is not None
        self.shown.append(prepared.told.persona.portrait)
        if self.fault:
            raise Permanent("content_policy", self.fault)
        return STAND_INS.render(prepared, spec, seed)

    def _judge(
        self, prepared: Prepared, rendered: Rendered, finished: Finished, spec: PresetSpec
    ) -> tuple[Finished, Report]:
        return finished, Report((), self.verdict, 80.0)


@pytest.fixture
def shoot() -> Shoot:
    return Shoot()


def statuses(rows: Sequence[Generation]) -> list[str]:
    fresh = Generation.objects.in_bulk([row.pk for row in rows])
    return [fresh[row.pk].status for row in rows]


def test_one_is_painted_and_the_others_show_the_approved_person(shoot: Shoot) -> None:
    rows = shoot.ask(4)
    shoot.work()
    held = statuses(rows)
    shoot.work()
    waits = [words_for(row) for row in Generation.objects.filter(waits_for=shoot.person)]
    counted = set(Generation.objects.filter(status="queued").values_list("attempt", flat=True))
    is_due = queue_work.is_due("default")

    review.approve(rows[0], make_user())
    shoot.work()

    assert held == ["awaiting_review", "queued", "queued", "queued"]
    words = "Waits for the first picture of Ida: approve it, and all others show the same person."
    assert (waits, counted, is_due) == ([words] * 3, {0}, False)
    assert statuses(rows) == ["succeeded", *["awaiting_review"] * 3]
    assert shoot.shown == ["", *[shoot.portrait()] * 3]
    assert shoot.portrait()
    assert not Generation.objects.exclude(waits_for=None).exists()


def reject(shoot: Shoot, row: Generation) -> None:
    review.reject(row, make_user())


def delete(shoot: Shoot, row: Generation) -> None:
    row.delete()


def cancel(shoot: Shoot, row: Generation) -> None:
    review.cancel(row)


def uninstall(shoot: Shoot, row: Generation) -> None:
    gone = {"platform": Platform.SHOPIFY, "status": StoreStatus.DISCONNECTED}
    Store.objects.filter(pk=row.store_id).update(**gone)


def remove_store(shoot: Shoot, row: Generation) -> None:
    Store.objects.filter(pk=row.store_id).update(deleted_at=timezone.now())


def cancel_batch(shoot: Shoot, row: Generation) -> None:
    assert row.batch is not None
    batches.cancel(row.batch)


@pytest.mark.parametrize(
    "end", [reject, delete, cancel, uninstall, remove_store, cancel_batch], ids=lambda f: f.__name__
)
def test_the_next_goes_ahead_where_the_first_will_be_no_portrait(
    shoot: Shoot, end: Callable[[Shoot, Generation], None]
) -> None:
    batch = shoot.batch()
    (first,) = shoot.ask(1, batch=batch)
    others = shoot.ask(2, store=make_store(shoot.workspace))
    shoot.work()
    first.refresh_from_db()
    assert [first.status, *statuses(others)] == ["awaiting_review", "queued", "queued"]

    end(shoot, first)
    shoot.work()

    assert statuses(others) == ["awaiting_review", "queued"]
    review.approve(others[0], make_user())
    shoot.work()
    assert statuses(others) == ["succeeded", "awaiting_review"]
    assert shoot.shown == ["", "", shoot.portrait()]


def test_the_next_goes_ahead_where_the_first_fails_or_is_paused(shoot: Shoot) -> None:
    batch = shoot.batch()
    (paused,) = shoot.ask(1, batch=batch)
    take("died", limit=1)
    goes_ahead(Generation.objects.get(pk=paused.pk), "died", paused.recipe())
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    batches.pause(batch)
    others = shoot.ask(3)
    shoot.fault = "The checker refuses it."

    shoot.work()

    assert statuses(others) == ["failed"] * 3
    shoot.fault = ""
    (last,) = shoot.ask(1)
    shoot.work()
    batches.resume(batch)
    shoot.work()
    assert statuses([last, paused]) == ["awaiting_review", "queued"]


@pytest.mark.parametrize(
    ("hours", "serves", "expected"),
    [
        pytest.param(1, ["virtual_model/best"], "queued", id="restarts"),
        pytest.param(1, ["virtual_model/fast"], "awaiting_review", id="paints others only"),
        pytest.param(30, ["virtual_model/best"], "awaiting_review", id="gone"),
    ],
)
def test_the_next_goes_ahead_where_nobody_paints_the_first_any_more(
    shoot: Shoot, hours: int, serves: list[str], expected: str
) -> None:
    (first,) = shoot.ask(1)
    EngineHost.objects.create(
        name="rack", serves=serves, seen_at=timezone.now() - timedelta(hours=hours)
    )
    stages = replace(shoot.stages, compatibility=lambda spec: "virtual_model/best/x")
    work.run_generations(new_owner(), stages)
    first.refresh_from_db()
    assert (first.queue, first.status) == ("gpu", "processing")

    (other,) = shoot.ask(1)
    shoot.work()

    assert statuses([other]) == [expected]


def test_the_first_goes_as_fast_as_what_waits_for_it(shoot: Shoot) -> None:
    (first,) = shoot.ask(1, lane=Lane.BULK)
    Person.objects.filter(pk=shoot.person.pk).update(first=first)
    normal = shoot.ask(2, is_test=True)
    (urgent,) = shoot.ask(1, lane=Lane.INTERACTIVE)
    (mine,) = take("worker", limit=1)
    assert mine.pk == urgent.pk
    assert not goes_ahead(mine, "worker", mine.recipe())

    claimed = [take("worker", limit=1)[0] for _ in range(3)]

    assert [row.pk for row in claimed] == [first.pk, *(row.pk for row in normal)]


def test_what_is_lifted_while_it_is_prepared_is_painted_as_fast(shoot: Shoot) -> None:
    first, other = shoot.ask(2, lane=Lane.BULK)
    Generation.objects.filter(pk=other.pk).update(queue="gpu", turn=500)

    def prepare(row: Generation) -> Prepared:
        if row.pk == first.pk:
            (urgent,) = shoot.ask(1, lane=Lane.INTERACTIVE)
            (claimed,) = take("other", limit=1)
            assert claimed.pk == urgent.pk
            assert not goes_ahead(claimed, "other", claimed.recipe())
        return STAND_INS.prepare(row)

    stages = replace(
        shoot.stages, prepare=prepare, compatibility=lambda spec: "virtual_model/best/x"
    )
    work.run_generations(new_owner(), stages)

    first.refresh_from_db()
    assert (first.queue, first.lane, first.turn) == ("gpu", Lane.INTERACTIVE, 0)


def test_a_worker_that_dies_over_the_first_leaves_it_the_first(shoot: Shoot) -> None:
    rows = shoot.ask(3)
    (mine,) = take("killed", limit=1)
    assert goes_ahead(mine, "killed", mine.recipe())
    shoot.work()
    before = statuses(rows)

    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    shoot.work()

    assert (before, shoot.shown) == (["queued"] * 3, [""])
    assert statuses(rows) == ["awaiting_review", "queued", "queued"]


def test_workers_that_race_for_the_first_place_begin_one(shoot: Shoot) -> None:
    rows = shoot.ask(6)
    claimed = [(owner, take(owner, limit=1)[0]) for owner in "abcdef"]
    ready, went = threading.Barrier(len(claimed)), []

    def run(owner: str, row: Generation) -> None:
        try:
            ready.wait(10)
            if goes_ahead(row, owner, row.recipe()):
                went.append(row.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in claimed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    shoot.person.refresh_from_db()
    assert went == [shoot.person.first_id]
    assert {row.pk for row in rows} - set(went) == set(
        Generation.objects.filter(waits_for=shoot.person, lease_owner="").values_list(
            "pk", flat=True
        )
    )
    assert not waiting().filter(due()).exists()


def test_nobody_else_waits(shoot: Shoot) -> None:
    shoot.ask(2)
    shoot.work()
    shoot.verdict = Verdict.PASS
    tests, theirs = shoot.ask(2, is_test=True), Shoot().ask(1)
    shoot.work()

    assert statuses([*tests, *theirs]) == ["succeeded"] * 3
    assert shoot.portrait() == ""


def test_a_chosen_portrait_lets_all_go_on_at_once(shoot: Shoot) -> None:
    rows = shoot.ask(3)
    shoot.work()
    Person.objects.filter(pk=shoot.person.pk).update(portrait="ab" * 32)
    shoot.work()

    assert statuses(rows) == ["awaiting_review"] * 3
    assert shoot.shown == ["", "ab" * 32, "ab" * 32]
    people.change(Person.objects.get(pk=shoot.person.pk), portrait=None)
    more = shoot.ask(2)
    shoot.work()
    assert statuses(more) == ["queued", "queued"]  # the first of all may still be approved


def test_a_limited_batch_gives_the_first_whatever_comes_before_it(shoot: Shoot) -> None:
    batch = shoot.batch(concurrency=1)
    early, first = shoot.ask(2, batch=batch)
    Person.objects.filter(pk=shoot.person.pk).update(first=first)
    shoot.work()

    assert statuses([early, first]) == ["queued", "awaiting_review"]
    (counted,) = waiting_in(batch)
    assert (counted.person, counted.count) == (shoot.person, 1)


def test_what_waits_can_be_canceled(shoot: Shoot) -> None:
    batch = shoot.batch()
    shoot.ask(1)
    rows = shoot.ask(2, batch=batch)
    shoot.work()

    review.cancel(rows[0])
    batches.cancel(batch)

    assert statuses(rows) == ["canceled"] * 2
    assert waiting_in(batch) == []
