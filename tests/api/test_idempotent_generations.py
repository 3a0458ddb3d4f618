"""The same request is one generation, however often and however fast it comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from generation.models import Generation
from productviz.accounts.models import IdempotentAnswer
from productviz.outbox.models import Event
from tests.api.caller import Caller
from tests.api.rows import Shop, count, make_shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
AT_ONCE = 20


def together(shop: Shop, ask: Any) -> list[tuple[int, Any, str]]:
    """Let many clients do the same at one moment; status, JSON and the replay header of each."""
    start = Barrier(AT_ONCE)

    def one(_: int) -> tuple[int, Any, str]:
        caller = Caller.__new__(Caller)
        caller.__dict__ = {**shop.caller.__dict__}
        caller.client = type(shop.caller.client)(raise_request_exception=False)
        try:
            start.wait()
            status, body = ask(caller)
            return status, body, caller.last.get("Idempotency-Replayed", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_it_makes_one_generation_of_twenty_equal_posts() -> None:
    shop = make_shop()

    said = together(shop, lambda caller: caller.post("/generations", shop.body(), key="same"))

    assert count() == 1
    assert Event.objects.filter(type="generation.accepted").count() == 1
    accepted = [body["id"] for status, body, _ in said if status == 202]
    others = {body["code"] for status, body, _ in said if status != 202}
    assert accepted
    assert set(accepted) == {Generation.objects.get().public_id}
    assert others <= {"idempotency_in_progress"}
    assert sum(replayed == "true" for _, _, replayed in said) == len(accepted) - 1
    assert shop.ask(key="same")[1]["id"] == accepted[0]


def test_it_never_passes_the_limit_of_what_is_in_flight(settings: Any) -> None:
    settings.API_IN_FLIGHT = 5
    shop = make_shop()
    keys = iter([str(n) for n in range(AT_ONCE)])

    said = together(shop, lambda caller: caller.post("/generations", shop.body(), key=next(keys)))

    codes = [status if status == 202 else body["code"] for status, body, _ in said]
    if connection.vendor == "postgresql":
        assert codes.count(202) == 5
    assert set(codes) <= {202, "too_many_in_flight"}
    assert count() == codes.count(202) <= 5


def test_it_repeats_its_first_answer() -> None:
    shop = make_shop()
    first = shop.ask(key="same")
    location = shop.caller.last["Location"]
    shop.caller.post(f"/generations/{first[1]['id']}/cancel")

    again = shop.ask(key='"same"')

    assert again == first, "as it was then, quoted or not"
    assert shop.caller.last["Idempotency-Replayed"] == "true"
    assert (shop.caller.last["Location"], shop.caller.last["Retry-After"]) == (location, "2")
    assert count() == 1


def test_it_refuses_a_key_for_another_request() -> None:
    shop, other = make_shop(), make_shop()
    shop.ask(key="same")

    status, problem = shop.ask(key="same", seed=1)

    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert other.ask(key="same")[0] == 202, "another workspace's keys are its own"
    assert count() == 2


@pytest.mark.parametrize("key", ["x" * 256, "x" * 10_000, "ä", '""'])
def test_it_takes_no_other_keys(key: str) -> None:
    status, problem = make_shop().ask(key=key)

    assert (status, problem["code"]) == (400, "header_invalid")
    assert count() == 0


def test_it_forgets_after_two_days() -> None:
    shop = make_shop()
    first = shop.ask(key="same")[1]["id"]
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=49))

    assert shop.ask(key="same")[1]["id"] != first
    assert count() == 2


def test_it_keeps_no_answer_to_what_it_refused() -> None:
    shop = make_shop()

    assert shop.ask(key="same", seed=-1)[0] == 422
    assert shop.ask(key="same")[0] == 202
    assert count() == 1
