from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

import pytest
import time_machine
from django.http import QueryDict

from productviz.lib.signing import hmac_base64_matches, sign, sign_url, verify, verify_url

# The reference vector of the Standard Webhooks libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MSG_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
MOMENT = datetime.fromtimestamp(1614265330, tz=UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {
    "webhook-id": MSG_ID,
    "webhook-timestamp": "1614265330",
    "webhook-signature": SIGNATURE,
}


def test_hmac_matches_the_case_of_rfc_4231() -> None:
    mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    header = base64.b64encode(bytes.fromhex(mac)).decode()

    assert hmac_base64_matches("Jefe", b"what do ya want for nothing?", header)


@pytest.mark.parametrize(
    "header",
    [None, "", "=", "AAAA", "W9zBRr9g", "ä" * 44, "\ud800", "\x00", "W9zBRr9gdU5qBCQI" * 4000],
)
def test_hmac_says_no_to_garbage(header: str | None) -> None:
    assert not hmac_base64_matches("Jefe", b"what do ya want for nothing?", header)


def test_hmac_with_an_empty_secret_never_matches() -> None:
    # HMAC-SHA256 of nothing with an empty key.
    header = base64.b64encode(
        bytes.fromhex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    ).decode()

    assert not hmac_base64_matches("", b"", header)


def query_of(url: str) -> tuple[str, dict[str, str]]:
    path, _, query = url.partition("?")
    return path, dict(parse_qsl(query))


@time_machine.travel(1_800_000_000, tick=False)
def test_a_signed_url_verifies_until_it_expires() -> None:
    path, query = query_of(sign_url("/files/ab/c.webp", expires_at=1_800_000_001))
    _, late = query_of(sign_url("/files/ab/c.webp", expires_at=1_800_000_000))

    assert path == "/files/ab/c.webp"
    assert verify_url(path, query)
    assert not verify_url(path, late)


def test_a_signed_url_ignores_parameters_it_does_not_know() -> None:
    path, query = query_of(sign_url("/f", expires_at=9_999_999_999))

    assert verify_url(path, {**query, "utm_source": "mail"})
    assert verify_url(path, QueryDict(f"{'&'.join(f'{k}={v}' for k, v in query.items())}&x=1"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expires", "9999999998"),
        ("expires", ""),
        ("expires", "-1"),
        ("expires", "1e12"),
        ("expires", "٩٩٩٩٩٩٩٩٩٩"),
        ("expires", "9" * 5000),
        ("signature", ""),
        ("signature", "A" * 43),
        ("signature", "ä\ud800"),
    ],
)
def test_a_signed_url_with_an_altered_parameter_is_refused(name: str, value: str) -> None:
    path, query = query_of(sign_url("/f", expires_at=9_999_999_999))

    assert not verify_url(path, {**query, name: value})


def test_a_signed_url_holds_for_its_own_path_only() -> None:
    _, query = query_of(sign_url("/f", expires_at=9_999_999_999))

    assert not verify_url("/g", query)
    assert not verify_url("/f", {})


def test_a_signed_url_quotes_its_path() -> None:
    url = sign_url("/files/\u00e4 b.png", expires_at=9_999_999_999)

    assert url.startswith("/files/%C3%A4%20b.png?")
    assert verify_url("/files/\u00e4 b.png", query_of(url)[1])


def test_a_signed_url_outlives_a_changed_key_only_with_the_fallback(settings: Any) -> None:
    _, query = query_of(sign_url("/f", expires_at=9_999_999_999))
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key " * 5

    assert not verify_url("/f", query)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert verify_url("/f", query)


def test_sign_gives_the_reference_signature() -> None:
    assert sign(SECRET, MSG_ID, MOMENT, BODY) == SIGNATURE


def test_sign_converts_other_zones() -> None:
    tokyo = MOMENT.astimezone(timezone(timedelta(hours=9)))

    assert sign(SECRET, MSG_ID, tokyo, BODY) == SIGNATURE


def test_sign_refuses_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        sign(SECRET, MSG_ID, datetime(2026, 11, 22), BODY)


@time_machine.travel(MOMENT + timedelta(seconds=299))
def test_verify_accepts_the_reference_message() -> None:
    assert verify(SECRET, HEADERS, BODY)
    assert verify(SECRET.removeprefix("whsec_"), HEADERS, BODY)
    assert verify(SECRET, {name.title(): value for name, value in HEADERS.items()}, BODY)


@time_machine.travel(MOMENT)
def test_verify_passes_over_signatures_it_does_not_know() -> None:
    signatures = f"v1a,{'A' * 86}== v2,a,b garbage v1,{'A' * 43}= {SIGNATURE}"

    assert verify(SECRET, {**HEADERS, "webhook-signature": signatures}, BODY)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_verify_refuses_a_message_of_another_time(seconds: int) -> None:
    with time_machine.travel(MOMENT + timedelta(seconds=seconds)):
        assert not verify(SECRET, HEADERS, BODY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", ""),
        ("webhook-id", "msg_other"),
        ("webhook-id", "\ud800"),
        ("webhook-timestamp", ""),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "1614265330.0"),
        ("webhook-timestamp", "1614265331"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,===="),
        ("webhook-signature", "v1,\u00e4"),
        ("webhook-signature", SIGNATURE.removeprefix("v1,")),
        ("webhook-signature", SIGNATURE.replace("v1", "v2")),
        ("webhook-signature", f"v1,{'A' * 43}="),
    ],
)
@time_machine.travel(MOMENT)
def test_verify_says_no_to_a_malformed_header(name: str, value: str) -> None:
    assert not verify(SECRET, {**HEADERS, name: value}, BODY)


@pytest.mark.parametrize("missing", list(HEADERS))
@time_machine.travel(MOMENT)
def test_verify_says_no_without(missing: str) -> None:
    assert not verify(SECRET, {k: v for k, v in HEADERS.items() if k != missing}, BODY)


@pytest.mark.parametrize("body", [b"", b'{"test": 2432232315}', BODY + b" ", b"\xff\xfe"])
@time_machine.travel(MOMENT)
def test_verify_says_no_to_another_body(body: bytes) -> None:
    assert not verify(SECRET, HEADERS, body)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_A", "whsec_ä", "whsec_AAAA"])
@time_machine.travel(MOMENT)
def test_verify_says_no_with_another_or_a_broken_secret(secret: str) -> None:
    assert not verify(secret, HEADERS, BODY)
