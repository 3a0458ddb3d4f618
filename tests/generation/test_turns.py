"""Workspaces take turns inside a lane, whatever one of them asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from generation import review
from generation.intake.turns import join_again, next_turn
from generation.line import take, waiting
from generation.models import Batch, Generation, Lane, PublishMode
from integrations.models import Product
from productviz.lib.lease import new_owner
from tests.factories import make_generation, make_preset, make_product

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class Asker:
    """A workspace with one product, that asks for as many images as it likes."""

    def __init__(self) -> None:
        self.product: Product = make_product()
        self.workspace = self.product.store.workspace
        self.version = make_preset(self.workspace).latest

    def ask(self, count: int, lane: Lane, batch: Batch | None = None) -> list[Generation]:
        first = next_turn(self.workspace.pk, lane)
        return Generation.objects.bulk_create(
            Generation(
                workspace=self.workspace,
                store=self.product.store,
                product=self.product,
                preset_version=self.version,
                lane=lane,
                publish=PublishMode.NONE,
                turn=first + number,
                batch=batch,
            )
            for number in range(count)
        )

    def batch(self) -> Batch:
        return Batch.objects.create(
            workspace=self.workspace,
            store=self.product.store,
            preset_version=self.version,
            publish=PublishMode.NONE,
        )


def serve(count: int) -> list[Generation]:
    """Claim and end as many as a worker would, one after the other."""
    served: list[Generation] = []
    for _ in range(count):
        for row in take(new_owner(), limit=1):
            Generation.objects.filter(pk=row.pk).update(status="succeeded", lease_until=None)
            served.append(row)
    return served


def of(rows: Iterable[Generation], *askers: Asker) -> list[int]:
    counts = Counter(row.workspace_id for row in rows)
    return [counts[asker.workspace.pk] for asker in askers]


def test_it_lets_another_workspace_in_beside_a_batch_of_ten_thousand() -> None:
    large, small = Asker(), Asker()
    large.ask(10_000, Lane.BULK)
    serve(100)

    small.ask(20, Lane.BULK)

    assert of(serve(40), large, small) == [20, 20]
    assert of(serve(5), large, small) == [5, 0]


def test_it_lets_normal_work_of_another_workspace_in_turn_by_turn() -> None:
    large, small = Asker(), Asker()
    large.ask(100, Lane.NORMAL)
    small.ask(3, Lane.NORMAL)

    served = serve(6)

    whose = ["large" if row.workspace_id == large.workspace.pk else "small" for row in served]
    assert whose == ["large", "small"] * 3


def test_it_takes_an_interactive_request_before_everything_else() -> None:
    large, small = Asker(), Asker()
    large.ask(50, Lane.BULK)
    large.ask(50, Lane.NORMAL)
    (wanted,) = small.ask(1, Lane.INTERACTIVE)

    assert [row.pk for row in serve(1)] == [wanted.pk]


def test_it_claims_by_lane_then_turn_then_age() -> None:
    one, two = Asker(), Asker()
    bulk = one.ask(2, Lane.BULK)
    normal = one.ask(3, Lane.NORMAL)
    others = two.ask(2, Lane.NORMAL)

    claimed = take(new_owner(), limit=16)

    order = [normal[0], others[0], normal[1], others[1], normal[2], *bulk]
    assert [row.pk for row in claimed] == [row.pk for row in order]


def test_it_gives_a_newcomer_the_turn_that_the_lane_has_come_to() -> None:
    large, late = Asker(), Asker()
    large.ask(30, Lane.NORMAL)
    serve(12)

    (row,) = late.ask(1, Lane.NORMAL)

    assert row.turn == 12


def test_it_saves_nothing_up_for_a_row_that_has_waited_long() -> None:
    large, patient = Asker(), Asker()
    patient.ask(1, Lane.NORMAL)
    put_off = take(new_owner(), limit=1)
    large.ask(40, Lane.NORMAL)
    serve(20)

    patient.ask(10, Lane.NORMAL)

    assert put_off[0].turn == 0
    assert of(serve(10), large, patient) == [5, 5]


def test_it_lets_a_paused_batch_delay_nothing_of_its_own_workspace() -> None:
    one, other = Asker(), Asker()
    batch = one.batch()
    one.ask(1000, Lane.BULK, batch)
    Batch.objects.filter(pk=batch.pk).update(is_held=True)
    other.ask(10, Lane.BULK)

    one.ask(5, Lane.BULK)

    assert of(serve(10), one, other) == [5, 5]


def test_it_lets_a_batch_that_goes_on_join_the_lane_where_it_is() -> None:
    one, other = Asker(), Asker()
    batch = one.batch()
    one.ask(50, Lane.BULK, batch)
    Batch.objects.filter(pk=batch.pk).update(is_held=True)
    other.ask(100, Lane.BULK)
    serve(60)

    join_again(batch)
    Batch.objects.filter(pk=batch.pk).update(is_held=False)

    assert of(serve(20), one, other) == [10, 10]


def test_it_gives_accepted_requests_their_turn() -> None:
    product = make_product()
    preset = make_preset(product.store.workspace)

    rows = [make_generation(product, preset=preset) for _ in range(3)]

    assert [row.turn for row in rows] == [0, 1, 2]


def test_it_sends_a_retried_image_to_the_back_like_everybody_elses() -> None:
    one, other = Asker(), Asker()
    (failed,) = one.ask(1, Lane.NORMAL)
    Generation.objects.filter(pk=failed.pk).update(status="failed")
    other.ask(30, Lane.NORMAL)
    serve(20)

    again = review.retry(failed)

    assert again.turn == 20


Step = tuple[int, int]  # who asks (0 to 2), for how many; or (3, n): n are served
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 12)) | st.tuples(st.just(3), st.integers(1, 10)),
    min_size=2,
    max_size=8,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_it_serves_those_who_wait_evenly_whatever_was_asked_before(steps: list[Step]) -> None:
    """While two workspaces both wait, neither gets more than two images ahead of the other."""
    askers = [Asker() for _ in range(3)]
    Generation.objects.all().delete()
    for who, count in steps:
        if who < 3:
            askers[who].ask(count, Lane.NORMAL)
        else:
            serve(count)

    left = {asker.workspace.pk: 0 for asker in askers}
    left |= Counter(waiting().values_list("workspace_id", flat=True))
    got: Counter[object] = Counter()
    for row in serve(sum(left.values())):
        still = [pk for pk in left if got[pk] < left[pk]]
        got[row.workspace_id] += 1
        assert max(got[pk] for pk in still) - min(got[pk] for pk in still) <= 2
    assert dict(got) == {pk: count for pk, count in left.items() if count}
