"""shopify.app.toml says what the code does: topics, scopes, version, addresses."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from django.urls import resolve

from integrations.app_views import webhooks
from integrations.platforms.shopify.app import API_VERSION, SCOPES
from integrations.platforms.shopify.events import KINDS
from integrations.sandbox.shopify.registration import read_toml
from productviz.env import ROOT

COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}
FILE = ROOT / "deploy" / "shopify" / "shopify.app.toml"


@pytest.fixture
def app() -> dict[str, Any]:
    """The file, read."""
    return tomllib.loads(FILE.read_text())


def test_it_subscribes_to_exactly_the_topics_that_are_heard(app: dict[str, Any]) -> None:
    rows = app["webhooks"]["subscriptions"]
    plain = [topic for row in rows for topic in row.get("topics", ())]
    compliance = [topic for row in rows for topic in row.get("compliance_topics", ())]

    assert sorted(plain) == sorted(set(KINDS) - COMPLIANCE)
    assert sorted(compliance) == sorted(COMPLIANCE)


def test_every_address_is_one_of_ours(app: dict[str, Any]) -> None:
    for row in app["webhooks"]["subscriptions"]:
        assert resolve(row["uri"]).func is webhooks


def test_it_asks_for_the_least_and_for_the_version_that_is_used(app: dict[str, Any]) -> None:
    assert app["access_scopes"]["scopes"] == ",".join(SCOPES)
    assert app["webhooks"]["api_version"] == API_VERSION
    assert app["embedded"] is True
    assert app["access_scopes"]["use_legacy_install_flow"] is False


def test_fields_that_are_left_out_hide_no_change(app: dict[str, Any]) -> None:
    for row in app["webhooks"]["subscriptions"]:
        fields = row.get("include_fields")
        assert fields is None or {"id", "updated_at"} <= set(fields)


def test_it_holds_no_secret() -> None:
    text = FILE.read_text()

    assert not re.search(r"shp(ss|at|rt|ca)_|secret", text)
    assert "YOUR_CLIENT_ID" in text


def test_a_shop_can_read_it() -> None:
    read = read_toml(FILE, client_secret="s", application_url="http://localhost:8000/")

    assert read.scopes == SCOPES
    assert read.address("/webhooks/shopify") == "http://localhost:8000/webhooks/shopify"
