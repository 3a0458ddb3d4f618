"""JSON is taken in one way only."""

from __future__ import annotations

import pytest

from productviz.api.parsing import parse
from productviz.api.problems import Problem


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b"[1]",
        b'"text"',
        b"{} {}",
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": ' * 40 + b"1" + b"}" * 40,
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"\xff",
        b"{'a': 1}",
    ],
)
def test_it_refuses(raw: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse(raw)

    assert caught.value.code == "malformed_json"
    assert caught.value.known.status == 400


def test_it_reads_an_object() -> None:
    assert parse('{"a": [1, "ü", null, true]}'.encode()) == {"a": [1, "ü", None, True]}
