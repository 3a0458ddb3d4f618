"""Walking a list that changes, repeats itself or lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.contract import Permanent, Retryable
from integrations.platforms.woocommerce.paging import Chunk, walk


def listing(
    ids: list[int], meanwhile: Callable[[int], None] = lambda call: None
) -> Callable[[int], tuple[list[Any], int | None]]:
    calls = []

    def fetch(offset: int) -> tuple[list[Any], int | None]:
        calls.append(offset)
        meanwhile(len(calls))
        return [{"id": number} for number in ids[offset : offset + 4]], len(ids)

    return fetch


def found(chunks: Any) -> list[int]:
    return [row["id"] for chunk in chunks for row in chunk.rows]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 7, 8, 9, 40])
def test_it_yields_every_row_once(count: int) -> None:
    ids = list(range(1, count + 1))
    chunks = list(walk(listing(ids), None, size=4))
    assert found(chunks) == ids
    assert chunks[-1].cursor is None


def test_it_goes_on_after_any_cursor() -> None:
    ids = list(range(1, 20))
    whole: list[Chunk] = list(walk(listing(ids), None, size=4))
    for at, chunk in enumerate(whole[:-1]):
        rest = walk(listing(ids), chunk.cursor, size=4)
        assert found(whole[: at + 1]) + found(rest) == ids


@pytest.mark.parametrize("gone", [[1], [1, 2, 3], [4], [1, 2, 3, 4, 5, 6], [6, 7]])
def test_rows_that_vanish_meanwhile_hide_no_others(gone: list[int]) -> None:
    ids = list(range(1, 20))

    def delete(call: int) -> None:
        if call == 3:
            for number in gone:
                ids.remove(number)

    seen = found(walk(listing(ids, delete), None, size=4))
    assert set(ids) <= set(seen)
    assert len(seen) == len(set(seen))


def test_rows_added_meanwhile_are_found_at_the_end() -> None:
    ids = list(range(1, 10))
    seen = found(
        walk(listing(ids, lambda call: ids.append(100 + call) if call < 4 else None), None, size=4)
    )
    assert seen == ids


def test_the_same_page_for_ever_is_an_error_not_a_hang() -> None:
    with pytest.raises(Retryable, match="repeats"):
        list(walk(lambda offset: ([{"id": n} for n in (1, 2, 3, 4)], 4000), None, size=4))


def test_a_list_that_is_suddenly_empty_is_an_error() -> None:
    with pytest.raises(Retryable, match="suddenly"):
        list(walk(lambda offset: ([], 0), "4:9", size=4))


def test_a_list_in_another_order_is_an_error() -> None:
    with pytest.raises(Permanent, match="order"):
        list(walk(lambda offset: ([{"id": 3}, {"id": 1}], 2), None, size=4))
