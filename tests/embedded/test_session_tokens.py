"""Session tokens: a staff member of a shop, or nobody."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from integrations.platforms.shopify.app import App
from integrations.platforms.shopify.install import (
    StaleSessionToken,
    shop_domain,
    visitor,
)
from tests.embedded.shopify import CLIENT_ID, OLD_SECRET, SECRET, SHOP, session_token

APP = App(CLIENT_ID, SECRET, OLD_SECRET)
EVIL = "evil-shop.myshopify.com"


def test_it_names_shop_and_person() -> None:
    found = visitor(session_token(sub="42"), APP)

    assert (found.shop, found.user_id) == (SHOP, "42")


def test_the_old_secret_counts_while_there_is_one() -> None:
    token = session_token(secret=OLD_SECRET)

    assert visitor(token, APP).shop == SHOP
    with pytest.raises(StaleSessionToken):
        visitor(token, App(CLIENT_ID, SECRET))


FORGED: dict[str, dict[str, Any]] = {
    "for another app": {"aud": "another"},
    "for several apps": {"aud": [CLIENT_ID, "another"]},
    "for nobody": {"aud": None},
    "issued for another shop": {"iss": f"https://{EVIL}/admin"},
    "issued by a shop's own domain": {"iss": f"https://{SHOP}"},
    "issued elsewhere in the shop": {"iss": f"https://{SHOP}/checkouts"},
    "without an issuer": {"iss": None},
    "without an end": {"exp": None},
    "without a beginning": {"nbf": None},
    "without a person": {"sub": None},
    "without an id": {"jti": None},
    "over": {"exp": int(time.time()) - 30},
    "not yet begun": {"nbf": int(time.time()) + 3600},
    "of a customer": {"sub": "gid://shopify/Customer/1"},
    "of a person in other digits": {"sub": "٤٢"},
    "with a long person": {"sub": "1" * 21},
    "to a host that is no shop": {"iss": "https://evil.com/admin", "dest": "https://evil.com"},
    "to a shop's look-alike": {
        "iss": f"https://{SHOP}.evil.com/admin",
        "dest": f"https://{SHOP}.evil.com",
    },
    "to a shop over http": {"iss": f"http://{SHOP}/admin", "dest": f"http://{SHOP}"},
    "to a shop without a scheme": {"dest": SHOP},
    "to a shop with a user": {"dest": f"https://a@{SHOP}", "iss": f"https://a@{SHOP}/admin"},
    "of a customer account": {"iss": None, "dest": SHOP, "sub": "gid://shopify/Customer/1"},
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_names_nobody(changes: dict[str, Any]) -> None:
    with pytest.raises(StaleSessionToken):
        visitor(session_token(**changes), APP)


def test_unsigned_and_otherwise_signed_tokens_name_nobody() -> None:
    claims = jwt.decode(session_token(), SECRET, ["HS256"], audience=CLIENT_ID)
    longer = jwt.encode(claims, SECRET * 2, "HS512")

    for token in (
        jwt.encode(claims, "", "none"),
        longer,
        session_token(secret="wrong" * 13),
        "",
        "a.b",
    ):
        with pytest.raises(StaleSessionToken):
            visitor(token, APP)


def test_an_installation_without_keys_knows_nobody() -> None:
    with pytest.raises(StaleSessionToken):
        visitor(session_token(), App())


@pytest.mark.parametrize(
    ("text", "is_shop"),
    [
        (SHOP, True),
        ("QUIET-Harbour.myshopify.com", True),
        ("evil.com", False),
        ("quiet-harbour", False),
        (f"https://{SHOP}", False),
        (f"{SHOP}.evil.com", False),
        (f"{SHOP} ", False),
        (f"{SHOP}; script-src *", False),
        (None, False),
    ],
)
def test_only_a_shops_own_domain_is_one(text: str | None, is_shop: bool) -> None:
    assert shop_domain(text) == (SHOP if is_shop else "")
