"""The sandbox store against recorded exchanges with a real WordPress 6.9 + WooCommerce 11.0.1.

Where the recordings lie beside this checkout, every one of them is replayed or excluded with
a reason. Where they do not, a dozen committed facts are still checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.sandbox.woocommerce import SandboxStore
from tests.contracts import consent_replay, recordings, rest_replay
from tests.contracts.coverage import COVERED, EXCLUDED, is_covered, is_excluded

FACTS = Path(__file__).parents[1] / "fixtures" / "woocommerce"
GROUPS: dict[str, Callable[[Path], list[str]]] = {
    "authentication": rest_replay.authentication,
    "lists": rest_replay.lists,
    "time-zones": rest_replay.time_zones,
    "images": rest_replay.images,
    "uploads": rest_replay.uploads,
    "webhooks": rest_replay.webhooks,
    "wc-auth": consent_replay.wc_auth,
    "application-passwords": consent_replay.application_passwords,
}
PRESENT = sorted(GROUPS) if recordings.FOLDER.is_dir() else []

if PRESENT:

    @pytest.mark.parametrize("group", PRESENT)
    def test_it_answers_as_the_recorded_store(group: str, tmp_path: Path) -> None:
        assert GROUPS[group](tmp_path) == []

    def test_it_places_every_recording() -> None:
        names = recordings.names(*COVERED, *EXCLUDED, *"abcdefghijklmnopqrstuvwxyz")
        assert [name for name in names if is_covered(name) == is_excluded(name)] == []


@pytest.mark.parametrize("file", sorted(FACTS.glob("*.json")), ids=lambda file: file.stem)
def test_it_keeps_to_the_committed_facts(file: Path) -> None:
    fact: dict[str, Any] = json.loads(file.read_text())
    with SandboxStore([{"name": "Mug", "sku": "MUG", "price": "9.00"}]) as store:
        auth = ("admin", store.create_app_password().password) if fact["signed_in"] else None
        product = store.product("MUG").id
        answer = requests.request(
            fact["method"],
            store.url + fact["path"].replace("{product}", str(product)),
            json=fact.get("body"),
            auth=auth,
            timeout=10,
        )
    body = answer.json()
    assert answer.status_code == fact["status"]
    assert body.get("code") == fact.get("code")
    assert sorted(body) == sorted(fact["keys"])
