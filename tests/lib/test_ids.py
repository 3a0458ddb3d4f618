from __future__ import annotations

import itertools
import os
import threading
import time
import uuid

import pytest
from hypothesis import given, strategies as st

from productviz.lib import ids
from productviz.lib.ids import parse_public_id, public_id, uuid7


def test_uuid7_has_the_version_and_variant_of_rfc_9562() -> None:
    made = uuid7()

    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_uuid7_begins_with_the_time_in_milliseconds() -> None:
    ids._renew_clock()  # another test may have travelled in time, and ids never go back
    before = time.time_ns() // 1_000_000
    made = uuid7().int >> 80
    after = time.time_ns() // 1_000_000

    assert before <= made <= after


def test_uuid7_grows_within_a_process() -> None:
    made = [uuid7() for _ in range(20_000)]

    assert all(earlier < later for earlier, later in itertools.pairwise(made))


def test_uuid7_grows_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)

    assert uuid7() > first


def test_uuid7_is_unique_over_threads() -> None:
    made: list[uuid.UUID] = []
    threads = [
        threading.Thread(target=lambda: made.extend([uuid7() for _ in range(2_000)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 8_000


def test_uuid7_differs_between_a_process_and_its_fork() -> None:
    uuid7()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"".join(uuid7().bytes for _ in range(100)))
        os._exit(0)
    mine = {uuid7().bytes for _ in range(100)}
    os.waitpid(child, 0)
    received = os.read(reader, 1_600)
    theirs = {received[start : start + 16] for start in range(0, 1_600, 16)}

    assert len(mine | theirs) == 200


def test_public_id_is_the_prefix_and_26_letters_of_crockford() -> None:
    # RFC 9562, appendix A.6; the letters by repeated division by 32.
    value = uuid.UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")

    assert public_id("gen", value) == "gen_01FWHE4YDGFK1SHH6W1G60EECF"


def test_public_id_of_the_largest_number_starts_with_seven() -> None:
    assert public_id("gen", uuid.UUID(int=2**128 - 1)) == "gen_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"


@given(st.uuids(), st.uuids())
def test_public_ids_sort_like_their_uuids(one: uuid.UUID, other: uuid.UUID) -> None:
    assert (public_id("a", one) < public_id("a", other)) == (one < other)


@given(st.uuids())
def test_parse_public_id_gives_back_the_uuid(value: uuid.UUID) -> None:
    assert parse_public_id("gen", public_id("gen", value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gen",
        "gen_",
        "bat_01FWHE4YDGFK1SHH6W1G60EECF",
        "gen_01FWHE4YDGFK1SHH6W1G60EEC",
        "gen_01FWHE4YDGFK1SHH6W1G60EECFF",
        "gen_81FWHE4YDGFK1SHH6W1G60EECF",
        "gen_01fwhe4ydgfk1shh6w1g60eecf",
        "gen_O1FWHE4YDGFK1SHH6W1G60EECF",
        "gen_01FWHE4YDGFK1SHH6W1G60EECF\n",
        "gen_01FWHE4YDGFK1SHH6W1G60EEC\u0666",
        "gen-01FWHE4YDGFK1SHH6W1G60EECF",
        "gen_../../../../../../../etc/pw",
    ],
)
def test_parse_public_id_refuses(text: str) -> None:
    assert parse_public_id("gen", text) is None
