"""Registration, the control door, restarts, the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from integrations.sandbox.shopify import AppRegistration, SandboxShopify
from integrations.sandbox.shopify.registration import AppSubscription, read_toml
from productviz.env import ROOT
from tests.sandbox.shopify.conftest import ROWS, Client, Clock, jpeg

TOML = """
client_id = "abc"
name = "Pictures"
application_url = "https://app.example.com/shopify"
[access_scopes]
scopes = "write_products,write_files"
[webhooks]
api_version = "2026-10"
[[webhooks.subscriptions]]
topics = ["products/update"]
uri = "/webhooks/shopify"
filter = "status:active"
include_fields = ["id", "updated_at"]
[[webhooks.subscriptions]]
compliance_topics = ["shop/redact"]
uri = "/webhooks/shopify"
"""


def test_an_app_is_read_from_shopify_app_toml(tmp_path: Path) -> None:
    file = tmp_path / "shopify.app.toml"
    file.write_text(TOML)

    app = read_toml(file, client_secret="s", application_url="http://127.0.0.1:8000/shopify")

    assert (app.client_id, app.name, app.handle) == ("abc", "Pictures", "pictures")
    assert app.scopes == ("write_products", "write_files")
    assert app.subscriptions == [
        AppSubscription(
            ("products/update",), "/webhooks/shopify", "status:active", ("id", "updated_at")
        ),
        AppSubscription(("shop/redact",), "/webhooks/shopify"),
    ]
    assert app.address("/webhooks/shopify") == "http://127.0.0.1:8000/webhooks/shopify"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('client_id = "abc"', "", "has no client_id"),
        ("products/update", "orders/create", "sends no orders/create"),
    ],
)
def test_a_toml_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    file = tmp_path / "shopify.app.toml"
    file.write_text(TOML.replace(old, new))

    with pytest.raises(ValueError, match=words):
        read_toml(file, client_secret="s")


def test_the_control_door_tells_everything(client: Client) -> None:
    client.run("11", files=[{"id": client.gallery()[0], "alt": "Chalk"}])

    state = requests.get(f"{client.shopify.url}/__sandbox/state", timeout=10).json()

    shop = state["shops"]["demo.myshopify.com"]
    assert shop["counts"] == {
        "products": 3, "variants": 5, "files": 4, "subscriptions": 0, "bulk_operations": 0,
    }  # fmt: skip
    gallery = shop["galleries"][client.product()]
    assert gallery["title"] == "Stone Mug"
    assert [one["id"] for one in gallery["media"]] == client.gallery()
    first = gallery["media"][0]
    assert (first["alt"], first["position"], first["status"]) == ("Chalk", 0, "READY")
    assert first["variants"] == [client.variant("MUG-C")]
    assert requests.get(first["url"], timeout=10).status_code == 200
    assert state["mutations"] == {"fileUpdate": 1}
    assert (state["writes"][0]["mutation"], state["writes"][0]["errors"]) == ("fileUpdate", [])
    assert (state["waiting_deliveries"], state["deliveries"]) == (1, [])


def test_clicks_over_the_control_door(client: Client) -> None:
    def click(what: str, **body: object) -> requests.Response:
        url = f"{client.shopify.url}/__sandbox/{what}"
        return requests.post(url, json=body, timeout=10)

    assert click("uninstall").status_code == 200
    assert not client.shopify.shop.installed
    assert click("install", shop="demo.myshopify.com").status_code == 200
    token = click("session-token", user="staff").json()["session_token"]
    assert client.exchange(subject_token=token).status_code == 200
    assert click("comply", topic="shop/redact").status_code == 200
    assert click("deliver").json() == {"delivered": 2}
    assert click("rotate-secret", client_secret="fresh").status_code == 200
    assert client.shopify.app.client_secret == "fresh"
    assert click("install", shop="none.myshopify.com").status_code == 400
    assert click("nonsense").status_code == 404


def test_mutations_are_kept_with_what_they_said(client: Client) -> None:
    client.run("17", fileIds=["gid://shopify/MediaImage/9"])

    (write,) = client.shopify.writes
    assert (write.mutation, write.errors) == ("fileDelete", ["FILE_DOES_NOT_EXIST"])
    assert write.arguments == {"fileIds": ["gid://shopify/MediaImage/9"]}


def test_a_sandbox_in_a_folder_survives_a_restart(tmp_path: Path) -> None:
    (tmp_path / "chalk.jpg").write_bytes(jpeg())
    clock, data = Clock(), tmp_path / "data"
    with SandboxShopify(ROWS, photos=tmp_path, data=data, clock=clock) as shopify:
        one = Client(shopify, clock)
        one.token = one.exchange().json()["access_token"]
        new = one.file()
        one.run("11", files=[{"id": new, "referencesToAdd": [one.product()]}])
        gallery = one.gallery()

    with SandboxShopify(data=data, clock=clock) as shopify:
        again = Client(shopify, clock, one.token)
        assert again.gallery() == gallery
        assert requests.get(again.status(new)["image"]["url"], timeout=10).content == jpeg()


def test_a_folder_of_pictures_becomes_products(tmp_path: Path) -> None:
    (tmp_path / "stone-mug.jpg").write_bytes(jpeg())

    with SandboxShopify(photos=tmp_path, app=AppRegistration()) as shopify:
        row = shopify.product("Stone mug")

    assert (row.handle, len(row.media)) == ("stone-mug", 1)


def test_the_command_line_serves_the_built_in_catalog(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "integrations.sandbox", "shopify", "--client-id", "abc",
        "--app-url", "http://127.0.0.1:9/app", "--webhook-uri", "/hooks",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("listening on ")
        state = requests.get(f"{url}/__sandbox/state", timeout=10).json()
        process.terminate()
        process.wait(timeout=10)

    assert state["app"]["client_id"] == "abc"
    assert state["shops"]["demo.myshopify.com"]["counts"]["products"] == 19
    assert process.returncode == 0
