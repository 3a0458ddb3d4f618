"""What the operator is told about the app at Shopify, before anything starts or fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from integrations.platforms.shopify.app import App
from productviz import env, health
from productviz.finding import Finding
from productviz.health import check_shopify
from tests.embedded.conftest import make_shop

GOOD = {"SECRET_KEY": "x" * 50, "CREDENTIAL_KEYS": "k", "PUBLIC_URL": "https://images.example.com"}


def start(monkeypatch: pytest.MonkeyPatch, **given: str) -> env.Env:
    for name, value in {**GOOD, "MODE": "production", **given}.items():
        monkeypatch.setenv(f"PRODUCTVIZ_{name}", value)
    return env.load_env()


def test_it_takes_both_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    found = start(monkeypatch, SHOPIFY_CLIENT_ID="id", SHOPIFY_CLIENT_SECRET="secret")

    assert (found.shopify_client_id, found.shopify_client_secret) == ("id", "secret")


@pytest.mark.parametrize("one", ["SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"])
def test_it_does_not_start_with_one_key(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="belong together"):
        start(monkeypatch, **{one: "x"})


def test_it_does_not_start_in_production_with_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="development only"):
        start(monkeypatch, SHOPIFY_SANDBOX_URL="http://127.0.0.1:8443")
    trying = start(monkeypatch, MODE="development", SHOPIFY_SANDBOX_URL="http://127.0.0.1:8443")
    assert trying.shopify_sandbox_url == "http://127.0.0.1:8443"


def test_secrets_stay_out_of_what_prints() -> None:
    shown = repr(App("id", "the-secret", "the-old-secret"))

    assert "the-secret" not in shown
    assert "the-old-secret" not in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("app", "https", "has_shop", "level", "words"),
    [
        (App(), False, False, "ok", "There is none"),
        (App(), True, True, "error", "no keys"),
        (App("id", "s", sandbox_url="http://127.0.0.1:1"), False, False, "warning", "sandbox"),
        (App("id", "s"), False, False, "error", "https"),
        (App("id", "s", "old"), True, False, "warning", "rotation"),
        (App("id", "s"), True, False, "ok", "Set up"),
    ],
)
def test_doctor_says_what_is_missing(
    app: App, https: bool, has_shop: bool, level: str, words: str, settings: Any
) -> None:
    settings.SHOPIFY_APP, settings.HTTPS = app, https
    if has_shop:
        make_shop()

    found = check_shopify()

    assert found.level == level
    assert words in found.message
    assert found.fix or level == "ok" or app.sandbox_url


def test_doctor_goes_on_where_a_check_finds_no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_workers() -> Finding:
        raise OperationalError("no such table")

    monkeypatch.setattr(health, "CHECKS", (check_workers, health.check_keys))

    broken, keys = health.findings()

    assert (broken.name, broken.level) == ("workers", "error")
    assert "no such table" in broken.message
    assert keys.name == "keys"
